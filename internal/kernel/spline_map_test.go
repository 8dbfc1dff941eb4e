package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// mapCase returns points and splines of n elements, and the memory for SplineMap.
func mapCase(rng *rand.Rand, s *Spline[float32], shared bool, n int, size float64) (x []float64, theta, memory []float32) {
	params := s.Params()
	if !shared {
		params *= n
	}
	theta = make([]float32, params)
	for i := range theta {
		theta[i] = float32(size * rng.NormFloat64())
	}
	for range n {
		x = append(x, 4*(2*rng.Float64()-1))
	}
	return x, theta, make([]float32, s.MapMemory())
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// TestSplineMap: every level gives the image and the slope of the spline in float64, its knots moved by up to
// 1e-6, and its inverse leads back almost exactly.
func TestSplineMap(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 5))
		for _, shared := range []bool{false, true} {
			for _, bins := range []int{2, 3, 24, 100} {
				s := NewSpline[float32](bins, 3, 1e-3, 1e-4, 1e-4)
				for _, n := range []int{16, 32, 272} {
					for _, size := range []float64{0, 1, 3} {
						what := fmt.Sprintf("shared=%v, %d bins, %d elements, size %v", shared, bins, n, size)
						x, theta, memory := mapCase(rng, s, shared, n, size)
						y, slope, back := append([]float64(nil), x...), ones(n), ones(n)
						SplineMap(s, shared, false, n, theta, y, slope, memory)
						z := append([]float64(nil), y...)
						SplineMap(s, shared, true, n, theta, z, back, memory)
						for e, v := range x {
							from, stride := theta[e%len(theta):], n
							if shared {
								from, stride = theta, 1
							}
							want, d := s.At(false, from, stride, v)
							if !(math.Abs(y[e]-want) <= 1e-5*(1+d)) || !(math.Abs(slope[e]-d) <= 1e-3*d) {
								t.Fatalf("%s: %v to %v with slope %v, want %v with %v", what, v, y[e], slope[e], want, d)
							}
							// Where the slope is small, the inverse magnifies the rounding of y.
							rounding := 1e-13 * (1 + 1/d)
							if !(math.Abs(z[e]-v) <= rounding) || !(math.Abs(back[e]/slope[e]-1) <= 1e3*bound(rounding)) {
								t.Fatalf("%s: %v to %v and back to %v, slopes %v and %v", what, v, y[e], z[e], slope[e], back[e])
							}
						}
					}
				}
			}
		}
	})
}

// bound keeps a tolerance of the slope below one.
func bound(x float64) float64 { return min(x, 1e-4) }
