package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/standardize"
)

// Bound is the variational lower bound of the discrete model [ho2020] (eq. 5), a chain of T Gaussian
// steps over the times 1, 1-1/T, ..., 1/T, 0:
//
//	log p(x_0) >= -KL(q(x_T|x_0) ‖ N(0, I)) - Σ KL(q(x_s|x_0, x_t) ‖ p(x_s|x_t)) + log p(x_0|x_1).
//
// Each p(x_s|x_t) has DDPM's mean and the variance β of the forward step. With the exact denoiser the
// bound converges to log p as T grows. With the smaller variance of q(x_s|x_0, x_t), which [DDPM] samples
// with, it would not: near t = 0, where data are smooth on the scale of the noise, the ratios of σ_s to
// σ_t are the same at every T, and that variance is too small for them.
//
// It is a genlab.LogBounder of the chain, not of the probability flow.
type Bound struct {
	Denoiser Denoiser
	Schedule Schedule
	Scale    standardize.Map // of the data's coordinates
	T        int             // at least 1
}

// LogBound implements genlab.LogBounder: nats, in the data's coordinates. It sums all T steps with one
// sample of noise per row and step, four in the last eight steps, which have most of the variance, and the noise of a
// row over the steps is a [lattice]. From 16 rows on, a control variate over the rows reduces the variance.
// The bound is -Inf for a row so far out that the network overflows, and NaN for one with a NaN.
func (b Bound) LogBound(x mat.Matrix, rng *rand.Rand) []float64 {
	prior, steps, reconstruction := b.Terms(x, rng)
	floats.Sub(reconstruction, steps)
	floats.Sub(reconstruction, prior)
	for i, v := range reconstruction {
		if math.IsNaN(v) && !floats.HasNaN(mat.Row(nil, i, x)) {
			reconstruction[i] = math.Inf(-1)
		}
	}
	return reconstruction
}

// Terms returns the three terms of the bound for each row of x (n x d), in nats: the KL divergence at
// t = 1, which is exact; the sum of those of the steps; and log p(x_0|x_1) in the data's coordinates. The
// bound is reconstruction - steps - prior. It panics if T < 1 or x has another number of columns.
func (b Bound) Terms(x mat.Matrix, rng *rand.Rand) (prior, steps, reconstruction []float64) {
	if b.T < 1 {
		panic(fmt.Sprintf("diffusion: a variational bound of %d steps: want at least 1", b.T))
	}
	x0 := mat.DenseCopyOf(x)
	b.Scale.FromData(x0) // panics on another width
	n, d := x0.Dims()
	prior, steps, reconstruction = make([]float64, n), make([]float64, n), make([]float64, n)
	alpha, sigma := b.Schedule.At(1)
	far := make([]bool, n)
	for i := range prior { // KL(N(α·x_0, σ²·I) ‖ N(0, I))
		row := x0.RawRowView(i)
		far[i] = !(floats.Norm(row, math.Inf(1)) < farOut)
		prior[i] = (alpha*alpha*floats.Dot(row, row) + float64(d)*(sigma*sigma-1-2*math.Log(sigma))) / 2
	}
	errs := b.newErrors(x0, far, rng)
	for k := b.T; k >= 1; k-- {
		alpha, sigma := b.Schedule.At(float64(k) / float64(b.T))
		samples := 1
		if k <= nearSteps {
			samples = nearSamples
		}
		sqErr := errs.at(float64(k)/float64(b.T), samples)
		alphaS, sigmaS := b.Schedule.At(float64(k-1) / float64(b.T))
		ratio := alpha / alphaS
		added := sigma*sigma - ratio*ratio*sigmaS*sigmaS
		if k == 1 { // p(x_0|x_1) = N(D, added·I)
			logScale := float64(d)/2*math.Log(2*math.Pi*added) + b.Scale.LogScale()
			for i, v := range sqErr {
				reconstruction[i] = -v/(2*added) - logScale
			}
			continue
		}
		// KL(N(m, r·v·I) ‖ N(m', v·I)), where r·v is the variance of q and m' - m a multiple of D - x_0.
		r := sigmaS * sigmaS / (sigma * sigma)
		spread := float64(d) * (r - 1 - math.Log(r)) / 2
		shift := alphaS * alphaS * added / (2 * math.Pow(sigma, 4))
		for i, v := range sqErr {
			steps[i] += spread + shift*v
		}
	}
	return prior, steps, reconstruction
}

// Noise of the last steps, those at the least noise levels: the number of steps and of samples for each.
const nearSteps, nearSamples = 8, 4

// squaredErrors estimates |D(x_t) - x_0|² of each row of x_0 (n x d).
type squaredErrors struct {
	Bound
	x0, xt, denoised *mat.Dense
	far              []bool
	noise            *lattice
	mean, y, control []float64
}

func (b Bound) newErrors(x0 *mat.Dense, far []bool, rng *rand.Rand) *squaredErrors {
	n, d := x0.Dims()
	return &squaredErrors{
		b, x0, mat.NewDense(n, d, nil), mat.NewDense(n, d, nil), far, newLattice(n, d, rng),
		make([]float64, n), make([]float64, n), make([]float64, n),
	}
}

// at returns the mean over samples of the noise at time t, which the next call overwrites.
func (e *squaredErrors) at(t float64, samples int) []float64 {
	n, d := e.x0.Dims()
	alpha, sigma := e.Schedule.At(t)
	clear(e.mean)
	for range samples {
		e.noise.next()
		for i := range n {
			e.control[i] = -float64(d)
			for j, v := range e.x0.RawRowView(i) {
				u := e.noise.at(i, j)
				e.xt.Set(i, j, alpha*v+sigma*u)
				e.control[i] += u * u
			}
		}
		e.Denoiser.Denoise(e.denoised, e.xt, t)
		e.denoised.Sub(e.denoised, e.x0)
		for i := range n {
			row := e.denoised.RawRowView(i)
			e.y[i] = floats.Dot(row, row)
		}
		reduceVariance(e.y, e.control, e.far)
		floats.AddScaled(e.mean, 1/float64(samples), e.y)
	}
	return e.mean
}

// reduceVariance subtracts from y a multiple of the control variate c, which has mean 0 and is correlated
// with y. The coefficient is fitted by least squares on the rows of the other parity, and so independent of
// the row, and without those far out: the mean is unchanged. Near t = 0, |D - x_0|² is nearly σ²·|ε|², and most of its variance goes.
func reduceVariance(y, c []float64, far []bool) {
	var slope [2]float64
	for parity := range slope {
		var ys, cs, squares []float64
		for i := parity; i < len(y); i += 2 {
			if !far[i] {
				ys, cs = append(ys, y[i]), append(cs, c[i])
				squares = append(squares, c[i]*c[i])
			}
		}
		if len(ys) >= minRows {
			slope[1-parity] = stat.Covariance(ys, cs, nil) / stat.Mean(squares, nil)
		}
	}
	for i := range y {
		y[i] -= slope[i%2] * c[i]
	}
}

// minRows is the number of rows from which fitting the coefficient pays; farOut, in standard deviations,
// is where a row would determine it alone.
const (
	minRows = 16
	farOut  = 1000
)

func (b Bound) String() string { return fmt.Sprintf("variational bound of %d steps", b.T) }
