package hybrid

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
)

// Verifier checks a picture, a set of points that were sampled together (n x d), and returns the rows that do
// not fit the request: none if the picture is right.
type Verifier func(picture mat.Matrix) (misfits []int)

// Refinement samples pictures, verifies them, and spends further network evaluations on those with misfits. It
// has two strategies, which start from the same pictures:
//
//   - Correct diffuses the misfits to a noise level and denoises them again, as in [meng2022]; the level
//     doubles each round. A round that does not reduce the misfits is undone.
//   - BestOf samples the whole picture again and keeps the best one: best-of-N, the control.
//
// Neither changes a picture without misfits. The points of a picture are independent samples, so that some of
// them can be corrected while the others stay.
type Refinement struct {
	Model  *diffusion.Conditioned // in one context
	Verify Verifier
	Noise  float64 // noise level σ/α > 0 of the first round, in standard deviations of the data
}

// Picture is a picture and its cost.
type Picture struct {
	Points      *mat.Dense // n x d
	Misfits     int        // among the points
	Evaluations int        // of the network, summed over the points
}

// Pictures samples a number of pictures of n points each.
func (r Refinement) Pictures(pictures, n int, rng *rand.Rand) []Picture {
	x := r.Model.Sample(pictures*n, rng)
	_, d := x.Dims()
	all := make([]Picture, pictures)
	for i := range all {
		own := mat.DenseCopyOf(x.Slice(i*n, (i+1)*n, 0, d))
		all[i] = Picture{own, len(r.Verify(own)), n * r.Model.NetworkEvaluations()}
	}
	return all
}

// BestOf spends at least budget further evaluations on each picture with misfits, and keeps the best sample.
// The pictures must have the same size. Since it finishes the last sample, it may exceed the budget, which
// Correct does not.
func (r Refinement) BestOf(first []Picture, budget int, rng *rand.Rand) []Picture {
	all := slices.Clone(first)
	for {
		var open []int
		for i, p := range all {
			if p.Misfits > 0 && p.Evaluations < first[i].Evaluations+budget {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			return all
		}
		n, _ := all[0].Points.Dims()
		for k, p := range r.Pictures(len(open), n, rng) {
			all[open[k]].update(p)
		}
	}
}

// Correct spends up to budget further evaluations on the misfits of each picture. It starts no round that would
// exceed the budget.
func (r Refinement) Correct(first []Picture, budget int, rng *rand.Rand) []Picture {
	all := slices.Clone(first)
	s := r.Model.Sampling()
	for noise := r.Noise; ; noise *= 2 {
		grid := []float64{min(diffusion.TimeOfNoise(s.Schedule, noise), s.Grid[0])}
		for _, t := range s.Grid {
			if t < grid[0] {
				grid = append(grid, t)
			}
		}
		each := r.Model.NetworkEvaluations() * (len(grid) - 1) / (len(s.Grid) - 1) // per point in this round
		misfits := make([][]int, len(all))
		var values []float64 // of their points
		for i, p := range all {
			if bad := r.Verify(p.Points); p.Evaluations+len(bad)*each <= first[i].Evaluations+budget {
				misfits[i] = bad
				for _, row := range bad {
					values = append(values, p.Points.RawRowView(row)...)
				}
			}
		}
		if len(values) == 0 {
			return all
		}
		_, d := all[0].Points.Dims()
		resample(s, grid, mat.NewDense(len(values)/d, d, values), rng)
		for i, bad := range misfits {
			if len(bad) == 0 {
				continue
			}
			changed := mat.DenseCopyOf(all[i].Points)
			for _, row := range bad {
				changed.SetRow(row, values[:d])
				values = values[d:]
			}
			all[i].update(Picture{changed, len(r.Verify(changed)), len(bad) * each})
		}
	}
}

// resample diffuses points x to the first time of a grid and denoises them, in place.
func resample(s diffusion.Sampling, grid []float64, x *mat.Dense, rng *rand.Rand) {
	s.Scale.FromData(x)
	diffuse(x, s.Schedule, grid[0], rng)
	for range diffusion.Reverse(s.Denoiser, s.Schedule, s.Sampler, grid, x, rng) {
	}
	s.Scale.ToData(x)
}

// update adds the cost of another picture, and takes its points if they have fewer misfits.
func (p *Picture) update(other Picture) {
	if p.Evaluations += other.Evaluations; other.Misfits < p.Misfits {
		p.Points, p.Misfits = other.Points, other.Misfits
	}
}
