package nn

import (
	"fmt"
	"math"

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

// slopeShift is what is added to a free number so that zero gives slope 1.
func (s Spline) slopeShift() float64 { return math.Log(math.Expm1(1 - s.MinSlope)) }

// Apply maps each element of x (rows x d) by the spline of its Params() columns of theta
// (rows x d·Params()). The result is rows x (d+1): the images, then the log-determinant, Σ log slope
// over the row. Its gradient cannot be differentiated again.
func (s Spline) Apply(x, theta *G.Node) *G.Node {
	if s.Bins < 2 || !(s.Bound > 0) {
		panic(fmt.Sprintf("nn: a spline of %d bins on ±%v", s.Bins, s.Bound))
	}
	kept := new(splineRun)
	return apply(&op{
		name: "spline", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if in[1][0] != in[0][0] || in[1][1] != in[0][1]*s.Params() {
				return 0, 0, fmt.Errorf("parameters %v for points %v and %d bins", in[1], in[0], s.Bins)
			}
			return in[0][0], in[0][1] + 1, nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { splineForward(s, kept, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { splineForward(s, kept, out, in) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			dtheta := splineGrad(s, kept, in[0], in[1], out, g)
			return G.Nodes{splineGradX(kept, in[0], dtheta), dtheta}, nil
		},
	}, x, theta)
}

// splineRun holds what a forward pass keeps for the backward pass.
type splineRun struct {
	share  scratch // softmax of widths and of heights: elements x 2·Bins
	shift  scratch // twice the shift of slopes
	raw    scratch // the two free slopes of each element's bin
	slope  scratch // those slopes less MinSlope: elements x 2
	dslope scratch // and their derivatives
	place  scratch // ξ, width and height: elements x 3
	ratio  scratch // the derivative of the map
	dx     scratch
	bin    []int32 // -1 outside
}

func splineForward[T kernel.Float](s Spline, kept *splineRun, out matrix[T], in []matrix[T]) {
	x, theta := in[0].data, in[1].data
	n, bins, params := len(x), s.Bins, s.Params()
	share := room[T](&kept.share, n*2*bins)
	for e := range n {
		copy(share[e*2*bins:(e+1)*2*bins], theta[e*params:])
	}
	kernel.Softmax(2*n, bins, share, share)
	if len(kept.bin) < n {
		kept.bin = make([]int32, n)
	}
	raw, place := room[T](&kept.raw, 2*n), room[T](&kept.place, 3*n)
	low := room[T](&kept.ratio, n) // lower edge of the bin's image, until the ratio takes its place
	bound, minW, minH := T(s.Bound), T(s.MinWidth), T(s.MinHeight)
	freeW, freeH := 1-T(bins)*minW, 1-T(bins)*minH
	for e, v := range x {
		raw[2*e], raw[2*e+1] = 0, 0
		if !(v > -bound && v < bound) {
			kept.bin[e] = -1
			continue
		}
		w := share[e*2*bins : e*2*bins+bins]
		h := share[e*2*bins+bins : (e+1)*2*bins]
		rest := (v + bound) / (2 * bound)
		k, width := 0, minW+freeW*w[0]
		below := T(0)
		for rest >= width && k < bins-1 {
			rest -= width
			below += minH + freeH*h[k]
			k++
			width = minW + freeW*w[k]
		}
		kept.bin[e] = int32(k)
		place[3*e], place[3*e+1], place[3*e+2] = min(rest/width, 1), width, minH+freeH*h[k]
		low[e] = below
		free := theta[e*params+2*bins:]
		if k > 0 {
			raw[2*e] = free[k-1]
		}
		if k < bins-1 {
			raw[2*e+1] = free[k]
		}
	}
	slope := room[T](&kept.slope, 2*n)
	shift := room[T](&kept.shift, 2)
	shift[0] = T(s.slopeShift())
	shift[1] = shift[0]
	kernel.BiasAct(kernel.Softplus, n, 2, raw, shift, slope, room[T](&kept.dslope, 2*n))
	minS := T(s.MinSlope)
	d := in[0].cols
	for e, v := range x {
		to := &out.data[e/d*(d+1)+e%d]
		if kept.bin[e] < 0 {
			*to, low[e] = v, 1
			continue
		}
		xi, width, height := place[3*e], place[3*e+1], place[3*e+2]
		d0, d1 := slope[2*e]+minS, slope[2*e+1]+minS
		mean, q, r := height/width, xi*(1-xi), 1-xi
		den := mean + (d1+d0-2*mean)*q
		*to = 2*bound*(low[e]+height*(mean*xi*xi+d0*q)/den) - bound
		low[e] = mean * mean * (d1*xi*xi + 2*mean*q + d0*r*r) / (den * den)
	}
	kernel.Log(low, low)
	for i := range out.rows {
		var sum T
		for _, l := range low[i*d : (i+1)*d] {
			sum += l
		}
		out.row(i)[d] = sum
	}
}

// splineGrad returns the gradient of theta, and computes that of x. y is an input so that it is computed
// before.
func splineGrad(s Spline, kept *splineRun, x, theta, y, g *G.Node) *G.Node {
	return apply(&op{
		name: "spline.grad", arity: 4, diff: []bool{true, true, false, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[1][0], in[1][1], nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { splineBackward(s, kept, out, in) },
		f64:   func(out matrix[float64], in []matrix[float64]) { splineBackward(s, kept, out, in) },
	}, x, theta, y, g)
}

func splineBackward[T kernel.Float](s Spline, kept *splineRun, out matrix[T], in []matrix[T]) {
	x, g := in[0], in[3]
	n, d, bins, params := len(x.data), x.cols, s.Bins, s.Params()
	share, place := room[T](&kept.share, n*2*bins), room[T](&kept.place, 3*n)
	slope, dslope := room[T](&kept.slope, 2*n), room[T](&kept.dslope, 2*n)
	dx := room[T](&kept.dx, n)
	minS, scale := T(s.MinSlope), 2*T(s.Bound)
	freeW, freeH := 1-T(bins)*T(s.MinWidth), 1-T(bins)*T(s.MinHeight)
	clear(out.data)
	for e := range n {
		row := g.row(e / d)
		gy, gl := row[e%d], row[d]
		k := int(kept.bin[e])
		if k < 0 {
			dx[e] = gy
			continue
		}
		gy *= scale
		xi, width, height := place[3*e], place[3*e+1], place[3*e+2]
		d0, d1 := slope[2*e]+minS, slope[2*e+1]+minS
		mean, q, r := height/width, xi*(1-xi), 1-xi
		turn := d1 + d0 - 2*mean
		inv := 1 / (mean + turn*q) // of the image's denominator
		num := mean*xi*xi + d0*q
		top := d1*xi*xi + 2*mean*q + d0*r*r // of the slope's numerator
		invTop := 1 / top
		hi := height * inv * inv
		gxi := gy*hi*mean*mean*top/mean + gl*(2*(d1*xi+mean*(1-2*xi)-d0*r)*invTop-2*turn*(1-2*xi)*inv)
		gmean := gy*hi*(xi*xi/inv-num*(1-2*q)) + gl*(2/mean+2*q*invTop-2*(1-2*q)*inv)
		gd0 := gy*hi*q*(1/inv-num) + gl*(r*r*invTop-2*q*inv)
		gd1 := -gy*hi*q*num + gl*(xi*xi*invTop-2*q*inv)
		invW := 1 / width
		dx[e] = gxi * invW / scale
		to := out.data[e*params : (e+1)*params]
		p := share[e*2*bins : (e+1)*2*bins]
		softmaxStep(to[:bins], p[:bins], k, -freeW*gxi*invW, -freeW*(gmean*mean+gxi*xi)*invW)
		softmaxStep(to[bins:2*bins], p[bins:], k, freeH*gy, freeH*(gmean*invW+gy*num*inv))
		if k > 0 {
			to[2*bins+k-1] = gd0 * dslope[2*e]
		}
		if k < bins-1 {
			to[2*bins+k] = gd1 * dslope[2*e+1]
		}
	}
}

// softmaxStep is the gradient at the argument of a softmax with values p where that at p is
// before below element k, at in k, and zero beyond.
func softmaxStep[T kernel.Float](to, p []T, k int, before, at T) {
	to = to[:len(p)]
	var sum T
	for _, v := range p[:k] {
		sum += v
	}
	dot := before*sum + at*p[k]
	for j, v := range p[:k] {
		to[j] = v * (before - dot)
	}
	to[k] = p[k] * (at - dot)
	for j := k + 1; j < len(p); j++ {
		to[j] = -p[j] * dot
	}
}

// splineGradX returns the gradient at x that splineGrad left in memory.
func splineGradX(kept *splineRun, x, dtheta *G.Node) *G.Node {
	return apply(&op{
		name: "spline.dx", arity: 2, diff: []bool{true, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32: func(out matrix[float32], _ []matrix[float32]) {
			copy(out.data, room[float32](&kept.dx, len(out.data)))
		},
		f64: func(out matrix[float64], _ []matrix[float64]) {
			copy(out.data, room[float64](&kept.dx, len(out.data)))
		},
	}, x, dtheta)
}
