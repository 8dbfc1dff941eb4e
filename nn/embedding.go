package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// Embedding looks up rows of a table: table n x width, ids rows x 1 -> rows x width. The ids are
// integers from 0 to n - 1, without a gradient; running the graph panics for another value.
func Embedding(table, ids *G.Node) *G.Node {
	n := table.Shape()[0]
	return apply(&op{
		name: "embedding", arity: 2, diff: []bool{true, false},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[1][1] != 1 {
				return 0, 0, fmt.Errorf("ids are one column, not %v", in[1])
			}
			return in[1][0], in[0][1], nil
		},
		f32: lookUp[float32], f64: lookUp[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{scatter(in[1], g, n), nil}, nil
		},
	}, table, ids)
}

func lookUp[T kernel.Float](out matrix[T], in []matrix[T]) {
	table := in[0]
	for i, id := range in[1].data {
		copy(out.row(i), table.row(index(id, table.rows)))
	}
}

// index returns the integer below n that is stored as a float. It panics for another value.
func index[T kernel.Float](id T, n int) int {
	if i := int(id); id >= 0 && id < T(n) && T(i) == id {
		return i
	}
	panic(fmt.Sprintf("nn: index %v of %d", id, n))
}

// scatter adds the rows of a to the rows ids of a table of zeros.
func scatter(ids, a *G.Node, n int) *G.Node {
	return apply(&op{
		name: "scatter", arity: 2, diff: []bool{false, true},
		shape: func(in []tensor.Shape) (int, int, error) { return n, in[1][1], nil },
		f32:   scatterRows[float32], f64: scatterRows[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{nil, Embedding(g, in[0])}, nil
		},
	}, ids, a)
}

func scatterRows[T kernel.Float](out matrix[T], in []matrix[T]) {
	clear(out.data)
	for i, id := range in[0].data {
		row := out.row(index(id, out.rows))
		kernel.Add(row, row, in[1].row(i))
	}
}
