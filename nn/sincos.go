package nn

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// SinCos returns the sines followed by the cosines of the elements: rows x cols -> rows x 2·cols. It
// can be differentiated twice.
func SinCos(a *G.Node) *G.Node {
	return apply(&op{
		name: "sincos", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], 2 * in[0][1], nil },
		f32:   sinCos[float32], f64: sinCos[float64],
		grad: func(_ G.Nodes, out, g *G.Node) (G.Nodes, error) { return G.Nodes{sinCosGrad(out, g, 0)}, nil },
	}, a)
}

func sinCos[T kernel.Float](out matrix[T], in []matrix[T]) {
	kernel.SinCos(in[0].rows, in[0].cols, in[0].data, out.data, out.cols)
}

// sinCosGrad is g_sin ⊙ cos - g_cos ⊙ sin, of y = SinCos(a) and the gradient that arrives there, both after skip other
// columns.
func sinCosGrad(y, g *G.Node, skip int) *G.Node {
	return apply(&op{
		name: "sincos.grad", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			_, _, err := sameShape(in)
			return in[0][0], (in[0][1] - skip) / 2, err
		},
		f32: func(out matrix[float32], in []matrix[float32]) { sinCosBackward(skip, out, in[0], in[1]) },
		f64: func(out matrix[float64], in []matrix[float64]) { sinCosBackward(skip, out, in[0], in[1]) },
		grad: func(in G.Nodes, _, gg *G.Node) (G.Nodes, error) {
			y, g := in[0], in[1]
			k := gg.Shape()[1]
			half := func(n *G.Node, i int) *G.Node { return Cols(n, skip+i*k, skip+(i+1)*k) }
			against := Scale(-1, gg)
			dy := Concat(Mul(against, half(g, 1)), Mul(gg, half(g, 0)))
			dg := Concat(Mul(gg, half(y, 1)), Mul(against, half(y, 0)))
			if skip > 0 {
				dy, dg = padCols(dy, skip, skip+2*k), padCols(dg, skip, skip+2*k)
			}
			return G.Nodes{dy, dg}, nil
		},
	}, y, g)
}

func sinCosBackward[T kernel.Float](skip int, out, y, g matrix[T]) {
	k := out.cols
	for i := range out.rows {
		d, y, g := out.row(i), y.row(i)[skip:], g.row(i)[skip:]
		sin, cos, gSin, gCos := y[:k], y[k:][:k], g[:k], g[k:][:k]
		for j := range d[:k] {
			d[j] = gSin[j]*cos[j] - gCos[j]*sin[j]
		}
	}
}
