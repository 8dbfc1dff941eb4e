package kernel

import (
	"fmt"
	"math"
)

// SplineBlock is the number of elements, or a multiple of it, that [SplineMap] takes at a time.
const SplineBlock = maxLanes

// mapConstants are those of tools/kernelgen/splinemap.go: minimum and free size of a bin along the axis
// that is searched, the same along the other one, shift of a slope's parameter and minimum slope.
type mapConstants [6]float64

func (s *Spline[T]) mapConstants(inverse bool) mapConstants {
	c := &s.exact
	if inverse {
		return mapConstants{c[splineMinH], c[splineFreeH], c[splineMinW], c[splineFreeW], c[splineShift], c[splineMinSlope]}
	}
	return mapConstants{c[splineMinW], c[splineFreeW], c[splineMinH], c[splineFreeH], c[splineShift], c[splineMinSlope]}
}

// MapMemory returns how many values of memory SplineMap needs.
func (s *Spline[T]) MapMemory() int { return (2*s.bins+10)*maxLanes + s.Params()*maxLanes }

// SplineMap maps x in place, n elements in float64, by splines or by their inverses, and multiplies
// slope by the derivatives of the splines there (those of the splines for an inverse as well). theta is
// as for [SplineForward]. n is a multiple of [SplineBlock]. It panics for another n or a slice that is
// too short.
//
// Exponentials and slopes at knots are computed in float32, all else in float64. That changes widths, heights
// and slopes at knots by a few 1e-7 of their values, as rounding the parameters, which are float32, does,
// and moves a knot by at most that part of the interval; in a bin of 1/1000 of it a derivative can
// change by a few 1e-4 of its value. What results is still a spline, whose bins fill the interval to the last bits of
// float64, and the same one for both directions: image, inverse and derivative fit each other as well as
// in float64, and a density stays normalised. The portable level uses float64 throughout.
func SplineMap(s *Spline[float32], shared, inverse bool, n int, theta []float32, x, slope []float64, memory []float32) {
	params := s.Params()
	if !shared {
		params *= n
	}
	if n%SplineBlock != 0 {
		panic(fmt.Sprintf("kernel: SplineMap: %d elements, want a multiple of %d", n, SplineBlock))
	}
	checkLen("SplineMap", "theta", len(theta), params)
	checkLen("SplineMap", "x", len(x), n)
	checkLen("SplineMap", "slope", len(slope), n)
	checkLen("SplineMap", "memory", len(memory), s.MapMemory())
	if n == 0 {
		return
	}
	if !simd[float32]() {
		stride, next := n, 1
		if shared {
			stride, next = 1, 0
		}
		for e := range n {
			y, d := s.At(inverse, theta[e*next:], stride, x[e])
			x[e] = y
			slope[e] *= d
		}
		return
	}
	stride, next := n, 1
	if shared {
		at := len(memory) - s.Params()*maxLanes
		FillRows(s.Params(), maxLanes, theta, memory[at:])
		theta, memory = memory[at:], memory[:at]
		stride, next = maxLanes, 0
	}
	constants := s.mapConstants(inverse)
	const block = 16 * maxLanes
	var at, image, d [block]float64
	for lo := 0; lo < n; lo += block {
		m := min(block, n-lo)
		s.mapSIMD(inverse, constants, m, theta[lo*next:], stride, next, x[lo:lo+m], slope[lo:lo+m], at[:m], image[:m], d[:m], memory)
	}
}

// mapSIMD is SplineMap for a few elements, whose positions in the unit interval, images there and slopes
// go to at, image and d.
func (s *Spline[T]) mapSIMD(inverse bool, constants mapConstants, n int, theta []float32, stride, next int, x, slope, at, image, d []float64, memory []float32) {
	bound := s.exact[splineBound]
	for e, v := range x {
		at[e] = (v + bound) / (2 * bound)
	}
	splineMapSIMD(inverse, constants, s.bins, n, at, theta, stride, next, memory, image, d)
	for e, v := range x {
		if v > -bound && v < bound {
			x[e] = 2*bound*image[e] - bound
			slope[e] *= d[e]
		}
	}
}

