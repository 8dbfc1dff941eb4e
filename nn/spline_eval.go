package nn

import (
	"fmt"
	"math"

	"genlab/internal/kernel"
)

// Forward returns the image of x and the log slope there, in float64; theta has Params() values.
func (s Spline) Forward(theta []float32, x float64) (y, logSlope float64) {
	return s.at(false, theta, x)
}

// Inverse returns the x whose image is y and the log slope of Forward there.
func (s Spline) Inverse(theta []float32, y float64) (x, logSlope float64) {
	return s.at(true, theta, y)
}

func (s Spline) at(inverse bool, theta []float32, v float64) (w, logSlope float64) {
	if len(theta) != s.Params() {
		panic(fmt.Sprintf("nn: %d parameters for a spline of %d", len(theta), s.Params()))
	}
	w, slope := splineKernel[float32](s).At(inverse, theta, 1, v)
	return w, math.Log(slope)
}

// ColBlock is what the number of points of [Spline.ForwardCols] and [Spline.InverseCols] is a multiple of.
const ColBlock = kernel.SplineBlock

// ForwardCols maps points x in place, of one coordinate, and multiplies slope by the slopes there. theta
// is Params() x points, or Params() values for all points. memory is grown as needed. It computes in
// float64, apart from exponentials: see the kernel's SplineMap for the precision. It panics if the
// number of points is not a multiple of [ColBlock].
func (s Spline) ForwardCols(theta []float32, x, slope []float64, memory *[]float32) {
	s.mapCols(false, theta, x, slope, memory)
}

// InverseCols inverts [Spline.ForwardCols], and multiplies slope by the slopes of that.
func (s Spline) InverseCols(theta []float32, y, slope []float64, memory *[]float32) {
	s.mapCols(true, theta, y, slope, memory)
}

func (s Spline) mapCols(inverse bool, theta []float32, x, slope []float64, memory *[]float32) {
	s.check()
	k := splineKernel[float32](s)
	if n := k.MapMemory(); len(*memory) < n {
		*memory = make([]float32, n)
	}
	kernel.SplineMap(k, len(theta) == s.Params(), inverse, len(x), theta, x, slope, *memory)
}
