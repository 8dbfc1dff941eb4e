package hybrid

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
)

// Check reads a picture, some points that were drawn together, and returns the rows that do not fit
// what was asked for: none where all is right.
type Check func(picture mat.Matrix) (misfits []int)

// Refinement draws pictures, has them read, and spends more evaluations on those that are not
// right. It has two ways to, both from the same first pictures:
//
//   - Correct takes the points that do not fit back to a noise level and denoises them again, as
//     [meng2022] edits pictures, from a level that doubles round by round. A round that leaves as
//     many misfits is undone.
//   - Redraw draws the whole picture again and keeps the best: best-of-N, the control.
//
// Either leaves a picture without misfits alone. The points of a picture are drawn independently of
// each other here, so that some can be corrected while the others stay.
type Refinement struct {
	Draw  *diffusion.Conditioned // in one context
	Check Check
	Noise float64 // sigma/alpha of the first round, in standard deviations of the data, above 0
}

// Drawing is a picture and what it took.
type Drawing struct {
	Picture *mat.Dense
	Misfits int // of its points
	Passes  int // of the network, over all points: a picture of 48 in 20 passes each is 960
}

// Begin draws so many pictures of n points.
func (r Refinement) Begin(pictures, n int, rng *rand.Rand) []Drawing {
	x := r.Draw.Sample(pictures*n, rng)
	_, d := x.Dims()
	all := make([]Drawing, pictures)
	for i := range all {
		own := mat.DenseCopyOf(x.Slice(i*n, (i+1)*n, 0, d))
		all[i] = Drawing{own, len(r.Check(own)), n * r.Draw.Passes()}
	}
	return all
}

// Redraw spends up to budget passes more on each picture of first, which are of one size. It finishes
// the picture that it has begun, and may so spend more than Correct does.
func (r Refinement) Redraw(first []Drawing, budget int, rng *rand.Rand) []Drawing {
	all := slices.Clone(first)
	for {
		var open []int
		for i, d := range all {
			if d.Misfits > 0 && d.Passes < first[i].Passes+budget {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			return all
		}
		n, _ := all[0].Picture.Dims()
		for k, d := range r.Begin(len(open), n, rng) {
			all[open[k]].take(d.Picture, d.Misfits, d.Passes)
		}
	}
}

// Correct spends up to budget passes more on each picture of first. It begins no round that the rest
// of them is too small for.
func (r Refinement) Correct(first []Drawing, budget int, rng *rand.Rand) []Drawing {
	all := slices.Clone(first)
	s := r.Draw.Sampling()
	for noise := r.Noise; ; noise *= 2 {
		grid := []float64{min(diffusion.TimeOf(s.Schedule, noise), s.Grid[0])}
		for _, t := range s.Grid {
			if t < grid[0] {
				grid = append(grid, t)
			}
		}
		each := r.Draw.Passes() * (len(grid) - 1) / (len(s.Grid) - 1) // of a point in this round
		misfits, rows := make([][]int, len(all)), 0
		for i, d := range all {
			if bad := r.Check(d.Picture); d.Passes+len(bad)*each <= first[i].Passes+budget {
				misfits[i], rows = bad, rows+len(bad)
			}
		}
		if rows == 0 {
			return all
		}
		_, d := all[0].Picture.Dims()
		x := mat.NewDense(rows, d, nil)
		at := 0
		for i, bad := range misfits {
			for _, row := range bad {
				x.SetRow(at, all[i].Picture.RawRowView(row))
				at++
			}
		}
		again(s, grid, x, rng)
		at = 0
		for i, bad := range misfits {
			if len(bad) == 0 {
				continue
			}
			changed := mat.DenseCopyOf(all[i].Picture)
			for _, row := range bad {
				changed.SetRow(row, x.RawRowView(at))
				at++
			}
			all[i].take(changed, len(r.Check(changed)), len(bad)*each)
		}
	}
}

// again takes points x to the first time of a grid and back.
func again(s diffusion.Sampling, grid []float64, x *mat.Dense, rng *rand.Rand) {
	s.Scale.FromData(x)
	alpha, sigma := s.Schedule.At(grid[0])
	for i, v := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = alpha*v + sigma*rng.NormFloat64()
	}
	for range diffusion.Reverse(s.Denoiser, s.Schedule, s.Sampler, grid, x, rng) {
	}
	s.Scale.ToData(x)
}

// take pays for another picture, and keeps it if it has fewer misfits.
func (d *Drawing) take(picture *mat.Dense, misfits, passes int) {
	if d.Passes += passes; misfits < d.Misfits {
		d.Picture, d.Misfits = picture, misfits
	}
}
