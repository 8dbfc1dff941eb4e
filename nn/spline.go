package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// Spline is the family of monotone rational-quadratic splines with Bins bins on [-Bound, Bound], the
// identity outside [durkan2019]. A spline has Params() unconstrained parameters θ: Bins for the widths
// and Bins for the heights, through a softmax, and Bins-1 for the slopes at the inner knots, through a
// softplus. The slopes at ±Bound are 1, so that the map is smooth there. θ = 0 is the identity.
type Spline struct {
	Bins  int     // at least 2
	Bound float64 // above 0
	// Minimum width and height of a bin, as fractions of 2·Bound, and minimum slope at a knot.
	MinWidth, MinHeight, MinSlope float64
}

// Params returns the number of parameters of a spline.
func (s Spline) Params() int { return 3*s.Bins - 1 }

// Apply maps each element of x (rows x d) by the spline of its Params() columns of theta
// (rows x d·Params()). The result is rows x (d+1): the images, then the log-determinant, Σ log slope
// over the row. Its gradient cannot be differentiated again.
func (s Spline) Apply(x, theta *G.Node) *G.Node {
	return Transpose(s.ApplyCols(Transpose(x), Transpose(theta)))
}

// ApplyCols is [Spline.Apply] for points in columns: x is d x points, theta d·Params() x points, or
// 1 x d·Params() where all points have the same splines, and the result (d+1) x points.
func (s Spline) ApplyCols(x, theta *G.Node) *G.Node {
	if s.Bins < 2 || !(s.Bound > 0) {
		panic(fmt.Sprintf("nn: a spline of %d bins on ±%v", s.Bins, s.Bound))
	}
	kept := &splineRun{shared: theta.Shape()[0] == 1}
	single, double := splineKernel[float32](s), splineKernel[float64](s)
	return apply(&op{
		name: "spline", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			want := tensor.Shape{in[0][0] * s.Params(), in[0][1]}
			if kept.shared {
				want = tensor.Shape{1, in[0][0] * s.Params()}
			}
			if !in[1].Eq(want) {
				return 0, 0, fmt.Errorf("parameters %v for points %v and %d bins", in[1], in[0], s.Bins)
			}
			return in[0][0] + 1, in[0][1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { splineForward(single, kept, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { splineForward(double, kept, out, in) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			dtheta := apply(&op{
				name: "spline.grad", arity: 4, diff: []bool{true, true, false, true},
				shape: func(in []tensor.Shape) (int, int, error) { return in[1][0], in[1][1], nil },
				f32:   func(out matrix[float32], in []matrix[float32]) { splineBackward(single, kept, out, in) },
				f64:   func(out matrix[float64], in []matrix[float64]) { splineBackward(double, kept, out, in) },
			}, in[0], in[1], out, g) // the output is an input so that it is computed before
			return G.Nodes{splineGradX(kept, in[0], dtheta), dtheta}, nil
		},
	}, x, theta)
}

func splineKernel[T kernel.Float](s Spline) *kernel.Spline[T] {
	return kernel.NewSpline[T](s.Bins, s.Bound, s.MinWidth, s.MinHeight, s.MinSlope)
}

// splineRun holds what a forward pass keeps for the backward pass.
type splineRun struct {
	shared bool    // one θ for all points
	kept   scratch // of each of the d elements of a point
	slope  scratch // log slope of an element that is not the first of its point
	dx     scratch
}

// of returns θ of element j of the points, and what is kept of it.
func (r *splineRun) of(j, params, points, kept int) (theta, keep [2]int) {
	size := params * points
	if r.shared {
		size = params
	}
	return [2]int{j * size, (j + 1) * size}, [2]int{j * kept, (j + 1) * kept}
}

func splineForward[T kernel.Float](k *kernel.Spline[T], run *splineRun, out matrix[T], in []matrix[T]) {
	x, theta := in[0], in[1].data
	n, size := x.cols, k.Kept(x.cols)
	kept, total := room[T](&run.kept, x.rows*size), out.row(x.rows)
	slope := total
	for j := range x.rows {
		of, at := run.of(j, k.Params(), n, size)
		kernel.SplineForward(k, run.shared, n, x.row(j), theta[of[0]:of[1]], kept[at[0]:at[1]], out.row(j), slope)
		if j > 0 {
			kernel.Add(total, total, slope)
		} else {
			slope = room[T](&run.slope, n)
		}
	}
}

// splineBackward computes the gradient of theta, and leaves that of x in memory.
func splineBackward[T kernel.Float](k *kernel.Spline[T], run *splineRun, out matrix[T], in []matrix[T]) {
	x, g := in[0], in[3]
	n, size := x.cols, k.Kept(x.cols)
	kept, dx := room[T](&run.kept, x.rows*size), room[T](&run.dx, len(x.data))
	for j := range x.rows {
		of, at := run.of(j, k.Params(), n, size)
		kernel.SplineBackward(k, run.shared, n, kept[at[0]:at[1]], g.row(j), g.row(x.rows), dx[j*n:(j+1)*n], out.data[of[0]:of[1]])
	}
}

// splineGradX returns the gradient at x that splineBackward left in memory.
func splineGradX(run *splineRun, x, dtheta *G.Node) *G.Node {
	return apply(&op{
		name: "spline.dx", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32: func(out matrix[float32], _ []matrix[float32]) {
			copy(out.data, room[float32](&run.dx, len(out.data)))
		},
		f64: func(out matrix[float64], _ []matrix[float64]) {
			copy(out.data, room[float64](&run.dx, len(out.data)))
		},
	}, x, dtheta)
}
