package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// splineCase is a spline for each of n elements, or one for all, with elements inside and outside.
type splineCase struct {
	shared                   bool
	bins, n                  int
	x, theta, gy, gslope     guarded
	y, slope, dx, dtheta     guarded
	single                   *Spline[float32]
	double                   *Spline[float64]
	wantY, wantSlope, wantDX []float64
	wantDTheta               []float64
}

func newSplineCase(rng *rand.Rand, shared bool, bins, n int, size float32) *splineCase {
	c := &splineCase{
		shared: shared, bins: bins, n: n,
		single: NewSpline[float32](bins, 3, 1e-3, 1e-4, 1e-4), double: NewSpline[float64](bins, 3, 1e-3, 1e-4, 1e-4),
		x: vector(rng, n, 3.5), gy: vector(rng, n, 1), gslope: vector(rng, n, 1),
		y: vector(rng, n, 1), slope: vector(rng, n, 1), dx: vector(rng, n, 1),
	}
	params := c.single.Params()
	if !shared {
		params *= n
	}
	c.theta, c.dtheta = vector(rng, params, size), vector(rng, params, 1)
	c.wantY, c.wantSlope, c.wantDX, c.wantDTheta = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, params)
	kept := make([]float64, c.double.Kept(n))
	SplineForward(c.double, shared, n, widen(c.x.data), widen(c.theta.data), kept, c.wantY, c.wantSlope)
	SplineBackward(c.double, shared, n, kept, widen(c.gy.data), widen(c.gslope.data), c.wantDX, c.wantDTheta)
	return c
}

// TestSpline compares the kernels with the portable twin in float64. Where a spline is steep, what float32
// rounds in x moves the image, and in a narrow bin the position in it by up to 1000 units in the last
// place: the gradients, which bend most there, are compared closely on average only.
func TestSpline(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng, sum, count := rand.New(rand.NewPCG(1, 2)), 0.0, 0
		for _, shared := range []bool{false, true} {
			for _, bins := range []int{2, 3, 8, 24, 50} {
				for _, n := range []int{1, 2, 7, 8, 15, 16, 17, 31, 37} {
					c := newSplineCase(rng, shared, bins, n, 2)
					what := fmt.Sprintf("shared=%v, %d bins, %d elements: ", shared, bins, n)
					kept := make([]float32, c.single.Kept(n))
					SplineForward(c.single, shared, n, c.x.data, c.theta.data, kept, c.y.data, c.slope.data)
					for e, slope := range c.wantSlope {
						if y, want := float64(c.y.data[e]), c.wantY[e]; !near(y, want, 2e-6*(2+math.Exp(slope)), 0) {
							t.Fatalf("%selement %d of slope %v is %v, want %v", what, e, math.Exp(slope), y, want)
						}
					}
					SplineBackward(c.single, shared, n, kept, c.gy.data, c.gslope.data, c.dx.data, c.dtheta.data)
					compare(t, what+"slope", c.slope, c.wantSlope, 2e-3, 0)
					compare(t, what+"dx", c.dx, c.wantDX, 0.01, 0.01)
					compare(t, what+"dtheta", c.dtheta, c.wantDTheta, 0.01, 0.01)
					for i, w := range append(c.wantDX, c.wantDTheta...) {
						got := append(c.dx.data[:n:n], c.dtheta.data[:len(c.wantDTheta)]...)[i]
						sum += math.Abs(float64(got)-w) / (1 + math.Abs(w))
						count++
					}
				}
			}
		}
		if mean := sum / float64(count); mean > 4e-6 {
			t.Errorf("gradients are off by %v on average", mean)
		}
	})
}

// TestSplineOfNaN: a NaN in x or in an element's parameters comes out in that element alone, and an element
// outside, at the bound or infinite stays what it is, with a log slope of 0 and a gradient of 0 at theta.
func TestSplineOfNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const bins, n = 8, 21
		rng := rand.New(rand.NewPCG(1, 6))
		for at := range n {
			c := newSplineCase(rng, false, bins, n, 1)
			for e := range n {
				c.x.data[e] *= 0.5 // inside
			}
			kept := make([]float32, c.single.Kept(n))
			run := func() {
				SplineForward(c.single, false, n, c.x.data, c.theta.data, kept, c.y.data, c.slope.data)
				SplineBackward(c.single, false, n, kept, c.gy.data, c.gslope.data, c.dx.data, c.dtheta.data)
			}
			for _, v := range []float32{3, -3, 100, posInf, negInf} {
				c.x.data[at] = v
				run()
				if c.y.data[at] != v || c.slope.data[at] != 0 || c.dx.data[at] != c.gy.data[at] {
					t.Fatalf("%v at %d: to %v with log slope %v and gradient %v of %v", v, at, c.y.data[at], c.slope.data[at], c.dx.data[at], c.gy.data[at])
				}
				for j := range c.single.Params() {
					if g := c.dtheta.data[j*n+at]; g != 0 {
						t.Fatalf("%v at %d: gradient %v at parameter %d", v, at, g, j)
					}
				}
			}
			only := func(what string) {
				run()
				for e := range n {
					if (c.y.data[e] != c.y.data[e]) != (e == at) {
						t.Fatalf("NaN in %s %d: y[%d] = %v", what, at, e, c.y.data[e])
					}
				}
			}
			c.x.data[at] = nan
			only("x")
			c.x.data[at] = 0.3
			for _, j := range []int{0, bins - 1, bins, 2*bins - 1} {
				old := c.theta.data[j*n+at]
				c.theta.data[j*n+at] = nan
				only(fmt.Sprintf("parameter %d of element", j))
				c.theta.data[j*n+at] = old
			}
		}
	})
}

