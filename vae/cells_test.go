package vae

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestSplitHalvesTheAxisThatVaries: cells are halved along the axes on which the mean moves, and the parts tile the cell.
func TestSplitHalvesTheAxisThatVaries(t *testing.T) {
	cell := latentCell{at: [2]float64{1, -2}, half: [2]float64{0.5, 0.25}}
	for _, slope := range [][2]float64{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
		nodes := make([]node, perCell)
		for i := range nodes {
			a, b := abscissae[i/side], abscissae[i%side]
			nodes[i] = node{mean: [2]float64{slope[0]*a + slope[1]*b, 3}, rate: [2]float64{1, 1}, weight: 1}
		}
		parts := cell.split(nodes, make([]float32, perCell), 1) // the mean moves by 1.7 standard deviations
		if slope == [2]float64{} {
			if parts != nil {
				t.Errorf("a constant mean makes %d parts", len(parts))
			}
			continue
		}
		var area float64
		for _, p := range parts {
			area += 4 * p.half[0] * p.half[1]
			for axis, s := range slope {
				half, off := cell.half[axis]/(1+s), math.Abs(p.at[axis]-cell.at[axis])
				if p.half[axis] != half || off != s*half {
					t.Errorf("slope %v: a part at %v of half sides %v", slope, p.at, p.half)
				}
			}
		}
		if want := 4 * cell.half[0] * cell.half[1]; !(math.Abs(area-want) <= 1e-15) {
			t.Errorf("slope %v: the parts have the area %v, want %v", slope, area, want)
		}
	}
}

// TestBinsHoldThePoints: the points of an extent, a box, are each in one bin, others in none; and evenly spread points
// evenly fill the bins.
func TestBinsHoldThePoints(t *testing.T) {
	const n = 16 * 20 * 20
	rng := pcg(1, 1)
	e := extent{[2]float64{-1, 2}, [2]float64{0, 5}}
	x := mat.NewDense(n, 2, nil)
	outside := 0
	for i := range n {
		x.SetRow(i, []float64{-1 + rng.Float64(), 2 + 3*rng.Float64()})
		if i%16 == 15 { // beyond one of the four sides
			outside++
			x.Set(i, i/16%2, []float64{-1.1, 1.9, 0.1, 5.1}[i/16%4])
		}
	}
	b := newBins(x, e)
	if len(b.row) != n-outside || b.start[len(b.start)-1] != n-outside {
		t.Fatalf("%d points of %d within the extent are in bins", len(b.row), n-outside)
	}
	seen := make([]bool, n)
	for bin := range b.side * b.side {
		if points := b.start[bin+1] - b.start[bin]; points > 45 { // of a Poisson number of mean 16: 1e-9 each
			t.Errorf("bin %d has %d points, want about 16", bin, points)
		}
		for i := b.start[bin]; i < b.start[bin+1]; i++ {
			row := b.row[i]
			if u, v := b.index(0, x.At(row, 0)), b.index(1, x.At(row, 1)); seen[row] || u*b.side+v != bin {
				t.Errorf("point %v is in bin %d, seen before: %v", x.RawRowView(row), bin, seen[row])
			}
			seen[row] = true
		}
	}
	for i := range n {
		if seen[i] != e.contains(x.RawRowView(i)) || seen[i] != (i%16 != 15) {
			t.Fatalf("%v is in a bin: %v", x.RawRowView(i), seen[i])
		}
	}
}

func TestRepeated(t *testing.T) {
	rows := []float32{1, 2, 3, 4, 5, 6}
	for times, want := range map[int][]float32{1: rows, 2: {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}, 3: {1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6}} {
		if got := repeated(rows, 3, times); !slices.Equal(got, want) {
			t.Errorf("%d times: %v", times, got)
		}
	}
}
