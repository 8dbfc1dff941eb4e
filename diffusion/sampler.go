package diffusion

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/suggest"
)

// Sampler is an algorithm for the reverse process, from noise to data. String returns its name and
// parameters.
type Sampler interface {
	// Begin returns the function that takes the steps of one batch of samples, in order; it may keep
	// state between them.
	Begin(d Denoiser, s Schedule) Step
	String() string
}

// Planner is a [Sampler] whose steps depend on the times that follow.
type Planner interface {
	// BeginOver is Begin for a known grid of times.
	BeginOver(grid []float64, d Denoiser, s Schedule) Step
}

// begin begins the steps over a grid.
func begin(s Sampler, grid []float64, d Denoiser, sched Schedule) Step {
	if p, ok := s.(Planner); ok {
		return p.BeginOver(grid, d, sched)
	}
	return s.Begin(d, sched)
}

// Step updates all rows of x (n x d) in place from time t to s < t.
type Step func(x *mat.Dense, t, s float64, rng *rand.Rand)

// Reverse runs a sampler from the points x (n x d, standardised) over a grid of decreasing times, and
// yields each time with the points there, the initial ones first. The points are x itself, which
// every step overwrites.
func Reverse(d Denoiser, sched Schedule, s Sampler, grid []float64, x *mat.Dense, rng *rand.Rand) iter.Seq2[float64, *mat.Dense] {
	return func(yield func(float64, *mat.Dense) bool) {
		if !yield(grid[0], x) {
			return
		}
		step := begin(s, grid, d, sched)
		for i, t := range grid[1:] {
			step(x, grid[i], t, rng)
			if !yield(t, x) {
				return
			}
		}
	}
}

// SamplerName selects a [Sampler] in a [Config].
type SamplerName string

// solver is what the configuration needs to know of a sampler.
type solver struct {
	make     func(eta float64) Sampler
	eta      bool             // it uses Config.Eta
	twoEvals bool             // per step, but for the last
	auto     TimestepSchedule // its own spacing
}

// samplers is the table of samplers. A new one is a file and a line here.
var samplers = suggest.Table[SamplerName, solver]{
	{Name: "ddim", Value: solver{func(eta float64) Sampler { return DDIM{Eta: eta} }, true, false, ThreeHalves}},
	{Name: "ddpm", Value: solver{func(float64) Sampler { return DDPM{} }, false, false, Quadratic}},
	{Name: "heun", Value: solver{func(float64) Sampler { return Heun{} }, false, true, Karras}},
	{Name: "dpmsolver2m", Value: solver{func(float64) Sampler { return DPMSolver{Order: 2} }, false, false, Quadratic}},
	{Name: "dpmsolver2m-midpoint", Value: solver{func(float64) Sampler { return DPMSolver{Order: 2, Midpoint: true} }, false, false, Quadratic}},
	{Name: "dpmsolver3m", Value: solver{func(float64) Sampler { return DPMSolver{Order: 3} }, false, false, Quadratic}},
	{Name: "unipc", Value: solver{func(float64) Sampler { return UniPC{2} }, false, false, Searched}},
	{Name: "unipc3", Value: solver{func(float64) Sampler { return UniPC{3} }, false, false, Searched}},
}

// Choices lists the valid names.
func (SamplerName) Choices() []string { return samplers.Choices() }

// UnmarshalText sets n to one of the Choices, or returns an error that lists them.
func (n *SamplerName) UnmarshalText(text []byte) error { return suggest.Set("sampler", n, text) }

// sampler returns the sampler of a configuration, its number of steps and their spacing, or an error
// if the sampling settings contradict each other.
func (c Config) sampler() (s Sampler, steps int, spacing TimestepSchedule, err error) {
	of, err := samplers.Lookup("sampler", c.Sampler)
	if err != nil {
		return nil, 0, "", err
	}
	if c.Eta != 0 && !of.eta {
		return nil, 0, "", fmt.Errorf("eta is %v, but only sampler ddim uses it: leave it at 0 with %s", c.Eta, c.Sampler)
	}
	if steps = c.NFE; of.twoEvals {
		if steps = (c.NFE + 1) / 2; c.NFE%2 == 0 {
			return nil, 0, "", fmt.Errorf("nfe is %d, but sampler %s takes two evaluations per step and one in the last: use an odd number", c.NFE, c.Sampler)
		}
	}
	if spacing = c.Spacing; spacing == Auto {
		if spacing = of.auto; of.twoEvals && steps < fewHeunSteps {
			spacing = UniformLogSNR
		}
	}
	if spacing == Trailing && steps > c.Timesteps {
		return nil, 0, "", fmt.Errorf("nfe is %d, but trailing spacing chooses its %d steps among %d timesteps: lower nfe or raise timesteps", c.NFE, steps, c.Timesteps)
	}
	return of.make(c.Eta), steps, spacing, nil
}

func denoise(d Denoiser, dst, x *mat.Dense, t float64) {
	resizeLike(dst, x)
	d.Denoise(dst, x, t)
}

// resizeLike gives dst the shape of x.
func resizeLike(dst, x *mat.Dense) {
	n, d := x.Dims()
	if have, columns := dst.Dims(); have != n || columns != d {
		dst.Reset()
		dst.ReuseAs(n, d)
	}
}

// axpby sets x to a·x + b·y.
func axpby(x, y *mat.Dense, a, b float64) {
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

// normals returns an n x d sample of N(0, 1).
func normals(n, d int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	addNoise(x, 1, rng)
	return x
}
