package diffusion

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/suggest"
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

// SamplerName is a sampler by its name in a configuration.
type SamplerName string

// samplers is the table of samplers. A new one is a file and a line here.
var samplers = []struct {
	name  SamplerName
	of    func(eta float64) Sampler
	eta   bool                               // it has a noise to set
	steps func(nfe int) (steps int, ok bool) // in so many evaluations
	auto  Spacing                            // that suits it
}{
	{"ddim", func(eta float64) Sampler { return DDIM{Eta: eta} }, true, oneEach, ThreeHalves},
	{"ddpm", func(float64) Sampler { return DDPM{} }, false, oneEach, Quadratic},
	{"heun", func(float64) Sampler { return Heun{} }, false, twoEach, Karras},
	{"dpmsolver2m", func(float64) Sampler { return DPMSolver{2} }, false, oneEach, Quadratic},
	{"dpmsolver3m", func(float64) Sampler { return DPMSolver{3} }, false, oneEach, Quadratic},
}

// oneEach and twoEach are the steps in a number of evaluations. The last of the second takes
// one.
func oneEach(nfe int) (int, bool) { return nfe, true }
func twoEach(nfe int) (int, bool) { return (nfe + 1) / 2, nfe%2 == 1 }

// Choices lists the names in the order shown to users.
func (SamplerName) Choices() []string {
	names := make([]string, len(samplers))
	for i, s := range samplers {
		names[i] = string(s.name)
	}
	return names
}

// UnmarshalText accepts the Choices.
func (n *SamplerName) UnmarshalText(text []byte) error { return suggest.Set("sampler", n, text) }

// sampler returns the sampler that a configuration names, its steps in so many evaluations and
// their spacing, or what does not suit it.
func (c Config) sampler() (s Sampler, steps int, spacing Spacing, err error) {
	for _, s := range samplers {
		if s.name != c.Sampler {
			continue
		}
		if c.Eta != 0 && !s.eta {
			return nil, 0, "", fmt.Errorf("eta is %v, but sampler %s has no such parameter: it belongs to ddim", c.Eta, s.name)
		}
		steps, ok := s.steps(c.NFE)
		if !ok {
			return nil, 0, "", fmt.Errorf("nfe is %d, but sampler %s takes two evaluations a step and one in the last: an odd number", c.NFE, s.name)
		}
		spacing := c.Spacing
		if spacing == Auto {
			spacing = s.auto
		}
		if spacing == Trailing && steps > c.Levels {
			return nil, 0, "", fmt.Errorf("nfe is %d, but spacing trailing chooses its %d steps among %d levels", c.NFE, steps, c.Levels)
		}
		return s.of(c.Eta), steps, spacing, nil
	}
	return nil, 0, "", suggest.Name("sampler", string(c.Sampler), c.Sampler.Choices())
}

func denoise(d Denoiser, dst, x *mat.Dense, t float64) {
	room(dst, x)
	d.Denoise(dst, x, t)
}

// room gives dst the shape of x.
func room(dst, x *mat.Dense) {
	n, d := x.Dims()
	if have, columns := dst.Dims(); have != n || columns != d {
		dst.Reset()
		dst.ReuseAs(n, d)
	}
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