// At returns the image of x, or its preimage, in float64, and the derivative of the spline there. theta
// has a parameter every stride values.
func (s *Spline[T]) At(inverse bool, theta []float32, stride int, x float64) (y, slope float64) {
	bound := s.exact[splineBound]
	if !(x > -bound && x < bound) {
		return x, 1
	}
	b := s.locate(theta, stride, (x+bound)/(2*bound), inverse)
	if !inverse {
		y, slope = b.image(math.Min((b.at-b.x)/b.width, 1))
		return 2*bound*y - bound, slope
	}
	// The root of a quadratic in a form without cancellation ([durkan2019] eq. 6 to 8).
	mean, rise := b.height/b.width, b.at-b.y
	turn := rise * (b.d0 + b.d1 - 2*mean)
	qa, qb, qc := b.height*(mean-b.d0)+turn, b.height*b.d0-turn, -mean*rise
	xi := 2 * qc / (-qb - math.Sqrt(math.Max(0, qb*qb-4*qa*qc)))
	xi = math.Min(math.Max(xi, 0), 1)
	_, slope = b.image(xi)
	return 2*bound*(b.x+xi*b.width) - bound, slope
}

// bin is a piece of a spline, in units where [-bound, bound]² is the unit square.
type bin struct {
	at        float64 // what was looked for
	x, width  float64
	y, height float64
	d0, d1    float64 // slopes at the two ends
}

// image returns the value and the slope at the fraction xi of the bin.
func (b bin) image(xi float64) (y, slope float64) {
	mean, q, r := b.height/b.width, xi*(1-xi), 1-xi
	den := mean + (b.d0+b.d1-2*mean)*q
	ratio := mean / den
	return b.y + b.height*(mean*xi*xi+b.d0*q)/den, ratio * ratio * (b.d1*xi*xi + 2*mean*q + b.d0*r*r)
}

// locate returns the bin that contains a position in [0, 1] on the axis of x, or of y.
func (s *Spline[T]) locate(theta []float32, stride int, position float64, alongY bool) bin {
	k, c := s.bins, &s.exact
	w, h := theta, theta[k*stride:]
	unitW, unitH := newFractions(w, k, stride, c[splineMinW], c[splineFreeW]), newFractions(h, k, stride, c[splineMinH], c[splineFreeH])
	b := bin{at: position, d0: 1, d1: 1}
	i := 0
	for ; ; i++ {
		b.width, b.height = unitW.of(w[i*stride]), unitH.of(h[i*stride])
		end := b.x + b.width
		if alongY {
			end = b.y + b.height
		}
		if i == k-1 || position < end {
			break
		}
		b.x, b.y = b.x+b.width, b.y+b.height
	}
	slope := func(j int) float64 {
		d, _ := Softplus.eval(float64(theta[(2*k+j)*stride]) + c[splineShift])
		return c[splineMinSlope] + d
	}
	if i > 0 {
		b.d0 = slope(i - 1)
	}
	if i < k-1 {
		b.d1 = slope(i)
	}
	return b
}

// fractions maps unconstrained parameters to fractions of 1, by a softmax with a lower bound.
type fractions struct{ lowest, free, top float64 }

func newFractions(theta []float32, k, stride int, lowest, free float64) fractions {
	top, sum := theta[0], 0.0
	for j := range k {
		top = max(top, theta[j*stride])
	}
	for j := range k {
		sum += math.Exp(float64(theta[j*stride] - top))
	}
	return fractions{lowest, free / sum, float64(top)}
}

func (f fractions) of(theta float32) float64 { return f.lowest + f.free*math.Exp(float64(theta)-f.top) }
