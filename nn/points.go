package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// The operations of this file are for networks whose points are columns: features x points, the
// transpose of the usual layout. Vectors then run along the points, whatever the number of features:
// no tile of a matrix product is cut off at 1, 48 or 71 columns, and a coordinate is contiguous.

// LinearCols returns act(wᵀ·x + bᵀ): x is in x points, w is in x out, b is 1 x out. It is the transpose
// of [Linear] of the transpose; its gradient cannot be differentiated again.
func LinearCols(x, w, b *G.Node, act Activation) *G.Node {
	kept := new(slope)
	return apply(&op{
		name: "linear.cols", arity: 3, diff: []bool{true, true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			x, w, b := in[0], in[1], in[2]
			if x[0] != w[0] || b[0] != 1 || b[1] != w[1] {
				return 0, 0, fmt.Errorf("x %v, weight %v and bias %v do not fit", x, w, b)
			}
			return w[1], x[1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { linearCols(act, kept, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { linearCols(act, kept, out, in) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			gz := g
			if act != Identity {
				kept.wanted = true
				gz = colsSlope(kept, out, g)
			}
			return G.Nodes{MatMul(in[1], gz, false, false), outerSum(in[0], gz), rowSums(gz)}, nil
		},
	}, x, w, b)
}

func linearCols[T kernel.Float](act kernel.Activation, kept *slope, out matrix[T], in []matrix[T]) {
	x, w, b := in[0], in[1], in[2]
	affineCols(x.cols, x.data, w, b, out.data)
	var dy []T
	if kept.wanted {
		dy = room[T](&kept.scratch, len(out.data))
	}
	if act != Identity {
		kernel.BiasAct(act, 1, len(out.data), out.data, nil, out.data, dy)
	}
}

// affineCols computes wᵀ·x + bᵀ.
func affineCols[T kernel.Float](points int, x []T, w, b matrix[T], out []T) {
	kernel.FillRows(w.cols, points, b.data, out)
	kernel.Gemm(true, false, w.cols, points, w.rows, 1, w.data, w.cols, x, points, 1, out, points)
}

// colsSlope returns g ⊙ act'(z) with the slopes that LinearCols kept; y, its output, is an input only
// so that it is computed before.
func colsSlope(kept *slope, y, g *G.Node) *G.Node {
	return apply(&op{
		name: "linear.cols.slope", arity: 2, diff: []bool{true, true}, shape: sameShape,
		f32: func(out matrix[float32], in []matrix[float32]) {
			kernel.Mul(out.data, in[1].data, room[float32](&kept.scratch, len(out.data)))
		},
		f64: func(out matrix[float64], in []matrix[float64]) {
			kernel.Mul(out.data, in[1].data, room[float64](&kept.scratch, len(out.data)))
		},
	}, y, g)
}

// outerSum returns x·gᵀ, in x out: the sum of the outer products over the points.
func outerSum(x, g *G.Node) *G.Node {
	return apply(&op{
		name: "outersum", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[1][0], nil },
		f32:   outer[float32], f64: outer[float64],
	}, x, g)
}

func outer[T kernel.Float](out matrix[T], in []matrix[T]) {
	x, g := in[0], in[1]
	if x.rows == 1 { // as a column, without transposing g
		kernel.Gemm(false, true, g.rows, 1, g.cols, 1, g.data, g.cols, x.data, x.cols, 0, out.data, 1)
		return
	}
	gemm(false, true, x, g, out)
}

// rowSums returns the sum of each row as a row: features x points -> 1 x features.
func rowSums(a *G.Node) *G.Node {
	points := a.Shape()[1]
	ones := [2]scratch{}
	return apply(&op{
		name: "rowsums", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return 1, in[0][0], nil },
		f32: func(out matrix[float32], in []matrix[float32]) {
			sumRows(allOnes[float32](&ones[0], points), out, in[0])
		},
		f64: func(out matrix[float64], in []matrix[float64]) {
			sumRows(allOnes[float64](&ones[1], points), out, in[0])
		},
	}, a)
}

func allOnes[T kernel.Float](s *scratch, n int) []T {
	ones := room[T](s, n)
	for i := range ones {
		ones[i] = 1
	}
	return ones
}

func sumRows[T kernel.Float](ones []T, out, a matrix[T]) {
	kernel.Gemm(false, false, a.rows, 1, a.cols, 1, a.data, a.cols, ones, 1, 0, out.data, 1)
}

// ApplyCols is [Dense.Apply] for points in columns: in x points -> out x points.
func (d Dense) ApplyCols(g *Graph, x *G.Node) *G.Node {
	return LinearCols(x, g.Param(d.W), g.Param(d.B), d.Act)
}

// ApplyCols is [MLP.Apply] for points in columns: in x points -> out x points.
func (m MLP) ApplyCols(g *Graph, x *G.Node) *G.Node {
	for _, d := range m {
		x = d.ApplyCols(g, x)
	}
	return x
}

// EvaluateCols returns the output of the network, out x points, of x, in x points. It computes in the two
// buffers, which it grows, and returns one of them. A point's output does not depend on the others as
// long as there are more than four.
func (m MLP) EvaluateCols(points int, x []float32, buffers *[2][]float32) []float32 {
	for i, d := range m {
		out := &buffers[i%2]
		if n := d.W.Cols * points; cap(*out) < n {
			*out = make([]float32, n)
		}
		y := (*out)[:d.W.Cols*points]
		affineCols(points, x, matrix[float32]{d.W.Rows, d.W.Cols, d.W.Value}, matrix[float32]{1, d.W.Cols, d.B.Value}, y)
		if d.Act != Identity {
			kernel.BiasAct(d.Act, 1, len(y), y, nil, y, nil)
		}
		x = y
	}
	return x
}

// Transpose returns the transpose.
func Transpose(a *G.Node) *G.Node {
	return apply(&op{
		name: "transpose", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][1], in[0][0], nil },
		f32:   transpose[float32], f64: transpose[float64],
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{Transpose(g)}, nil },
	}, a)
}

