package diffusion

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sampler is a way back from noise to data. It has a name, and String says its parameters.
type Sampler interface {
	// Begin returns the function that takes the steps of one sample, in their order. It may
	// remember what it needs of earlier ones.
	Begin(d Denoiser, s Schedule) Step
	String() string
}

// Step moves all rows of x (n x d) from time t to s < t, in place.
type Step func(x *mat.Dense, t, s float64, rng *rand.Rand)

// Reverse runs a sampler over a grid of falling times and yields the time reached and the
// points after each step, the first time with the initial points. x is the state itself: the
// caller copies what it keeps.
func Reverse(d Denoiser, sched Schedule, s Sampler, grid []float64, x *mat.Dense, rng *rand.Rand) iter.Seq2[float64, *mat.Dense] {
	return func(yield func(float64, *mat.Dense) bool) {
		if !yield(grid[0], x) {
			return
		}
		step := s.Begin(d, sched)
		for i, t := range grid[1:] {
			step(x, grid[i], t, rng)
			if !yield(t, x) {
				return
			}
		}
	}
}

// DDPM is ancestral sampling [ho2020]: each step draws from q(x_s | x_t, x_0) with the
// denoiser's mean for x_0 and that posterior's own variance.
type DDPM struct{}

func (DDPM) String() string { return "ddpm" }

// Begin implements Sampler.
func (DDPM) Begin(d Denoiser, sched Schedule) Step {
	var x0 mat.Dense
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		ratio := at / as
		between := sigmaT*sigmaT - ratio*ratio*sigmaS*sigmaS // variance that s to t adds
		c0 := as * between / (sigmaT * sigmaT)
		cx := ratio * sigmaS * sigmaS / (sigmaT * sigmaT)
		noise := sigmaS / sigmaT * math.Sqrt(between)
		denoise(d, &x0, x, t)
		combine(x, &x0, cx, c0)
		addNoise(x, noise, rng)
	}
}

// DDIM is the family of [song2021ddim] (eq. 12). Eta 0 follows the probability flow without
// noise, with one Euler step of it; Eta 1 has DDPM's law.
type DDIM struct{ Eta float64 }

func (d DDIM) String() string {
	if d.Eta == 0 {
		return "ddim"
	}
	return fmt.Sprintf("ddim(eta=%g)", d.Eta)
}

// Begin implements Sampler.
func (d DDIM) Begin(den Denoiser, sched Schedule) Step {
	var x0 mat.Dense
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		ratio := at / as
		noise := d.Eta * sigmaS / sigmaT * math.Sqrt(math.Max(0, sigmaT*sigmaT-ratio*ratio*sigmaS*sigmaS))
		keep := math.Sqrt(math.Max(0, sigmaS*sigmaS-noise*noise)) / sigmaT // of ε = (x - at·x0)/sigmaT
		denoise(den, &x0, x, t)
		combine(x, &x0, keep, as-keep*at)
		addNoise(x, noise, rng)
	}
}

func denoise(d Denoiser, dst, x *mat.Dense, t float64) {
	if dst.IsEmpty() {
		dst.ReuseAs(x.Dims())
	}
	d.Denoise(dst, x, t)
}

// combine is x <- a·x + b·y.
func combine(x, y *mat.Dense, a, b float64) {
	ys := y.RawMatrix().Data
	xs := x.RawMatrix().Data[:len(ys)]
	for i, v := range ys {
		xs[i] = a*xs[i] + b*v
	}
}

func addNoise(x *mat.Dense, sigma float64, rng *rand.Rand) {
	if sigma == 0 {
		return
	}
	xs := x.RawMatrix().Data
	for i := range xs {
		xs[i] += sigma * rng.NormFloat64()
	}
}

// normals returns n x d draws of N(0, 1).
func normals(n, d int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	addNoise(x, 1, rng)
	return x
}

// Sampling is a model seen through one way to draw from it.
type Sampling struct {
	Model   *Model
	Sampler Sampler
	Grid    []float64 // falling times from 1 to 0
}

// Trajectory yields the time and the n points after each step, the noise first. The points are
// in standardised coordinates (Model.ToData maps a copy of them) and belong to the sampler: the
// next step overwrites them.
func (s Sampling) Trajectory(n int, rng *rand.Rand) iter.Seq2[float64, *mat.Dense] {
	return Reverse(s.Model, s.Model.sched, s.Sampler, s.Grid, normals(n, s.Model.dim(), rng), rng)
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates.
func (s Sampling) Sample(n int, rng *rand.Rand) *mat.Dense {
	var last *mat.Dense
	for _, x := range s.Trajectory(n, rng) {
		last = x
	}
	s.Model.ToData(last)
	return last
}

func (s Sampling) String() string { return fmt.Sprintf("%v of %d steps", s.Sampler, len(s.Grid)-1) }
