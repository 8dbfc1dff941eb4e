package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// board is the checkerboard: uniform on eight of the sixteen cells of side 2 of [−4, 4)², the
// two cells 2c + e (mod 4) of column c, e = 0, 1. It is a Sampler, a LogProber, a Labelled and
// a ModeMap: part 2c + r is the lower (r = 0) or upper (r = 1) cell of column c.
type board struct{}

// cell returns the lower left corner of part k.
func (board) cell(k int) (x, y float64) {
	column, upper := k/2, k%2
	return float64(2*column - 4), float64(4*upper + 2*(column%2) - 4)
}

// SampleLabelled returns n draws (n x 2) and the cell of each.
func (b board) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	mustSample(n)
	// 51 bits: on the way to −4 + 2u and up to 2 + 2u no sum is rounded, so that no draw
	// lands on the far edge of its cell, where the density is 0.
	uniform := func() float64 { return float64(rng.Uint64()>>13) / (1 << 51) }
	x, labels = mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		k := rng.IntN(b.Len())
		cx, cy := b.cell(k)
		x.SetRow(i, []float64{cx + 2*uniform(), cy + 2*uniform()})
		labels[i] = k
	}
	return x, labels
}

// Sample returns n draws (n x 2).
func (b board) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := b.SampleLabelled(n, rng)
	return x
}

// LogProb returns −log 32 for the rows of x (n x 2) in a cell, −Inf for the others. A cell has
// its lower and left edge, not its upper and right one.
func (b board) LogProb(x mat.Matrix) []float64 {
	return rows(x, func(x, y float64) float64 {
		if math.IsNaN(x) || math.IsNaN(y) {
			return math.NaN()
		}
		if _, inside := b.Nearest(x, y); !inside {
			return math.Inf(-1)
		}
		return -math.Log(boardArea)
	})
}

const boardArea = 8 * 2 * 2

// Len returns the number of cells, 8.
func (board) Len() int { return 8 }

// Nearest returns the nearest cell, and whether the point lies in it: a uniform law has no
// sigma, so within means inside.
func (b board) Nearest(x, y float64) (mode int, within bool) {
	best := math.Inf(1)
	for k := range b.Len() {
		cx, cy := b.cell(k)
		if x >= cx && x < cx+2 && y >= cy && y < cy+2 {
			return k, true
		}
		dx, dy := max(cx-x, 0, x-cx-2), max(cy-y, 0, y-cy-2)
		if d := dx*dx + dy*dy; d < best {
			mode, best = k, d
		}
	}
	return mode, false
}

func (board) String() string { return "checkerboard of 8 cells on [-4, 4]²" }

func checkerboard() *Dataset {
	b := board{}
	labels := make([]string, b.Len())
	for k := range labels {
		x, y := b.cell(k)
		labels[k] = fmt.Sprintf("[%g, %g] × [%g, %g]", x, x+2, y, y+2)
	}
	return &Dataset{
		Name:        "checkerboard",
		Summary:     "uniform on 8 cells of side 2 of [-4, 4]², area 32 [grathwohl2019]",
		Sampler:     b,
		Density:     b,
		Entropy:     math.Log(boardArea),
		Modes:       b,
		Labels:      labels,
		HighQuality: 1,
		box:         square(4),
	}
}
