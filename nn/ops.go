package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// MatMul returns op(a)·op(b), where op transposes if its flag is set.
func MatMul(a, b *G.Node, transA, transB bool) *G.Node {
	return apply(matMul(transA, transB), a, b)
}

func matMul(ta, tb bool) *op {
	p := product{ta, tb}
	return &op{
		name: "matmul", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			m, k := flip(ta, in[0])
			k2, n := flip(tb, in[1])
			if k != k2 {
				return 0, 0, fmt.Errorf("%v and %v do not multiply (transposed %v, %v)", in[0], in[1], ta, tb)
			}
			return m, n, nil
		},
		f32:     func(out matrix[float32], in []matrix[float32]) { gemm(ta, tb, in[0], in[1], out) },
		f64:     func(out matrix[float64], in []matrix[float64]) { gemm(ta, tb, in[0], in[1], out) },
		more:    func(out matrix[float32], in []matrix[float32]) { p.more(Float32, in[0], in[1], out) },
		product: p,
		bf16:    func(out matrix[float32], in []matrix[float32], w *kernel.Factor) { p.bf16(in[0], in[1], out, w) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			a, b := in[0], in[1]
			var da, db *G.Node
			if ta {
				da = MatMul(b, g, tb, true)
			} else {
				da = MatMul(g, b, false, !tb)
			}
			if tb {
				db = MatMul(g, a, true, ta)
			} else {
				db = MatMul(a, g, !ta, false)
			}
			return G.Nodes{da, db}, nil
		},
	}
}

func flip(transposed bool, s tensor.Shape) (rows, cols int) {
	if transposed {
		return s[1], s[0]
	}
	return s[0], s[1]
}

func gemm[T kernel.Float](ta, tb bool, a, b, c matrix[T]) {
	kernel.Gemm(ta, tb, c.rows, c.cols, terms(ta, a), 1, a.data, a.cols, b.data, b.cols, 0, c.data, c.cols)
}

// terms returns the number of products in each sum of op(a)·b.
func terms[T kernel.Float](ta bool, a matrix[T]) int {
	if ta {
		return a.rows
	}
	return a.cols
}

// Mul returns the elementwise product of two matrices of one shape.
func Mul(a, b *G.Node) *G.Node {
	return apply(&op{
		name: "mul", arity: 2, diff: []bool{true, true}, shape: sameShape, f32: mul[float32], f64: mul[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Mul(g, in[1]), Mul(g, in[0])}, nil
		},
	}, a, b)
}

func mul[T kernel.Float](out matrix[T], in []matrix[T]) { kernel.Mul(out.data, in[0].data, in[1].data) }

// Add returns the sum of two matrices of one shape.
func Add(a, b *G.Node) *G.Node { return apply(addition(), a, b) }

func addition() *op {
	return &op{
		name: "add", arity: 2, diff: []bool{true, true}, shape: sameShape, f32: add[float32], f64: add[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{g, g}, nil },
	}
}

func add[T kernel.Float](out matrix[T], in []matrix[T]) { kernel.Add(out.data, in[0].data, in[1].data) }

// Scale returns c·a.
func Scale(c float64, a *G.Node) *G.Node {
	return apply(&op{
		name: "scale", arity: 1, diff: []bool{true}, shape: sameShape,
		f32: func(out matrix[float32], in []matrix[float32]) { scale(c, out, in[0]) },
		f64: func(out matrix[float64], in []matrix[float64]) { scale(c, out, in[0]) },
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Scale(c, g)}, nil
		},
	}, a)
}

func scale[T kernel.Float](c float64, out, in matrix[T]) {
	copy(out.data, in.data)
	kernel.Scale(T(c), out.data)
}

// Shift returns a + c.
func Shift(c float64, a *G.Node) *G.Node {
	return apply(&op{
		name: "shift", arity: 1, diff: []bool{true}, shape: sameShape,
		f32:  func(out matrix[float32], in []matrix[float32]) { shift(c, out, in[0]) },
		f64:  func(out matrix[float64], in []matrix[float64]) { shift(c, out, in[0]) },
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{g}, nil },
	}, a)
}

func shift[T kernel.Float](c float64, out, in matrix[T]) {
	for i, v := range in.data {
		out.data[i] = v + T(c)
	}
}

// Sub returns a - b, of one shape.
func Sub(a, b *G.Node) *G.Node { return Add(a, Scale(-1, b)) }

// ColSum returns the sum over rows: rows x cols -> 1 x cols.
func ColSum(a *G.Node) *G.Node { return apply(colSumOp(a.Shape()[0]), a) }

func colSumOp(rows int) *op {
	return &op{
		name: "colsum", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return 1, in[0][1], nil },
		f32:   colSum[float32], f64: colSum[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{Rows(g, rows)}, nil },
	}
}

func colSum[T kernel.Float](out matrix[T], in []matrix[T]) {
	kernel.ColSum(in[0].rows, in[0].cols, in[0].data, out.data)
}

// Rows repeats a row: 1 x cols -> rows x cols.
func Rows(a *G.Node, rows int) *G.Node {
	return apply(&op{
		name: "rows", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[0][0] != 1 {
				return 0, 0, fmt.Errorf("a single row is repeated, got %v", in[0])
			}
			return rows, in[0][1], nil
		},
		f32: repeat[float32], f64: repeat[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{ColSum(g)}, nil },
	}, a)
}

func repeat[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i := range out.rows {
		copy(out.data[i*out.cols:(i+1)*out.cols], in[0].data)
	}
}

// Mean returns the mean of all elements, 1 x 1.
func Mean(a *G.Node) *G.Node {
	s := a.Shape()
	return apply(&op{
		name: "mean", arity: 1, diff: []bool{true}, shape: scalarShape, f32: mean[float32], f64: mean[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Scale(1/float64(s.TotalSize()), Fill(g, s[0], s[1]))}, nil
		},
	}, a)
}

func mean[T kernel.Float](out matrix[T], in []matrix[T]) {
	var sum float64 // a float32 sum of a batch loses digits
	for _, v := range in[0].data {
		sum += float64(v)
	}
	out.data[0] = T(sum / float64(len(in[0].data)))
}

// Fill repeats a scalar: 1 x 1 -> rows x cols.
func Fill(a *G.Node, rows, cols int) *G.Node {
	return apply(&op{
		name: "fill", arity: 1, diff: []bool{true}, shape: fixedShape(rows, cols), f32: fill[float32], f64: fill[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Scale(float64(rows*cols), Mean(g))}, nil
		},
	}, a)
}

func fill[T kernel.Float](out matrix[T], in []matrix[T]) {
	v := in[0].data[0]
	for i := range out.data {
		out.data[i] = v
	}
}
