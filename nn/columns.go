package nn

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// Concat concatenates matrices with the same number of rows along the columns.
func Concat(parts ...*G.Node) *G.Node {
	return join("concat", 1, concat[float32], concat[float64], Cols, parts)
}

// join concatenates matrices along an axis, of which part is the inverse: it returns a range of it.
func join(name string, axis int, f32 func(matrix[float32], []matrix[float32]), f64 func(matrix[float64], []matrix[float64]),
	part func(a *G.Node, lo, hi int) *G.Node, parts G.Nodes) *G.Node {
	if len(parts) == 1 {
		return parts[0]
	}
	return apply(&op{
		name: name, arity: len(parts), diff: slices.Repeat([]bool{true}, len(parts)),
		shape: func(in []tensor.Shape) (rows, cols int, err error) {
			size := [2]int{in[0][0], in[0][1]}
			size[axis] = 0
			for _, s := range in {
				if s[1-axis] != size[1-axis] {
					return 0, 0, fmt.Errorf("%v beside %v", s, in[0])
				}
				size[axis] += s[axis]
			}
			return size[0], size[1], nil
		},
		f32: f32, f64: f64,
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			grads, at := make(G.Nodes, len(in)), 0
			for i, n := range in {
				length := n.Shape()[axis]
				grads[i] = part(g, at, at+length)
				at += length
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

// Cols returns the columns [lo, hi): rows x cols -> rows x (hi - lo).
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
			return G.Nodes{padCols(g, lo, in[0].Shape()[1])}, nil
		},
	}, a)
}

func cols[T kernel.Float](lo int, out, in matrix[T]) {
	for i := range out.rows {
		copy(out.row(i), in.row(i)[lo:])
	}
}

// padCols pads a with zeros to so many columns; a starts at column lo.
func padCols(a *G.Node, lo, cols int) *G.Node {
	return apply(&op{
		name: "padcols", arity: 1, diff: []bool{true},
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

// Permute permutes the columns: column j of the result is column order[j] of a. It panics if order is
// not a permutation.
func Permute(a *G.Node, order []int) *G.Node {
	inverse := slices.Repeat([]int{-1}, len(order))
	for j, from := range order {
		if from < 0 || from >= len(order) || inverse[from] >= 0 {
			panic(fmt.Sprintf("nn: %v is not a permutation of %d columns", order, len(order)))
		}
		inverse[from] = j
	}
	return permute(a, order, inverse)
}

func permute(a *G.Node, order, inverse []int) *G.Node {
	return apply(&op{
		name: "permute", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[0][1] != len(order) {
				return 0, 0, fmt.Errorf("a permutation of %d columns for %v", len(order), in[0])
			}
			return in[0][0], in[0][1], nil
		},
		f32:  func(out matrix[float32], in []matrix[float32]) { pick(order, out, in[0]) },
		f64:  func(out matrix[float64], in []matrix[float64]) { pick(order, out, in[0]) },
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{permute(g, inverse, order)}, nil },
	}, a)
}

func pick[T kernel.Float](order []int, out, in matrix[T]) {
	for i := range out.rows {
		from, to := in.row(i), out.row(i)
		for j, c := range order {
			to[j] = from[c]
		}
	}
}

// Reshape returns the elements in the same order as rows of another length: rows x cols ->
// (rows·cols / width) x width. It turns a row of frames into a row for each frame.
func Reshape(a *G.Node, width int) *G.Node {
	return apply(&op{
		name: "reshape", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if width < 1 || in[0].TotalSize()%width != 0 {
				return 0, 0, fmt.Errorf("%v as rows of %d", in[0], width)
			}
			return in[0].TotalSize() / width, width, nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { copy(out.data, in[0].data) },
		f64: func(out matrix[float64], in []matrix[float64]) { copy(out.data, in[0].data) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Reshape(g, in[0].Shape()[1])}, nil
		},
	}, a)
}
