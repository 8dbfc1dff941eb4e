package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// rowStats holds what LayerNorm keeps for the backward pass, and the gradients of gain and bias.
type rowStats struct{ mean, rstd, dgain, dbias scratch }

// LayerNorm returns gain·(x - mean)/√(variance + eps) + bias with the mean and the biased variance
// of each row; gain and bias are 1 x cols. Its gradient cannot be differentiated again.
func LayerNorm(x, gain, bias *G.Node, eps float64) *G.Node {
	s := new(rowStats)
	return apply(&op{
		name: "layernorm", arity: 3, diff: []bool{true, true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			row := tensor.Shape{1, in[0][1]}
			if !in[1].Eq(row) || !in[2].Eq(row) {
				return 0, 0, fmt.Errorf("gain %v and bias %v for %v", in[1], in[2], in[0])
			}
			return in[0][0], in[0][1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { layerNorm(s, eps, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { layerNorm(s, eps, out, in) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			dx := layerNormGrad(s, in[0], in[1], out, g)
			return G.Nodes{dx, beside("layernorm.dgain", &s.dgain, dx), beside("layernorm.dbias", &s.dbias, dx)}, nil
		},
	}, x, gain, bias)
}

func layerNorm[T kernel.Float](s *rowStats, eps float64, out matrix[T], in []matrix[T]) {
	kernel.LayerNorm(out.rows, out.cols, in[0].data, in[1].data, in[2].data, out.data,
		room[T](&s.mean, out.rows), room[T](&s.rstd, out.rows), T(eps))
}

// layerNormGrad returns the gradient of x, and computes those of gain and bias. y is an input so that it
// is computed before.
func layerNormGrad(s *rowStats, x, gain, y, g *G.Node) *G.Node {
	return apply(&op{
		name: "layernorm.grad", arity: 4, diff: []bool{true, true, false, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { layerNormBackward(s, out, in) },
		f64:   func(out matrix[float64], in []matrix[float64]) { layerNormBackward(s, out, in) },
	}, x, gain, y, g)
}

func layerNormBackward[T kernel.Float](s *rowStats, out matrix[T], in []matrix[T]) {
	kernel.LayerNormBackward(out.rows, out.cols, in[0].data, in[1].data,
		room[T](&s.mean, out.rows), room[T](&s.rstd, out.rows), in[3].data,
		out.data, room[T](&s.dgain, out.cols), room[T](&s.dbias, out.cols))
}

// beside returns a row that the operation of n computes besides its output.
func beside(name string, memory *scratch, n *G.Node) *G.Node {
	return apply(&op{
		name: name, arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return 1, in[0][1], nil },
		f32:   func(out matrix[float32], _ []matrix[float32]) { copy(out.data, room[float32](memory, out.cols)) },
		f64:   func(out matrix[float64], _ []matrix[float64]) { copy(out.data, room[float64](memory, out.cols)) },
	}, n)
}

// normFloor is added to a squared norm, so that the norm has a derivative, zero, at zero.
const normFloor = 1e-12

// RowNorm returns the Euclidean norm of each row, √(Σ a² + 1e-12): rows x cols -> rows x 1.
func RowNorm(a *G.Node) *G.Node {
	return apply(&op{
		name: "rownorm", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], 1, nil },
		f32:   rowNorm[float32], f64: rowNorm[float64],
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			return G.Nodes{MulCol(in[0], Div(g, out))}, nil
		},
	}, a)
}

func rowNorm[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i := range out.data {
		sum := T(normFloor)
		for _, v := range in[0].row(i) {
			sum += T(v * v)
		}
		out.data[i] = root(sum)
	}
}

// GradientPenalty returns the mean over rows of (|gradient| - 1)², 1 x 1: the two-sided penalty
// that keeps a critic's slope near one [gulrajani2017]. The gradient, rows x d, comes from
// Graph.Grad at the critic's input.
func GradientPenalty(gradient *G.Node) *G.Node { return Mean(Square(Shift(-1, RowNorm(gradient)))) }
