package diffusion

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sampling is a model seen through one way to draw from it.
type Sampling struct {
	Model   *Model
	Sampler Sampler
	Grid    []float64 // falling times from 1 to 0
}

// Sampling returns the way to sample that the configuration names.
func (m *Model) Sampling() Sampling { return m.SamplingWith(m.cfg) }

// SamplingWith returns the way to sample that another configuration names: of its fields
// Sampler, Eta, NFE and Spacing count. It panics where Validate would refuse them.
func (m *Model) SamplingWith(c Config) Sampling {
	s, steps, err := c.Sampler.with(c.Eta, c.NFE)
	if err != nil {
		panic(fmt.Sprintf("diffusion: %v", err))
	}
	return Sampling{m, s, c.Spacing.Grid(m.sched, steps)}
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
