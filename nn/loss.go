package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// MSE returns the mean squared difference over all elements, 1 x 1. The target has no gradient.
func MSE(a, target *G.Node) *G.Node {
	return apply(&op{
		name: "mse", arity: 2, diff: []bool{true, false},
		shape: func(in []tensor.Shape) (int, int, error) {
			_, _, err := sameShape(in)
			return 1, 1, err
		},
		f32: mse[float32], f64: mse[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{mseGrad(in[0], in[1], g), nil}, nil
		},
	}, a, target)
}

func mse[T kernel.Float](out matrix[T], in []matrix[T]) {
	var sum float64
	b := in[1].data
	for i, v := range in[0].data {
		d := float64(v - b[i])
		sum += d * d
	}
	out.data[0] = T(sum / float64(len(b)))
}

func mseGrad(a, target, g *G.Node) *G.Node {
	return apply(&op{
		name: "mse.grad", arity: 3, diff: []bool{true, false, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32:   mseBackward[float32], f64: mseBackward[float64],
		grad: func(in G.Nodes, _, gg *G.Node) (G.Nodes, error) {
			s := in[0].Shape()
			k := 2 / float64(s.TotalSize())
			da := Scale(k, Mul(gg, Fill(in[2], s[0], s[1])))
			dg := Scale(2, Mean(Mul(gg, Sub(in[0], in[1]))))
			return G.Nodes{da, nil, dg}, nil
		},
	}, a, target, g)
}

func mseBackward[T kernel.Float](out matrix[T], in []matrix[T]) {
	a, b := in[0].data, in[1].data
	k := 2 * in[2].data[0] / T(len(a))
	for i, v := range a {
		out.data[i] = k * (v - b[i])
	}
}

// CrossEntropy returns the mean over rows of -log softmax(logits)[target], in nats, 1 x 1. Logits
// are rows x classes, targets rows x 1 of integers below classes, without a gradient; running the
// graph panics for another value. The gradient of the logits cannot be differentiated again.
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
// computed before, and logits so that a second derivative is an error.
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
