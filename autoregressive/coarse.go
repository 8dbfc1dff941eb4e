package autoregressive

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// Even returns a density made even within each cell: the best that the cells allow, and the
// truth as the model sees it. KL(truth‖Even(truth)) is the price of the cells in nats, about
// bin²/(24 σ²) an axis for a Gaussian. Its LogProb takes the mean over 64 points of a cell.
func (p *Points) Even(truth genlab.LogProber) genlab.LogProber { return even{p.grid, truth} }

type even struct {
	grid  grid
	truth genlab.LogProber
}

// LogProb returns log p of each row of x (n x 2), in nats, -Inf outside the box.
func (e even) LogProb(x mat.Matrix) []float64 {
	const side = 8
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("autoregressive: LogProb of points with %d columns, want 2", d))
	}
	dx, dy := e.grid.bin()
	inner := mat.NewDense(n*side*side, 2, nil)
	for r := range n {
		i, j, _ := e.grid.cell(x.At(r, 0), x.At(r, 1))
		for k := range side * side {
			inner.SetRow(r*side*side+k, []float64{
				e.grid.box.XMin + (float64(i)+(float64(k%side)+0.5)/side)*dx,
				e.grid.box.YMin + (float64(j)+(float64(k/side)+0.5)/side)*dy,
			})
		}
	}
	of := e.truth.LogProb(inner)
	out := make([]float64, n)
	for r := range n {
		out[r] = math.Inf(-1)
		if _, _, inside := e.grid.cell(x.At(r, 0), x.At(r, 1)); inside {
			var mean float64
			for _, l := range of[r*side*side : (r+1)*side*side] {
				mean += math.Exp(l) / (side * side)
			}
			out[r] = math.Log(mean)
		}
	}
	return out
}

// After returns the density when only the first digits of a sequence are the model's, and all
// the others even: the picture that the model has after as many steps. It is a snapshot of the
// weights.
func (p *Points) After(digits int) genlab.LogProber {
	if digits < 1 || digits > 2*p.grid.digits {
		panic(fmt.Sprintf("autoregressive: %d digits of %d", digits, 2*p.grid.digits))
	}
	rest := 1
	for range 2*p.grid.digits - digits {
		rest *= p.grid.base
	}
	return &prefix{p, rest, p.prefixes(digits)}
}

// prefix is a density that is even over all cells whose first digits agree.
type prefix struct {
	of    *Points
	rest  int // cells of a prefix
	table []float64
}

// LogProb returns log p of each row of x (n x 2), in nats.
func (f *prefix) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	out := make([]float64, n)
	dx, dy := f.of.grid.bin()
	area := math.Log(dx) + math.Log(dy) + math.Log(float64(f.rest))
	for r := range n {
		out[r] = math.Inf(-1)
		if i, j, inside := f.of.grid.cell(x.At(r, 0), x.At(r, 1)); inside {
			out[r] = f.table[f.of.grid.code(i, j)/f.rest] - area
		}
	}
	return out
}
