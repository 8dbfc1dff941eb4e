package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// Softmax is exp(a) / Σ exp(a) along each row.
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

// LogSoftmax is a - log Σ exp(a) along each row.
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

// CrossEntropy is the mean over rows of -log softmax(logits)[target], in nats, 1 x 1. Logits
// are rows x classes, targets rows x 1 of whole numbers below classes; another value panics.
// The targets have no gradient, and the gradient of the logits cannot be differentiated again.
func CrossEntropy(logits, targets *G.Node) *G.Node {
	kept := new(scratch) // log softmax, for the backward pass
	return apply(&op{
		name: "crossentropy", arity: 2, diff: []bool{true, false},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[1][0] != in[0][0] || in[1][1] != 1 {
				return 0, 0, fmt.Errorf("targets %v for logits %v", in[1], in[0])
			}
			return 1, 1, nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { crossEntropy(kept, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { crossEntropy(kept, out, in) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			return G.Nodes{crossEntropyGrad(kept, in[0], in[1], out, g), nil}, nil
		},
	}, logits, targets)
}

func crossEntropy[T kernel.Float](kept *scratch, out matrix[T], in []matrix[T]) {
	x := in[0]
	logp := matrix[T]{x.rows, x.cols, room[T](kept, len(x.data))}
	kernel.LogSoftmax(x.rows, x.cols, x.data, logp.data)
	var sum float64
	for i, t := range in[1].data {
		sum -= float64(logp.row(i)[index(t, x.cols)])
	}
	out.data[0] = T(sum / float64(x.rows))
}

// crossEntropyGrad is (softmax - one at the target)·g/rows; loss is an input so that it is
// computed before, and logits so that a second derivative is refused.
func crossEntropyGrad(kept *scratch, logits, targets, loss, g *G.Node) *G.Node {
	return apply(&op{
		name: "crossentropy.grad", arity: 4, diff: []bool{true, false, false, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { crossEntropyBackward(kept, out, in) },
		f64:   func(out matrix[float64], in []matrix[float64]) { crossEntropyBackward(kept, out, in) },
	}, logits, targets, loss, g)
}

func crossEntropyBackward[T kernel.Float](kept *scratch, out matrix[T], in []matrix[T]) {
	kernel.Exp(out.data, room[T](kept, len(out.data)))
	for i, t := range in[1].data {
		out.row(i)[index(t, out.cols)]--
	}
	kernel.Scale(in[3].data[0]/T(out.rows), out.data)
}
