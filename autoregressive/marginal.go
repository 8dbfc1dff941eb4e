package autoregressive

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// DiscretizationGap returns, for each row of x (n x 2), the KL divergence in nats of the density p
// restricted to the row's cell from the uniform distribution on that cell. Its mean over samples
// of p is KL(p‖p̄), p̄ the average of p over each cell: the smallest KL divergence that any model
// on this grid can reach, about bin²/(24 σ²) an axis for a Gaussian. The integral over a cell is a
// midpoint rule of 8 x 8 points. The gap of a row outside the box, or in a cell without mass, is 0.
func (p *Points) DiscretizationGap(density genlab.LogProber, x mat.Matrix) []float64 {
	const side = 8
	n, _ := x.Dims()
	q := &p.quantizer
	inner := mat.NewDense(n*side*side, 2, nil)
	for r := range n {
		i, j := q.nearest(x.At(r, 0), x.At(r, 1))
		for k := range side * side {
			inner.SetRow(r*side*side+k, []float64{
				q.x.at(i, (float64(k%side)+0.5)/side),
				q.y.at(j, (float64(k/side)+0.5)/side),
			})
		}
	}
	logp := density.LogProb(inner)
	out := make([]float64, n)
	for r := range n {
		if _, _, inside := q.cell(x.At(r, 0), x.At(r, 1)); !inside {
			continue
		}
		var mass, weighted float64
		for _, l := range logp[r*side*side : (r+1)*side*side] {
			if v := math.Exp(l); v > 0 {
				mass += v
				weighted += v * l
			}
		}
		if mass > 0 {
			out[r] = max(0, weighted/mass-math.Log(mass/(side*side))) // negative only by rounding
		}
	}
	return out
}

// Marginal returns the density in which the first digits of the sequence have the model's
// marginal distribution and the other digits are uniform: what the model has decided after as many
// steps of sampling. It does not follow later changes of the weights. It panics unless
// 1 <= digits <= 2·Config.Digits.
func (p *Points) Marginal(digits int) genlab.LogProber {
	all := 2 * p.quantizer.digits
	if digits < 1 || digits > all {
		panic(fmt.Sprintf("autoregressive: Marginal of %d digits, want 1 to %d", digits, all))
	}
	return &marginal{p, power(p.quantizer.base, all-digits), p.prefixes(digits)}
}

// marginal is a density that gives all cells with a common prefix of digits the same probability.
type marginal struct {
	of    *Points
	cells int       // that share a prefix
	table []float64 // log probability of each prefix
}

// LogProb returns log p of each row of x (n x 2), in nats.
func (m *marginal) LogProb(x mat.Matrix) []float64 {
	return m.of.logDensity(x, m.cells, func([]int) func(int) float64 {
		return func(code int) float64 { return m.table[code/m.cells] }
	})
}
