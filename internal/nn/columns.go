package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// Concat puts matrices of the same rows side by side.
func Concat(parts ...*G.Node) *G.Node {
	if len(parts) == 1 {
		return parts[0]
	}
	diff := make([]bool, len(parts))
	for i := range diff {
		diff[i] = true
	}
	return apply(&op{
		name: "concat", arity: len(parts), diff: diff,
		shape: func(in []tensor.Shape) (rows, cols int, err error) {
			for _, s := range in {
				if s[0] != in[0][0] {
					return 0, 0, fmt.Errorf("%v beside %v", s, in[0])
				}
				cols += s[1]
			}
			return in[0][0], cols, nil
		},
		f32: concat[float32], f64: concat[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			grads, at := make(G.Nodes, len(in)), 0
			for i, n := range in {
				cols := n.Shape()[1]
				grads[i] = Cols(g, at, at+cols)
				at += cols
			}
			return grads, nil
		},
	}, parts...)
}

func concat[T kernel.Float](out matrix[T], in []matrix[T]) {
	at := 0
	for _, m := range in {
		for i := range m.rows {
			copy(out.row(i)[at:], m.row(i))
		}
		at += m.cols
	}
}

// Cols is the columns lo to hi, without hi: rows x cols -> rows x (hi - lo).
func Cols(a *G.Node, lo, hi int) *G.Node {
	return apply(&op{
		name: "cols", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if lo < 0 || hi > in[0][1] || lo >= hi {
				return 0, 0, fmt.Errorf("columns %d to %d of %v", lo, hi, in[0])
			}
			return in[0][0], hi - lo, nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { cols(lo, out, in[0]) },
		f64: func(out matrix[float64], in []matrix[float64]) { cols(lo, out, in[0]) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{amongZeros(g, lo, in[0].Shape()[1])}, nil
		},
	}, a)
}

func cols[T kernel.Float](lo int, out, in matrix[T]) {
	for i := range out.rows {
		copy(out.row(i), in.row(i)[lo:])
	}
}

// amongZeros places a at column lo of a matrix of zeros with the given number of columns.
func amongZeros(a *G.Node, lo, cols int) *G.Node {
	return apply(&op{
		name: "amongzeros", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], cols, nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { place(lo, out, in[0]) },
		f64:   func(out matrix[float64], in []matrix[float64]) { place(lo, out, in[0]) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Cols(g, lo, lo+in[0].Shape()[1])}, nil
		},
	}, a)
}

func place[T kernel.Float](lo int, out, in matrix[T]) {
	clear(out.data)
	for i := range out.rows {
		copy(out.row(i)[lo:], in.row(i))
	}
}
