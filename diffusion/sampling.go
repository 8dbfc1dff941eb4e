package diffusion

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"genlab/standardize"
)

// Sampling is a denoiser seen through one way to draw from it.
//
// Points do not depend on each other, so a sample is cut into shards of rows. A shard takes all
// its steps on one core, with a random stream of its own: cores meet once a sample, not once a
// step, and the rows are the same however many there are.
type Sampling struct {
	Denoiser Denoiser // on several cores if it is Parallel
	Schedule Schedule
	Scale    standardize.Map // of the data's coordinates
	Sampler  Sampler
	Grid     []float64 // falling times from 1 to 0
}

// shardRows is what nn.Forward evaluates at once.
const shardRows = 256

// Sampling returns the way to sample that the configuration names.
func (m *Model) Sampling() Sampling { return m.SamplingWith(m.cfg) }

// SamplingWith returns the way to sample that another configuration names: of its fields
// Sampler, Eta, NFE and Spacing count. It panics where Validate would refuse them.
func (m *Model) SamplingWith(c Config) Sampling {
	s, steps, spacing, err := c.sampler()
	if err != nil {
		panic(fmt.Sprintf("diffusion: %v", err))
	}
	return Sampling{m, m.sched, m.scale, s, spacing.Grid(m.sched, steps, c.Levels)}
}

// shard is some of the rows of a sample.
type shard struct {
	x   *mat.Dense // a view of them
	rng *rand.Rand
}

// cut returns n rows of noise, in shards.
func (s Sampling) cut(n int, rng *rand.Rand) (*mat.Dense, []shard) {
	if n < 1 {
		panic(fmt.Sprintf("diffusion: a sample of %d points", n))
	}
	d := len(s.Scale.Shift)
	x := mat.NewDense(n, d, nil)
	shards := make([]shard, 0, (n+shardRows-1)/shardRows)
	for lo := 0; lo < n; lo += shardRows {
		part := shard{x.Slice(lo, min(n, lo+shardRows), 0, d).(*mat.Dense), rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))}
		addNoise(part.x, 1, part.rng)
		shards = append(shards, part)
	}
	return x, shards
}

// Trajectory yields the time and the n points after each step, the noise first; the last are
// Sample's. The points are in standardised coordinates (Scale.ToData maps a copy of them)
// and belong to the sampler: the next step overwrites them.
func (s Sampling) Trajectory(n int, rng *rand.Rand) iter.Seq2[float64, *mat.Dense] {
	return func(yield func(float64, *mat.Dense) bool) {
		x, shards := s.cut(n, rng)
		steps := make([]Step, len(shards))
		for k := range shards {
			steps[k] = s.Sampler.Begin(s.Denoiser, s.Schedule)
		}
		if !yield(s.Grid[0], x) {
			return
		}
		for i, t := range s.Grid[1:] {
			for k, part := range shards {
				steps[k](part.x, s.Grid[i], t, part.rng)
			}
			if !yield(t, x) {
				return
			}
		}
	}
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates.
func (s Sampling) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, shards := s.cut(n, rng)
	workers := []Denoiser{s.Denoiser}
	if p, ok := s.Denoiser.(Parallel); ok {
		workers = p.Workers(min(runtime.GOMAXPROCS(0), len(shards)))
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for _, d := range workers {
		wait.Go(func() {
			for k := next.Add(1) - 1; k < int64(len(shards)); k = next.Add(1) - 1 {
				for range Reverse(d, s.Schedule, s.Sampler, s.Grid, shards[k].x, shards[k].rng) {
				}
			}
		})
	}
	wait.Wait()
	s.Scale.ToData(x)
	return x
}

func (s Sampling) String() string { return fmt.Sprintf("%v of %d steps", s.Sampler, len(s.Grid)-1) }