func transpose[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i := range in[0].rows {
		for j, v := range in[0].row(i) {
			out.data[j*out.cols+i] = v
		}
	}
}

// ConcatRows concatenates matrices with the same number of columns along the rows.
func ConcatRows(parts ...*G.Node) *G.Node {
	return join("concat.rows", 0, stack[float32], stack[float64], RowRange, parts)
}

func stack[T kernel.Float](out matrix[T], in []matrix[T]) {
	at := 0
	for _, m := range in {
		at += copy(out.data[at:], m.data)
	}
}

// RowRange returns the rows [lo, hi): rows x cols -> (hi - lo) x cols.
func RowRange(a *G.Node, lo, hi int) *G.Node {
	if lo == 0 && hi == a.Shape()[0] {
		return a
	}
	return apply(&op{
		name: "rowrange", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if lo < 0 || hi > in[0][0] || lo >= hi {
				return 0, 0, fmt.Errorf("rows %d to %d of %v", lo, hi, in[0])
			}
			return hi - lo, in[0][1], nil
		},
		f32:  func(out matrix[float32], in []matrix[float32]) { copy(out.data, in[0].data[lo*out.cols:]) },
		f64:  func(out matrix[float64], in []matrix[float64]) { copy(out.data, in[0].data[lo*out.cols:]) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{PadRows(g, lo, in[0].Shape()[0])}, nil },
	}, a)
}

// PadRows pads a with rows of zeros to so many; a starts at row lo.
func PadRows(a *G.Node, lo, rows int) *G.Node {
	return apply(&op{
		name: "padrows", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) { return rows, in[0][1], nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { pad(lo, out, in[0]) },
		f64:   func(out matrix[float64], in []matrix[float64]) { pad(lo, out, in[0]) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{RowRange(g, lo, lo+in[0].Shape()[0])}, nil
		},
	}, a)
}

func pad[T kernel.Float](lo int, out, in matrix[T]) {
	clear(out.data)
	copy(out.data[lo*out.cols:], in.data)
}

// ClipRows returns the rows [lo, hi) with each element limited to [-limit, limit]; the gradient is zero
// beyond. NaN stays NaN.
func ClipRows(a *G.Node, lo, hi int, limit float64) *G.Node {
	return apply(&op{
		name: "clip", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if lo < 0 || hi > in[0][0] || lo >= hi {
				return 0, 0, fmt.Errorf("rows %d to %d of %v", lo, hi, in[0])
			}
			return hi - lo, in[0][1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { clip(limit, lo, out, in[0]) },
		f64: func(out matrix[float64], in []matrix[float64]) { clip(limit, lo, out, in[0]) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{clipSlope(in[0], g, lo, limit)}, nil
		},
	}, a)
}

func clip[T kernel.Float](limit float64, lo int, out, in matrix[T]) {
	for i, v := range in.data[lo*in.cols:][:len(out.data)] {
		out.data[i] = min(max(v, -T(limit)), T(limit))
	}
}

// clipSlope returns g, the gradient of rows from lo on, where ClipRows does not limit a, and 0 elsewhere.
func clipSlope(a, g *G.Node, lo int, limit float64) *G.Node {
	return apply(&op{
		name: "clip.slope", arity: 2, diff: []bool{false, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { clipBackward(limit, lo, out, in[0], in[1]) },
		f64:   func(out matrix[float64], in []matrix[float64]) { clipBackward(limit, lo, out, in[0], in[1]) },
	}, a, g)
}

func clipBackward[T kernel.Float](limit float64, lo int, out, a, g matrix[T]) {
	clear(out.data)
	from := lo * a.cols
	for i, v := range g.data {
		if x := a.data[from+i]; !(x > T(limit) || x < -T(limit)) {
			out.data[from+i] = v
		}
	}
}
