package autoregressive

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// Price returns what the cell of each row of x (n x 2) costs, in nats: the KL divergence, within
// the cell, from a density to the mean of it. Over draws of that density its mean is what lies
// between the truth and the best that is even in each cell, about bin²/(24 σ²) an axis for a
// Gaussian. A cell is taken by 64 points; one without mass, and a row outside the box, costs 0.
func (p *Points) Price(truth genlab.LogProber, x mat.Matrix) []float64 {
	const side = 8
	n, _ := x.Dims()
	dx, dy := p.grid.bin()
	inner := mat.NewDense(n*side*side, 2, nil)
	for r := range n {
		i, j := p.grid.nearest(x.At(r, 0), x.At(r, 1))
		for k := range side * side {
			inner.SetRow(r*side*side+k, []float64{
				p.grid.box.XMin + (float64(i)+(float64(k%side)+0.5)/side)*dx,
				p.grid.box.YMin + (float64(j)+(float64(k/side)+0.5)/side)*dy,
			})
		}
	}
	logp := truth.LogProb(inner)
	out := make([]float64, n)
	for r := range n {
		if _, _, inside := p.grid.cell(x.At(r, 0), x.At(r, 1)); !inside {
			continue
		}
		var mass, weighted float64
		for _, l := range logp[r*side*side : (r+1)*side*side] {
			if q := math.Exp(l); q > 0 {
				mass += q
				weighted += q * l
			}
		}
		if mass > 0 {
			out[r] = max(0, weighted/mass-math.Log(mass/(side*side))) // less by rounding alone
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
