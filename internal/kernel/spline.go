package kernel

import (
	"fmt"
	"math"
)

// Spline is a family of rational-quadratic splines of Bins bins on [-bound, bound], the identity
// outside [durkan2019]. A spline has Params() unconstrained parameters: those of the widths and of the
// heights, which a softmax makes shares of the interval, and those of the slopes at the inner knots. Its
// slope at ±bound is 1.
type Spline[T Float] struct {
	bins      int
	exact     [splineConstants]float64
	constants [splineConstants]T
	vectors   [splineConstants * maskedLanes]float32 // each constant in every lane of AVX2
}

const maskedLanes = 8

// The constants, in the order that tools/kernelgen/spline.go knows.
const (
	splineRange   = iota // 2 bound
	splineBound          // bound
	splineInverse        // 1/(2 bound)
	splineMinW           // minimum width of a bin, as a share of the interval
	splineFreeW          // 1 - bins minimum widths
	splineMinH
	splineFreeH
	splineMinSlope
	splineShift // what is added to a slope's parameter so that zero gives slope 1
	splineConstants
)

// The rows of what a forward pass keeps: n values each, in the order that tools/kernelgen/spline.go knows.
const (
	keptBin    = iota // number of the bin, -1 outside
	keptXi            // position in the bin, 0 to 1
	keptW             // the bin's share of widths and of heights
	keptH             //
	keptBelowW        // sums of the shares of the bins before it
	keptBelowH        //
	keptD0            // slopes at its ends
	keptD1            //
	keptDD0           // derivatives of the slopes with respect to their parameters
	keptDD1           //
	keptRows
	splineRows = keptRows + 8 // and those that the backward kernels need
)

// NewSpline returns the splines of at least two bins. The minimum width and height of a bin are shares
// of the interval.
func NewSpline[T Float](bins int, bound, minWidth, minHeight, minSlope float64) *Spline[T] {
	if bins < 2 || !(bound > 0) {
		panic(fmt.Sprintf("kernel: a spline of %d bins on ±%v, want at least 2 and a bound above 0", bins, bound))
	}
	k := float64(bins)
	s := &Spline[T]{bins: bins}
	for i, v := range [splineConstants]float64{
		2 * bound, bound, 1 / (2 * bound), minWidth, 1 - k*minWidth, minHeight, 1 - k*minHeight, minSlope, math.Log(math.Expm1(1 - minSlope)),
	} {
		s.exact[i], s.constants[i] = v, T(v)
		for j := range maskedLanes {
			s.vectors[i*maskedLanes+j] = float32(v)
		}
	}
	return s
}

// Params returns the number of parameters of a spline.
func (s *Spline[T]) Params() int { return 3*s.bins - 1 }

const maxLanes = 16

// pitch is the distance of rows of n values that vectors write to the end.
func pitch(n int) int { return (n + maxLanes - 1) / maxLanes * maxLanes }

// Kept returns how many values the forward pass over n elements keeps for the backward pass.
func (s *Spline[T]) Kept(n int) int {
	return (splineRows+2*s.bins)*pitch(n) + s.Params()*maxLanes
}

// parts divides what is kept: shares of all elements or of the one spline they share, rows, and sums
// by lanes of a shared spline's gradient.
func (s *Spline[T]) parts(n int, kept []T) (share, rows, sums []T) {
	at := 2 * s.bins * pitch(n)
	return kept[:at], kept[at : at+splineRows*pitch(n)], kept[at+splineRows*pitch(n):]
}

// check panics unless theta has the parameters of n elements, or of one spline, and kept its length.
func (s *Spline[T]) check(fn string, shared bool, n int, theta, kept []T) {
	params := s.Params()
	if !shared {
		params *= n
	}
	checkDims(fn, n, s.bins)
	checkLen(fn, "theta", len(theta), params)
	checkLen(fn, "kept", len(kept), s.Kept(n))
}

// SplineForward maps n elements of x to y, and writes the log slopes. Row i of theta, n values, has
// parameter i of each element's spline; if shared is set, theta has the parameters of one spline for
// all. kept, of [Spline.Kept] values, is for [SplineBackward]. A NaN in x or in an element's parameters
// gives NaN in y.
func SplineForward[T Float](s *Spline[T], shared bool, n int, x, theta, kept, y, slope []T) {
	s.check("SplineForward", shared, n, theta, kept)
	checkLen("SplineForward", "x", len(x), n)
	checkLen("SplineForward", "y", len(y), n)
	checkLen("SplineForward", "slope", len(slope), n)
	if n == 0 {
		return
	}
	share, rows, _ := s.parts(n, kept)
	if shared {
		Softmax(2, s.bins, theta, share)
	}
	if simd[T]() {
		splineForwardSIMD(s.vectors[:], shared, s.bins, n, f32(x), f32(theta), f32(share), f32(rows), f32(y), f32(slope))
		return
	}
	s.forward(shared, n, x, theta, share, rows, y, slope)
}

// SplineBackward computes the gradients at x and theta from those at y and at the log slopes, and from
// what SplineForward kept. That of a shared theta is the sum over the elements.
func SplineBackward[T Float](s *Spline[T], shared bool, n int, kept, gy, gslope, dx, dtheta []T) {
	s.check("SplineBackward", shared, n, dtheta, kept)
	checkLen("SplineBackward", "gy", len(gy), n)
	checkLen("SplineBackward", "gslope", len(gslope), n)
	checkLen("SplineBackward", "dx", len(dx), n)
	if n == 0 {
		clear(dtheta)
		return
	}
	share, rows, sums := s.parts(n, kept)
	to := dtheta
	if shared {
		to = sums
		clear(sums)
	}
	if simd[T]() {
		splineBackwardSIMD(s.vectors[:], shared, s.bins, n, f32(share), f32(rows), f32(gy), f32(gslope), f32(dx), f32(to))
	} else {
		s.backward(shared, n, share, rows, gy, gslope, dx, to)
	}
	if shared {
		s.addLanes(share, sums, dtheta)
	}
}

// addLanes adds up the lanes of a shared spline's gradient; those at widths and heights lack their share.
func (s *Spline[T]) addLanes(share, sums, dtheta []T) {
	for j := range s.Params() {
		var sum T
		for _, v := range sums[j*maxLanes : (j+1)*maxLanes] {
			sum += v
		}
		if j < 2*s.bins {
			sum *= share[j]
		}
		dtheta[j] = sum
	}
}
