package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// board is the checkerboard: uniform on eight of the sixteen cells of side 2 of [−4, 4)². Component
// and mode 2c + r are the lower (r = 0) or upper (r = 1) of the two cells of column c.
type board struct{}

// cell returns the lower left corner of component k.
func (board) cell(k int) (x, y float64) {
	column, upper := k/2, k%2
	return float64(2*column - 4), float64(4*upper + 2*(column%2) - 4)
}

// SampleLabelled returns n samples (n x 2) and the cell of each.
func (b board) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	// 51 bits, so that −4 + 2u to 2 + 2u are exact and no sample is rounded to the far edge of its
	// cell, where the density is 0.
	uniform := func() float64 { return float64(rng.Uint64()>>13) / (1 << 51) }
	return sampleComponents(n, b.Len(), rng, func(k int) (x, y float64) {
		x, y = b.cell(k)
		x += 2 * uniform()
		return x, y + 2*uniform()
	})
}

// Sample returns n samples (n x 2).
func (b board) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := b.SampleLabelled(n, rng)
	return x
}

// LogProb returns −log 32 for the rows of x (n x 2) in a cell, −Inf for the others. A cell contains
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

// Nearest returns the nearest cell, and whether the point is inside it.
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
	label := func(k int) string {
		x, y := b.cell(k)
		return fmt.Sprintf("[%g, %g] × [%g, %g]", x, x+2, y, y+2)
	}
	return planar("checkerboard", "uniform on 8 cells of side 2 of [-4, 4]², area 32 [grathwohl2019]",
		b, label, math.Log(boardArea), 1, square(4))
}
