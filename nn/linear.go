package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// slope keeps act'(z) of a forward pass for the backward pass, which is then one multiplication. Two
// operations share it; it is filled only if the second exists.
type slope struct {
	scratch
	wanted bool
}

// Linear returns act(x·w + b): x is rows x in, w is in x out, b is 1 x out. Matrix product, bias and
// activation are one operation. Its gradient can be differentiated again if the second derivative of
// act is zero (Identity, ReLU, LeakyReLU); for the others use Act(Linear(x, w, b, Identity), act).
func Linear(x, w, b *G.Node, act Activation) *G.Node {
	kept := new(slope)
	return apply(&op{
		name: "linear", arity: 3, diff: []bool{true, true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			x, w, b := in[0], in[1], in[2]
			if x[1] != w[0] || b[0] != 1 || b[1] != w[1] {
				return 0, 0, fmt.Errorf("x %v, weight %v and bias %v do not fit", x, w, b)
			}
			return x[0], w[1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) {
			gemm(false, false, in[0], in[1], out)
			biasAct(act, kept, out, in[2])
		},
		f64: func(out matrix[float64], in []matrix[float64]) {
			gemm(false, false, in[0], in[1], out)
			biasAct(act, kept, out, in[2])
		},
		bf16: func(out matrix[float32], in []matrix[float32], w *kernel.Factor) {
			product{}.bf16(in[0], in[1], out, w)
			biasAct(act, kept, out, in[2])
		},
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			gz, db := g, (*G.Node)(nil)
			if act == Identity {
				db = ColSum(g)
			} else {
				kept.wanted = true
				sums := new(scratch)
				gz = linearSlope(act, kept, sums, out, g)
				db = keptColSum(gz, sums)
			}
			return G.Nodes{MatMul(gz, in[1], false, true), MatMul(in[0], gz, true, false), db}, nil
		},
	}, x, w, b)
}

// biasAct replaces z by act(z + b), and keeps the slopes if they are wanted.
func biasAct[T kernel.Float](act kernel.Activation, kept *slope, z, b matrix[T]) {
	var dy []T
	if kept.wanted {
		dy = room[T](&kept.scratch, len(z.data))
	}
	kernel.BiasAct(act, z.rows, z.cols, z.data, b.data, z.data, dy)
}

// linearSlope returns g ⊙ act'(z) with the slopes that Linear kept; y, Linear's output, is an
// input only so that it is computed before. The column sums of the product fall out of the
// same pass and are left in sums for keptColSum.
func linearSlope(act kernel.Activation, kept *slope, sums *scratch, y, g *G.Node) *G.Node {
	flat := act == kernel.ReLU || act == kernel.LeakyReLU
	return apply(&op{
		name: "linear.slope", arity: 2, diff: []bool{!flat, true}, shape: sameShape,
		f32: func(out matrix[float32], in []matrix[float32]) { mulColSum(kept, sums, out, in[1]) },
		f64: func(out matrix[float64], in []matrix[float64]) { mulColSum(kept, sums, out, in[1]) },
		grad: func(in G.Nodes, _, gg *G.Node) (G.Nodes, error) {
			if !flat {
				return nil, fmt.Errorf("nn: the gradient of a fused %v cannot be differentiated; write Act(Linear(x, w, b, Identity), %v)", act, act)
			}
			return G.Nodes{nil, linearSlope(act, kept, new(scratch), in[0], gg)}, nil
		},
	}, y, g)
}

func mulColSum[T kernel.Float](kept *slope, sums *scratch, out, g matrix[T]) {
	kernel.MulColSum(out.rows, out.cols, g.data, room[T](&kept.scratch, len(out.data)), out.data, room[T](sums, out.cols))
}

// keptColSum is ColSum of a linearSlope, whose pass has left the sums.
func keptColSum(gz *G.Node, sums *scratch) *G.Node {
	o := colSumOp(gz.Shape()[0])
	o.f32 = func(out matrix[float32], _ []matrix[float32]) { copy(out.data, room[float32](sums, out.cols)) }
	o.f64 = func(out matrix[float64], _ []matrix[float64]) { copy(out.data, room[float64](sums, out.cols)) }
	return apply(o, gz)
}
