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

// Sampling is a sampling process: a denoiser, a sampler and a grid of times. It is a genlab.Sampler.
//
// Rows are sampled in shards, each with a random stream of its own and on one core for all its steps, so
// that the result does not depend on the number of cores.
type Sampling struct {
	Denoiser Denoiser // uses several cores if it is Parallel
	Schedule Schedule
	Scale    standardize.Map // of the data's coordinates
	Sampler  Sampler
	Grid     []float64 // decreasing times, the first 1 and the last 0
}

// shardRows is the number of rows that nn.Forward evaluates at once.
const shardRows = 256

// Sampling returns the sampling process of the configuration.
func (m *Model) Sampling() Sampling { return m.SamplingWith(m.cfg) }

// SamplingWith returns the sampling process of another configuration, of which the fields Sampler, Eta,
// NFE and Spacing count. It panics if they are not valid.
func (m *Model) SamplingWith(c Config) Sampling {
	s, steps, spacing, err := c.sampler()
	if err != nil {
		panic(fmt.Sprintf("diffusion: %v", err))
	}
	return Sampling{m, m.sched, m.scale, s, spacing.Grid(m.sched, steps, c.Timesteps)}
}

// shard is a range of rows of a sample.
type shard struct {
	x   *mat.Dense // a view of them
	rng *rand.Rand
}

// noise returns n rows of Gaussian noise, whole and in shards.
func (s Sampling) noise(n int, rng *rand.Rand) (*mat.Dense, []shard) {
	if n < 1 {
		panic(fmt.Sprintf("diffusion: %d samples: want at least 1", n))
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

// Trajectory yields each time of the grid with the n points there (n x d), from the noise to the samples
// that Sample returns. The points are in standardised coordinates (Scale.ToData maps a copy to the data's)
// and the next step overwrites them. It panics if n < 1.
func (s Sampling) Trajectory(n int, rng *rand.Rand) iter.Seq2[float64, *mat.Dense] {
	return func(yield func(float64, *mat.Dense) bool) {
		x, shards := s.noise(n, rng)
		steps := make([]Step, len(shards))
		for k := range shards {
			steps[k] = begin(s.Sampler, s.Grid, s.Denoiser, s.Schedule)
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

// Sample implements genlab.Sampler: n x d, in the data's coordinates. It panics if n < 1.
func (s Sampling) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, shards := s.noise(n, rng)
	s.reverse(shards)
	s.Scale.ToData(x)
	return x
}

// Pairs returns n samples, those of Sample, and the noise that each began as: n x d, in standardised coordinates.
func (s Sampling) Pairs(n int, rng *rand.Rand) (noise, x *mat.Dense) {
	x, shards := s.noise(n, rng)
	noise = mat.DenseCopyOf(x)
	s.reverse(shards)
	s.Scale.ToData(x)
	return noise, x
}

// From returns the samples that begin as the rows of noise (n x d, in standardised coordinates), in the data's
// coordinates. Only a stochastic sampler uses rng. It panics if noise has another number of columns than the data.
func (s Sampling) From(noise mat.Matrix, rng *rand.Rand) *mat.Dense {
	n, d := noise.Dims()
	if d != len(s.Scale.Shift) {
		panic(fmt.Sprintf("diffusion: noise of %d columns for points of %d", d, len(s.Scale.Shift)))
	}
	x, shards := s.noise(n, rng)
	x.Copy(noise)
	s.reverse(shards)
	s.Scale.ToData(x)
	return x
}

// Evaluations returns the number of evaluations of the denoiser per sample.
func (s Sampling) Evaluations() int {
	if _, twice := s.Sampler.(Heun); twice {
		return 2*len(s.Grid) - 3
	}
	return len(s.Grid) - 1
}

// CheckGrid returns an error unless the times decrease from 1 to 0.
func CheckGrid(times []float64) error {
	if n := len(times); n < 2 || times[0] != 1 || times[n-1] != 0 {
		return fmt.Errorf("times %v: want at least two, the first 1 and the last 0", times)
	}
	for i, t := range times[1:] {
		if !(t < times[i]) {
			return fmt.Errorf("time %v after %v: want decreasing times", t, times[i])
		}
	}
	return nil
}

// reverse takes all steps of all shards.
func (s Sampling) reverse(shards []shard) {
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
}

// Warning returns a sentence about a sampler that needs more steps than the grid has, "" for any other.
func (s Sampling) Warning() string {
	steps := len(s.Grid) - 1
	if _, ok := s.Sampler.(Heun); !ok || steps >= fewestHeunSteps {
		return ""
	}
	return fmt.Sprintf("sampler heun takes %d steps of two network evaluations, too few for data with narrow modes: use at least %d evaluations, or sampler unipc3", steps, 2*fewestHeunSteps-1)
}

func (s Sampling) String() string { return fmt.Sprintf("%v of %d steps", s.Sampler, len(s.Grid)-1) }