// TestSplinePlaceDoesNotMatter: an element has the same bits alone and among others.
func TestSplinePlaceDoesNotMatter(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const bins, n = 5, 37
		c := newSplineCase(rand.New(rand.NewPCG(1, 7)), false, bins, n, 1)
		kept := make([]float32, c.single.Kept(n))
		SplineForward(c.single, false, n, c.x.data, c.theta.data, kept, c.y.data, c.slope.data)
		SplineBackward(c.single, false, n, kept, c.gy.data, c.gslope.data, c.dx.data, c.dtheta.data)
		for e := range n {
			theta, dtheta := make([]float32, c.single.Params()), make([]float32, c.single.Params())
			for j := range theta {
				theta[j] = c.theta.data[j*n+e]
			}
			var y, slope, dx [1]float32
			SplineForward(c.single, false, 1, c.x.data[e:e+1], theta, kept, y[:], slope[:])
			SplineBackward(c.single, false, 1, kept, c.gy.data[e:e+1], c.gslope.data[e:e+1], dx[:], dtheta)
			same := y[0] == c.y.data[e] && slope[0] == c.slope.data[e] && dx[0] == c.dx.data[e]
			for j, g := range dtheta {
				same = same && g == c.dtheta.data[j*n+e]
			}
			if !same {
				t.Fatalf("element %d differs from itself alone", e)
			}
		}
	})
}

// TestSplineGradient: the gradients of the portable twin agree with central differences.
func TestSplineGradient(t *testing.T) {
	const h = 1e-6
	rng := rand.New(rand.NewPCG(1, 3))
	for _, shared := range []bool{false, true} {
		for _, bins := range []int{2, 5, 24} {
			const n = 7
			c := newSplineCase(rng, shared, bins, n, 2)
			x, theta, gy, gslope := widen(c.x.data), widen(c.theta.data), widen(c.gy.data), widen(c.gslope.data)
			kept, y, slope := make([]float64, c.double.Kept(n)), make([]float64, n), make([]float64, n)
			loss := func() (sum float64) {
				SplineForward(c.double, shared, n, x, theta, kept, y, slope)
				for e := range n {
					sum += gy[e]*y[e] + gslope[e]*slope[e]
				}
				return sum
			}
			agree := func(what string, v, got []float64) {
				for i, old := range v {
					v[i] = old + h
					above := loss()
					v[i] = old - h
					below := loss()
					v[i] = old
					if want := (above - below) / (2 * h); !(math.Abs(got[i]-want) <= 1e-6*math.Max(1, math.Abs(want))) {
						t.Errorf("shared=%v, %d bins: %s[%d] = %v, by differences %v", shared, bins, what, i, got[i], want)
					}
				}
			}
			agree("dx", x, c.wantDX)
			agree("dtheta", theta, c.wantDTheta)
		}
	}
}

// BenchmarkSpline is forward and backward over a shard of the flow's size.
func BenchmarkSpline(b *testing.B) {
	const bins, n = 24, 128
	for _, shared := range []bool{false, true} {
		c := newSplineCase(rand.New(rand.NewPCG(1, 4)), shared, bins, n, 1)
		kept := make([]float32, c.single.Kept(n))
		run := func(name string, f func()) {
			b.Run(fmt.Sprintf("%s/shared=%v", name, shared), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/element")
			})
		}
		run("forward", func() {
			SplineForward(c.single, shared, n, c.x.data, c.theta.data, kept, c.y.data, c.slope.data)
		})
		run("both", func() {
			SplineForward(c.single, shared, n, c.x.data, c.theta.data, kept, c.y.data, c.slope.data)
			SplineBackward(c.single, shared, n, kept, c.gy.data, c.gslope.data, c.dx.data, c.dtheta.data)
		})
	}
}
