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

// Bound is the variational bound of the discrete model [ho2020] (eq. 5): a chain of T Gaussian
// steps over the times 1, 1-1/T, ..., 1/T, 0, each with DDPM's mean and the variance that noising
// adds between its times, Ho's β,
//
//	log p(x_0) >= -KL(q(x_T|x_0) ‖ N(0, I)) - Σ KL(q(x_s|x_0, x_t) ‖ p(x_s|x_t)) + log p(x_0|x_1).
//
// With the exact denoiser it comes to log p as T grows. With the variance of q(x_s|x_0, x_t), the
// smaller one that DDPM samples with, it would not: near t = 0, where data are smooth on the noise's
// scale, the steps have the same ratios of σ_s to σ_t at every T, and that variance is too small
// for them.
//
// It is a genlab.LogBounder: of that chain's law, not of the probability flow's.
type Bound struct {
	Denoiser Denoiser
	Schedule Schedule
	Scale    standardize.Map // of the data's coordinates
	T        int             // at least 1
}

// LogBound implements genlab.LogBounder: nats, in the data's coordinates, with one draw of noise
// for each row and step; the sum over the steps is whole. Rows together have less noise than rows
// alone.
func (b Bound) LogBound(x mat.Matrix, rng *rand.Rand) []float64 {
	prior, steps, reconstruction := b.Terms(x, rng)
	floats.Sub(reconstruction, steps)
	floats.Sub(reconstruction, prior)
	return reconstruction
}

// Terms returns the three terms of the bound for each row of x (n x d), in nats: the KL at t = 1,
// which is exact; the sum of the steps' KLs; and log p(x_0|x_1) in the data's coordinates. The bound
// is the last less the other two.
func (b Bound) Terms(x mat.Matrix, rng *rand.Rand) (prior, steps, reconstruction []float64) {
	if b.T < 1 {
		panic(fmt.Sprintf("diffusion: a bound of %d steps", b.T))
	}
	x0 := mat.DenseCopyOf(x)
	b.Scale.FromData(x0) // panics on another width
	n, d := x0.Dims()
	prior, steps, reconstruction = make([]float64, n), make([]float64, n), make([]float64, n)
	alpha, sigma := b.Schedule.At(1)
	for i := range prior { // KL(N(α·x_0, σ²·I) ‖ N(0, I))
		row := x0.RawRowView(i)
		prior[i] = (alpha*alpha*floats.Dot(row, row) + float64(d)*(sigma*sigma-1-2*math.Log(sigma))) / 2
	}
	xt, mean := mat.NewDense(n, d, nil), mat.NewDense(n, d, nil)
	miss, length := make([]float64, n), make([]float64, n)
	for k := b.T; k >= 1; k-- {
		t := float64(k) / float64(b.T)
		alpha, sigma := b.Schedule.At(t)
		for i := range n {
			length[i] = -float64(d)
			for j, v := range x0.RawRowView(i) {
				e := rng.NormFloat64()
				xt.Set(i, j, alpha*v+sigma*e)
				length[i] += e * e
			}
		}
		b.Denoiser.Denoise(mean, xt, t)
		mean.Sub(mean, x0)
		for i := range miss {
			row := mean.RawRowView(i)
			miss[i] = floats.Dot(row, row)
		}
		calm(miss, length)
		alphaS, sigmaS := b.Schedule.At(float64(k-1) / float64(b.T))
		ratio := alpha / alphaS
		added := sigma*sigma - ratio*ratio*sigmaS*sigmaS
		if k == 1 { // p(x_0|x_1) = N(D, added·I)
			logScale := float64(d)/2*math.Log(2*math.Pi*added) + b.Scale.LogScale()
			for i, v := range miss {
				reconstruction[i] = -v/(2*added) - logScale
			}
			continue
		}
		// KL(N(m, r·v·I) ‖ N(m', v·I)), where r·v is the variance of q and m' - m a multiple of D - x_0.
		r := sigmaS * sigmaS / (sigma * sigma)
		spread := float64(d) * (r - 1 - math.Log(r)) / 2
		shift := alphaS * alphaS * added / (2 * math.Pow(sigma, 4))
		for i, v := range miss {
			steps[i] += spread + shift*v
		}
	}
	return prior, steps, reconstruction
}

// calm takes most of the noise out of values y without moving their means: it subtracts a multiple
// of c, which has mean 0 and was drawn with y, row by row. The multiple is by least squares over the
// rows of the other parity, so that it is independent of what it multiplies. Near t = 0 the miss
// |D - x_0|² is all but σ²·|ε|², and nearly all of its noise goes.
func calm(y, c []float64) {
	var slope [2]float64
	for parity := range slope {
		var own, others, square []float64
		for i := parity; i < len(y); i += 2 {
			own, others = append(own, y[i]), append(others, c[i])
			square = append(square, c[i]*c[i])
		}
		if len(own) >= leastRows {
			slope[1-parity] = stat.Covariance(own, others, nil) / stat.Mean(square, nil)
		}
	}
	for i := range y {
		y[i] -= slope[i%2] * c[i]
	}
}

// leastRows is the least number of rows from which a slope is worth the noise that it brings.
const leastRows = 16

func (b Bound) String() string { return fmt.Sprintf("variational bound of %d steps", b.T) }
