package matching

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/internal/ode"
)

// straightSteps is the number of midpoint steps from noise to data by which straightness is measured.
const straightSteps = 100

// Straightness returns, for trajectories of a velocity from n samples of noise in d dimensions, the mean squared distance of the
// velocity from the straight line between the ends [liu2023] (eq. 3), per coordinate,
//
//	∫ |x_1 - x_0 - v(x_t, t)|²/d dt,
//
// in squared standard deviations of the data: 0 if every trajectory is a straight line at constant speed, which Euler's
// method follows in one step.
func Straightness(f Field, n, d int, rng *rand.Rand) []float64 {
	x := mat.NewDense(n, d, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	start, times := mat.DenseCopyOf(x), make([]float64, n)
	var all []*mat.Dense
	step := ode.Midpoint.Stepper(func(dst, x *mat.Dense, t []float64) { f.Velocity(dst, x, t, nil) })
	grid := Uniform(straightSteps)
	for k, s := range grid[1:] {
		for i := range times {
			times[i] = grid[k]
		}
		v := mat.NewDense(n, d, nil)
		f.Velocity(v, x, times, nil)
		all = append(all, v)
		step(x, grid[k], s)
	}
	out := make([]float64, n)
	for _, v := range all {
		for i := range out {
			for j, u := range v.RawRowView(i) {
				away := start.At(i, j) - x.At(i, j) - u
				out[i] += away * away / float64(d*straightSteps)
			}
		}
	}
	return out
}

// Straightness returns that of the model's trajectories from n samples of noise.
func (m *Model) Straightness(n int, rng *rand.Rand) []float64 {
	return Straightness(m, n, m.Dim(), rng)
}

// Evaluations returns the network evaluations per sample under the sampling settings of c: for an adaptive solver, the
// mean over 256 fixed samples of noise.
func (m *Model) Evaluations(c Config) int {
	s, _, err := c.solver()
	if err != nil {
		panic(fmt.Sprintf("matching: %v", err))
	}
	if s.Evaluations() > 0 {
		return c.NFE
	}
	const rows = 256
	x, rng := mat.NewDense(rows, m.Dim(), nil), rand.New(rand.NewPCG(1, 1))
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	total := ode.Adaptive{Tolerance: c.Tolerance}.Integrate(velocity(m), x, 1, 0)
	return (total + rows/2) / rows
}

// Along is the velocity of a diffusion model along another path: the posterior mean at a noise-to-signal ratio is the
// same for every path, up to the scale of the point. It is a [Field]. The ratio is limited to what the schedule has.
type Along struct {
	Denoiser diffusion.Differentiable
	Schedule diffusion.Schedule // of the denoiser
	Path     Path
}

// Velocity implements [Field].
func (a Along) Velocity(dst, x *mat.Dense, t, divergence []float64) {
	n, d := x.Dims()
	scaled, times, scales := mat.NewDense(n, d, nil), make([]float64, n), make([]float64, n)
	first, _ := a.Schedule.At(1)
	most := math.Sqrt(1-first*first) / first
	for i, t := range t {
		alpha, sigma := a.Path.At(t)
		ratio := min(max(sigma/alpha, diffusion.MinNoise), most)
		if times[i] = diffusion.TimeOfNoise(a.Schedule, ratio); ratio == most {
			times[i] = 1
		}
		alphaVP, sigmaVP := a.Schedule.At(times[i])
		if scales[i] = alphaVP / alpha; sigma > alpha {
			scales[i] = sigmaVP / sigma
		}
		for j, v := range x.RawRowView(i) {
			scaled.Set(i, j, scales[i]*v)
		}
	}
	a.Denoiser.DenoiseTrace(dst, scaled, times, divergence)
	for i, t := range t {
		alpha, sigma := a.Path.At(t)
		da, ds := a.Path.Rate(t)
		if least := diffusion.MinNoise * alpha; sigma < least {
			sigma = least
		}
		row, data := x.RawRowView(i), dst.RawRowView(i)
		for j, z := range data {
			data[j] = da*z + ds*(row[j]-alpha*z)/sigma
		}
		if divergence != nil {
			trace := scales[i] * divergence[i]
			divergence[i] = da*trace + ds*(float64(d)-alpha*trace)/sigma
		}
	}
}
