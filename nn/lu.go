package nn

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// LUCols multiplies points by the matrix L·U and adds b, for L unit lower and U upper triangular with
// diag U = exp(s) [kingma2018]. state is (d+1) x points: coordinates, and in the last row the log-determinants so far,
// to which Σ s is added; so is the result. triangles is d x d, L below the diagonal and U above it; s
// and b are 1 x d. Its gradient cannot be differentiated again.
func LUCols(state, triangles, s, b *G.Node) *G.Node {
	run := new(luRun)
	return apply(&op{
		name: "lu", arity: 4, diff: []bool{true, true, true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			d := in[0][0] - 1
			if !in[1].Eq(tensor.Shape{d, d}) || !in[2].Eq(tensor.Shape{1, d}) || !in[3].Eq(tensor.Shape{1, d}) {
				return 0, 0, fmt.Errorf("triangles %v, s %v and b %v for points %v", in[1], in[2], in[3], in[0])
			}
			return in[0][0], in[0][1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { luForward(run, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { luForward(run, out, in) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			dtriangles := apply(&op{
				name: "lu.grad", arity: 4, diff: []bool{true, true, true, false},
				shape: func(in []tensor.Shape) (int, int, error) { return in[1][0], in[1][1], nil },
				f32:   func(out matrix[float32], in []matrix[float32]) { luBackward(run, out, in[0], in[2]) },
				f64:   func(out matrix[float64], in []matrix[float64]) { luBackward(run, out, in[0], in[2]) },
			}, in[0], in[1], g, out)
			kept := func(name string, like *G.Node, of *scratch) *G.Node {
				return apply(&op{
					name: name, arity: 2, diff: []bool{true, true},
					shape: func(in []tensor.Shape) (int, int, error) { return in[1][0], in[1][1], nil },
					f32:   func(out matrix[float32], _ []matrix[float32]) { copy(out.data, room[float32](of, len(out.data))) },
					f64:   func(out matrix[float64], _ []matrix[float64]) { copy(out.data, room[float64](of, len(out.data))) },
				}, dtriangles, like)
			}
			dx := apply(&op{
				name: "lu.dx", arity: 2, diff: []bool{true, true},
				shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
				f32:   func(out matrix[float32], in []matrix[float32]) { luDX(run, out, in[0]) },
				f64:   func(out matrix[float64], in []matrix[float64]) { luDX(run, out, in[0]) },
			}, g, out)
			return G.Nodes{dx, dtriangles, kept("lu.ds", in[2], &run.ds), kept("lu.db", in[3], &run.db)}, nil
		},
	}, state, triangles, s, b)
}

// luRun holds what a forward pass keeps for the backward pass, and the gradients of s and b.
type luRun struct {
	lower, upper, product scratch // d x d
	dproduct, dfactor     scratch // d x d
	ds, db                scratch
}

func luForward[T kernel.Float](run *luRun, out matrix[T], in []matrix[T]) {
	x, triangles, s := in[0], in[1], in[2].data
	d, n := len(s), x.cols
	lower, upper, product := room[T](&run.lower, d*d), room[T](&run.upper, d*d), room[T](&run.product, d*d)
	clear(lower)
	clear(upper)
	var logDet T
	for i := range d {
		row := triangles.row(i)
		copy(lower[i*d:], row[:i])
		copy(upper[i*d+i:], row[i:])
		lower[i*d+i], upper[i*d+i] = 1, T(math.Exp(float64(s[i])))
		logDet += s[i]
	}
	kernel.Gemm(false, false, d, d, d, 1, lower, d, upper, d, 0, product, d)
	affineCols(n, x.data[:d*n], matrix[T]{d, d, product}, in[3], out.data[:d*n])
	total := out.row(d)
	for j, v := range x.row(d) {
		total[j] = v + logDet
	}
}

// luDX computes the gradient at the state.
func luDX[T kernel.Float](run *luRun, out, g matrix[T]) {
	d, n := g.rows-1, g.cols
	kernel.Gemm(false, false, d, n, d, 1, room[T](&run.product, d*d), d, g.data, n, 0, out.data, n)
	copy(out.row(d), g.row(d))
}

// luBackward computes the gradient of the triangles, and leaves those of s and b in memory.
func luBackward[T kernel.Float](run *luRun, out, x, g matrix[T]) {
	d, n := g.rows-1, g.cols
	lower, upper := room[T](&run.lower, d*d), room[T](&run.upper, d*d)
	dproduct, dfactor := room[T](&run.dproduct, d*d), room[T](&run.dfactor, d*d)
	ds, db := room[T](&run.ds, d), room[T](&run.db, d)
	kernel.Gemm(false, true, d, d, n, 1, x.data, n, g.data, n, 0, dproduct, d)
	kernel.Gemm(false, true, d, d, d, 1, dproduct, d, upper, d, 0, dfactor, d)
	for i := range d {
		copy(out.row(i)[:i], dfactor[i*d:])
	}
	kernel.Gemm(true, false, d, d, d, 1, lower, d, dproduct, d, 0, dfactor, d)
	atLogDet := sum(g.row(d))
	for i := range d {
		row := out.row(i)
		copy(row[i:], dfactor[i*d+i:(i+1)*d])
		ds[i] = row[i]*upper[i*d+i] + atLogDet
		row[i] = 0
		db[i] = sum(g.row(i))
	}
}

func sum[T kernel.Float](x []T) T {
	var s T
	for _, v := range x {
		s += v
	}
	return s
}
