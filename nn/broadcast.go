package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// RowSum returns the sum of each row: rows x cols -> rows x 1.
func RowSum(a *G.Node) *G.Node {
	cols := a.Shape()[1]
	return apply(&op{
		name: "rowsum", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], 1, nil },
		f32:   rowSum[float32], f64: rowSum[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{Widen(g, cols)}, nil },
	}, a)
}

func rowSum[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i := range out.data {
		var sum T
		for _, v := range in[0].row(i) {
			sum += v
		}
		out.data[i] = sum
	}
}

// Widen repeats a column: rows x 1 -> rows x cols.
func Widen(a *G.Node, cols int) *G.Node {
	return apply(&op{
		name: "widen", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[0][1] != 1 {
				return 0, 0, fmt.Errorf("a single column is repeated, got %v", in[0])
			}
			return in[0][0], cols, nil
		},
		f32: widen[float32], f64: widen[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{RowSum(g)}, nil },
	}, a)
}

func widen[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i, v := range in[0].data {
		row := out.row(i)
		for j := range row {
			row[j] = v
		}
	}
}

// MulCol multiplies each column of a by the column c: rows x cols times rows x 1.
func MulCol(a, c *G.Node) *G.Node {
	return apply(&op{
		name: "mulcol", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[1][0] != in[0][0] || in[1][1] != 1 {
				return 0, 0, fmt.Errorf("%v is not a column for %v", in[1], in[0])
			}
			return in[0][0], in[0][1], nil
		},
		f32: mulCol[float32], f64: mulCol[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{MulCol(g, in[1]), RowSum(Mul(g, in[0]))}, nil
		},
	}, a, c)
}

func mulCol[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i, c := range in[1].data {
		a, y := in[0].row(i), out.row(i)
		for j, v := range a {
			y[j] = c * v
		}
	}
}

// MulRow multiplies each row of a by the row r: rows x cols times 1 x cols.
func MulRow(a, r *G.Node) *G.Node {
	return apply(&op{
		name: "mulrow", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[1][1] != in[0][1] || in[1][0] != 1 {
				return 0, 0, fmt.Errorf("%v is not a row for %v", in[1], in[0])
			}
			return in[0][0], in[0][1], nil
		},
		f32: mulRow[float32], f64: mulRow[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{MulRow(g, in[1]), ColSum(Mul(g, in[0]))}, nil
		},
	}, a, r)
}

func mulRow[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i := range out.rows {
		kernel.Mul(out.row(i), in[0].row(i), in[1].data)
	}
}
