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

func (s Spline) check() {
	if s.Bins < 2 || !(s.Bound > 0) {
		panic(fmt.Sprintf("nn: a spline of %d bins on ±%v", s.Bins, s.Bound))
	}
}

// Apply maps each element of x (rows x d) by the spline of its Params() columns of theta
// (rows x d·Params()). The result is rows x (d+1): the images, then the log-determinant, Σ log slope
// over the row. Its gradient cannot be differentiated again.
func (s Spline) Apply(x, theta *G.Node) *G.Node {
	d := x.Shape()[1]
	state := PadRows(Transpose(x), 0, d+1)
	return Transpose(s.ApplyCols(state, ThetaRows{Lo: 0, Hi: d, Theta: Transpose(theta)}))
}

// ThetaRows are the parameters of the maps of the coordinates in rows [Lo, Hi): the parameters of each
// coordinate one after the other, in rows with a column for each point, or in a single row where
// all points have the same.
type ThetaRows struct {
	Lo, Hi int
	Theta  *G.Node
}

// ApplyCols maps coordinates by splines and adds up the log-determinants: state is (d+1) x points, d
// rows of coordinates and one with the log-determinants so far, and so is the result. Coordinates
// without parameters stay unchanged. Its gradient cannot be differentiated again.
func (s Spline) ApplyCols(state *G.Node, parts ...ThetaRows) *G.Node {
	s.check()
	run, in, diff := &splineRun{}, G.Nodes{state}, []bool{true}
	for _, p := range parts {
		run.parts = append(run.parts, splinePart{p.Lo, p.Hi, p.Theta.Shape()[0] == 1})
		in, diff = append(in, p.Theta), append(diff, true)
	}
	single, double := splineKernel[float32](s), splineKernel[float64](s)
	return apply(&op{
		name: "spline", arity: len(in), diff: diff,
		shape: func(in []tensor.Shape) (int, int, error) {
			for i, p := range run.parts {
				want := tensor.Shape{(p.hi - p.lo) * s.Params(), in[0][1]}
				if p.shared {
					want = tensor.Shape{1, want[0]}
				}
				if p.lo < 0 || p.hi >= in[0][0] || !in[1+i].Eq(want) {
					return 0, 0, fmt.Errorf("parameters %v for rows %d to %d of %v and %d bins", in[1+i], p.lo, p.hi, in[0], s.Bins)
				}
			}
			return in[0][0], in[0][1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { splineForward(single, run, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { splineForward(double, run, out, in) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			grads := G.Nodes{nil}
			for i, p := range run.parts {
				grads = append(grads, apply(&op{
					name: "spline.grad", arity: 3, diff: []bool{true, false, true},
					shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
					f32:   func(out matrix[float32], in []matrix[float32]) { splineBackward(single, run, p, out, in[2]) },
					f64:   func(out matrix[float64], in []matrix[float64]) { splineBackward(double, run, p, out, in[2]) },
				}, in[1+i], out, g)) // the output is an input so that it is computed before
			}
			grads[0] = splineGradX(run, g, grads[1:])
			return grads, nil
		},
	}, in...)
}

func splineKernel[T kernel.Float](s Spline) *kernel.Spline[T] {
	return kernel.NewSpline[T](s.Bins, s.Bound, s.MinWidth, s.MinHeight, s.MinSlope)
}

// splineRun holds what a forward pass keeps for the backward pass.
type splineRun struct {
	parts []splinePart
	kept  scratch // of each coordinate
	slope scratch // log slopes of a coordinate
	dx    scratch
}

// splinePart are the coordinates [lo, hi), whose θ all points share or not.
type splinePart struct {
	lo, hi int
	shared bool
}

// of returns θ, or its gradient, of a part's coordinate.
func (p splinePart) of(j, params, points int) (lo, hi int) {
	if !p.shared {
		params *= points
	}
	return (j - p.lo) * params, (j - p.lo + 1) * params
}

func splineForward[T kernel.Float](k *kernel.Spline[T], run *splineRun, out matrix[T], in []matrix[T]) {
	x := in[0]
	n, d, size := x.cols, x.rows-1, k.Kept(x.cols)
	kept, slope := room[T](&run.kept, d*size), room[T](&run.slope, n)
	copy(out.data, x.data)
	for i, p := range run.parts {
		for j := p.lo; j < p.hi; j++ {
			lo, hi := p.of(j, k.Params(), n)
			kernel.SplineForward(k, p.shared, n, x.row(j), in[1+i].data[lo:hi], kept[j*size:(j+1)*size], out.row(j), slope)
			kernel.Add(out.row(d), out.row(d), slope)
		}
	}
}

// splineBackward computes the gradient of a part's theta, and leaves that of its coordinates in memory.
func splineBackward[T kernel.Float](k *kernel.Spline[T], run *splineRun, p splinePart, out, g matrix[T]) {
	n, d, size := g.cols, g.rows-1, k.Kept(g.cols)
	kept, dx := room[T](&run.kept, d*size), room[T](&run.dx, d*n)
	for j := p.lo; j < p.hi; j++ {
		lo, hi := p.of(j, k.Params(), n)
		kernel.SplineBackward(k, p.shared, n, kept[j*size:(j+1)*size], g.row(j), g.row(d), dx[j*n:(j+1)*n], out.data[lo:hi])
	}
}

// splineGradX returns the gradient at the state: what splineBackward has left in memory, and elsewhere that
// at the result.
func splineGradX(run *splineRun, g *G.Node, dthetas G.Nodes) *G.Node {
	in := append(G.Nodes{g}, dthetas...)
	diff := make([]bool, len(in))
	for i := range diff {
		diff[i] = true
	}
	return apply(&op{
		name: "spline.dx", arity: len(in), diff: diff,
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { splineDX(run, out, in[0]) },
		f64:   func(out matrix[float64], in []matrix[float64]) { splineDX(run, out, in[0]) },
	}, in...)
}

func splineDX[T kernel.Float](run *splineRun, out, g matrix[T]) {
	dx := room[T](&run.dx, (g.rows-1)*g.cols)
	copy(out.data, g.data)
	for _, p := range run.parts {
		copy(out.data[p.lo*g.cols:p.hi*g.cols], dx[p.lo*g.cols:])
	}
}
