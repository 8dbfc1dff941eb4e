package nn

import (
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// TestShapesThatDoNotFit: an operation panics, when the graph is built, on inputs that do not fit each other, for each
// extent that is off. A wrong one would read beyond a matrix or leave rows out.
func TestShapesThatDoNotFit(t *testing.T) {
	spline := someSpline(4)
	x := func(g *Graph, rows, cols int) *G.Node { return g.constant(rows, cols, 0.5) }
	for name, build := range map[string]func(g *Graph) *G.Node{
		"attention without heads":      func(g *Graph) *G.Node { return CausalAttention(x(g, 4, 6), 0, 2) },
		"attention over no steps":      func(g *Graph) *G.Node { return Attention(x(g, 4, 6), 1, 0) },
		"attention over half a step":   func(g *Graph) *G.Node { return Attention(x(g, 5, 6), 1, 2) },
		"attention of two thirds":      func(g *Graph) *G.Node { return Attention(x(g, 4, 8), 1, 2) },
		"widen two columns":            func(g *Graph) *G.Node { return Widen(x(g, 3, 2), 4) },
		"mulcol of other rows":         func(g *Graph) *G.Node { return MulCol(x(g, 3, 4), x(g, 2, 1)) },
		"mulcol of two columns":        func(g *Graph) *G.Node { return MulCol(x(g, 3, 4), x(g, 3, 2)) },
		"mulrow of other columns":      func(g *Graph) *G.Node { return MulRow(x(g, 3, 4), x(g, 1, 3)) },
		"mulrow of two rows":           func(g *Graph) *G.Node { return MulRow(x(g, 3, 4), x(g, 2, 4)) },
		"concat of other rows":         func(g *Graph) *G.Node { return Concat(x(g, 3, 4), x(g, 2, 4)) },
		"concat rows of other columns": func(g *Graph) *G.Node { return ConcatRows(x(g, 3, 4), x(g, 3, 3)) },
		"columns from below 0":         func(g *Graph) *G.Node { return Cols(x(g, 3, 4), -1, 2) },
		"columns beyond the last":      func(g *Graph) *G.Node { return Cols(x(g, 3, 4), 1, 5) },
		"no columns":                   func(g *Graph) *G.Node { return Cols(x(g, 3, 4), 2, 2) },
		"rows from below 0":            func(g *Graph) *G.Node { return RowRange(x(g, 3, 4), -1, 2) },
		"rows beyond the last":         func(g *Graph) *G.Node { return RowRange(x(g, 3, 4), 1, 4) },
		"no rows":                      func(g *Graph) *G.Node { return RowRange(x(g, 3, 4), 2, 2) },
		"clip from below 0":            func(g *Graph) *G.Node { return ClipRows(x(g, 3, 4), -1, 2, 1) },
		"clip beyond the last":         func(g *Graph) *G.Node { return ClipRows(x(g, 3, 4), 1, 4, 1) },
		"clip no rows":                 func(g *Graph) *G.Node { return ClipRows(x(g, 3, 4), 2, 2, 1) },
		"permutation of fewer":         func(g *Graph) *G.Node { return Permute(x(g, 3, 4), []int{2, 1, 0}) },
		"reshape to no columns":        func(g *Graph) *G.Node { return Reshape(x(g, 3, 4), 0) },
		"reshape to five columns":      func(g *Graph) *G.Node { return Reshape(x(g, 3, 4), 5) },
		"ids in two columns":           func(g *Graph) *G.Node { return Embedding(x(g, 5, 2), x(g, 3, 2)) },
		"frequencies of other points":  func(g *Graph) *G.Node { return withFeatures(x(g, 3, 2), x(g, 3, 4)) },
		"linear of other columns":      func(g *Graph) *G.Node { return Linear(x(g, 5, 3), x(g, 4, 6), x(g, 1, 6), kernel.SiLU) },
		"linear with two biases":       func(g *Graph) *G.Node { return Linear(x(g, 5, 3), x(g, 3, 6), x(g, 2, 6), kernel.SiLU) },
		"linear with a short bias":     func(g *Graph) *G.Node { return Linear(x(g, 5, 3), x(g, 3, 6), x(g, 1, 5), kernel.SiLU) },
		"columns of other rows":        func(g *Graph) *G.Node { return LinearCols(x(g, 4, 5), x(g, 3, 6), x(g, 1, 6), kernel.SiLU) },
		"columns with two biases":      func(g *Graph) *G.Node { return LinearCols(x(g, 3, 5), x(g, 3, 6), x(g, 2, 6), kernel.SiLU) },
		"columns with a short bias":    func(g *Graph) *G.Node { return LinearCols(x(g, 3, 5), x(g, 3, 6), x(g, 1, 5), kernel.SiLU) },
		"targets of other rows":        func(g *Graph) *G.Node { return CrossEntropy(x(g, 3, 4), x(g, 2, 1)) },
		"targets in two columns":       func(g *Graph) *G.Node { return CrossEntropy(x(g, 3, 4), x(g, 3, 2)) },
		"mse of other shapes":          func(g *Graph) *G.Node { return MSE(x(g, 3, 4), x(g, 4, 3)) },
		"triangles of other points":    func(g *Graph) *G.Node { return LUCols(x(g, 4, 7), x(g, 2, 3), x(g, 1, 3), x(g, 1, 3)) },
		"s of other points":            func(g *Graph) *G.Node { return LUCols(x(g, 4, 7), x(g, 3, 3), x(g, 1, 2), x(g, 1, 3)) },
		"b of other points":            func(g *Graph) *G.Node { return LUCols(x(g, 4, 7), x(g, 3, 3), x(g, 1, 3), x(g, 1, 2)) },
		"a short gain":                 func(g *Graph) *G.Node { return LayerNorm(x(g, 3, 4), x(g, 1, 3), x(g, 1, 4), 1e-5) },
		"a short bias":                 func(g *Graph) *G.Node { return LayerNorm(x(g, 3, 4), x(g, 1, 4), x(g, 1, 3), 1e-5) },
		"add of other shapes":          func(g *Graph) *G.Node { return Add(x(g, 3, 4), x(g, 3, 3)) },
		"product of other shapes":      func(g *Graph) *G.Node { return MatMul(x(g, 3, 4), x(g, 3, 4), false, false) },
		"transposed product":           func(g *Graph) *G.Node { return MatMul(x(g, 3, 4), x(g, 4, 3), true, false) },
		"two rows repeated":            func(g *Graph) *G.Node { return Rows(x(g, 2, 4), 6) },
		"spline of other points":       func(g *Graph) *G.Node { return spline.Apply(x(g, 5, 2), x(g, 4, 2*spline.Params())) },
		"spline with fewer parameters": func(g *Graph) *G.Node { return spline.Apply(x(g, 5, 2), x(g, 5, 2*spline.Params()-1)) },
	} {
		if panics(func() { build(NewGraph(5)) }) == "" {
			t.Errorf("%s: a graph was built", name)
		}
	}
}
