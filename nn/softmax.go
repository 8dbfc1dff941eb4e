package nn

import (
	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// Softmax returns exp(a) / Σ exp(a) along each row.
func Softmax(a *G.Node) *G.Node {
	return apply(&op{
		name: "softmax", arity: 1, diff: []bool{true}, shape: sameShape, f32: softmax[float32], f64: softmax[float64],
		grad: func(_ G.Nodes, y, g *G.Node) (G.Nodes, error) {
			gy := Mul(g, y)
			return G.Nodes{Sub(gy, MulCol(y, RowSum(gy)))}, nil
		},
	}, a)
}

func softmax[T kernel.Float](out matrix[T], in []matrix[T]) {
	kernel.Softmax(out.rows, out.cols, in[0].data, out.data)
}

// LogSoftmax returns a - log Σ exp(a) along each row.
func LogSoftmax(a *G.Node) *G.Node {
	return apply(&op{
		name: "logsoftmax", arity: 1, diff: []bool{true}, shape: sameShape, f32: logSoftmax[float32], f64: logSoftmax[float64],
		grad: func(_ G.Nodes, y, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Sub(g, MulCol(Exp(y), RowSum(g)))}, nil
		},
	}, a)
}

func logSoftmax[T kernel.Float](out matrix[T], in []matrix[T]) {
	kernel.LogSoftmax(out.rows, out.cols, in[0].data, out.data)
}
