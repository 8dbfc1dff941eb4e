package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/race"
)

func someSpline(bins int) Spline {
	return Spline{Bins: bins, Bound: 3, MinWidth: 1e-3, MinHeight: 1e-4, MinSlope: 1e-4}
}

// TestSplineGradient: at both inputs, inside and outside of the bound, with several columns.
func TestSplineGradient(t *testing.T) {
	for _, bins := range []int{2, 5, 16} {
		s := someSpline(bins)
		f := formula{"spline", false, func(c *check) *G.Node {
			x := c.x(9, 2)
			return s.Apply(Scale(1.5, x), c.x(9, 2*s.Params()))
		}}
		c, loss := f.build()
		agree(t, c, loss)
		c, loss = f.build()
		loss = c.scalar(Square(loss)) // the gradient of the log slope and of the image together
		agree(t, c, loss)
	}
}

// TestSplineIsItsFormula: the operation, in both precisions, agrees with the scalar Forward.
func TestSplineIsItsFormula(t *testing.T) {
	const n, d = 300, 2
	s := someSpline(8)
	rng := rand.New(rand.NewPCG(1, 2))
	x, theta := make([]float32, n*d), make([]float32, n*d*s.Params())
	for i := range x {
		x[i] = float32(2 * rng.NormFloat64())
	}
	x[0], x[1], x[2] = 3, -3, 2.9999
	for i := range theta {
		theta[i] = float32(rng.NormFloat64())
	}
	f, err := NewForward(func(g *Graph) G.Nodes {
		return G.Nodes{s.Apply(g.Input("x", d), g.Input("theta", d*s.Params()))}
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, n*(d+1))
	run := func() {
		if err := f.Run(n, Columns{"x": x, "theta": theta}, out); err != nil {
			t.Fatal(err)
		}
	}
	run()
	for i := range n {
		var sum float64
		for j := range d {
			e := i*d + j
			y, l := s.Forward(theta[e*s.Params():(e+1)*s.Params()], float64(x[e]))
			sum += l
			if got := float64(out[i*(d+1)+j]); !(math.Abs(got-y) <= 1e-5) {
				t.Errorf("image of %v is %v, want %v", x[e], got, y)
			}
		}
		if got := float64(out[i*(d+1)+d]); !(math.Abs(got-sum) <= 1e-3) {
			t.Errorf("row %d: log-determinant %v, want %v", i, got, sum)
		}
	}
}

// TestSplineInverse: there and back, from far outside to far outside; the slope is that of
// central differences; and no parameters are the identity.
func TestSplineInverse(t *testing.T) {
	s := someSpline(16)
	rng := rand.New(rand.NewPCG(3, 4))
	theta := make([]float32, s.Params())
	for trial := range 200 {
		size := float64(trial) / 40 // from the identity to bins of very different sizes
		for i := range theta {
			theta[i] = float32(size * rng.NormFloat64())
		}
		last := math.Inf(-1)
		for x := -4.0; x <= 4; x += 0.0137 {
			y, l := s.Forward(theta, x)
			if y <= last {
				t.Fatalf("trial %d: not increasing at %v", trial, x)
			}
			last = y
			back, inv := s.Inverse(theta, y)
			// Where the slope is small, the inverse magnifies the rounding of y.
			rounding := 1e-14 * math.Exp(-l)
			if !(math.Abs(back-x) <= 1e-9+rounding) || !(math.Abs(inv-l) <= 1e-6+1e3*rounding) {
				t.Errorf("trial %d: %v -> %v -> %v, log slopes %v and %v", trial, x, y, back, l, inv)
			}
			if trial == 0 && math.Abs(y-x)+math.Abs(l) > 1e-12 {
				t.Errorf("θ = 0 maps %v to %v with log slope %v", x, y, l)
			}
		}
	}
}

func TestSplineAllocatesNothing(t *testing.T) {
	s := someSpline(8)
	g := NewGraph(64)
	rng := rand.New(rand.NewPCG(5, 6))
	x, theta := g.Input("x", 2), g.Input("theta", 2*s.Params())
	for _, l := range g.leaves {
		for i := range l.f32 {
			l.f32[i] = float32(rng.NormFloat64())
		}
	}
	loss := Mean(Square(s.Apply(x, theta)))
	grads, err := g.Grad(loss, nil, x, theta)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile(g, append(grads, loss)...)
	if err != nil {
		t.Fatal(err)
	}
	run := func() {
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(5, run); n != 0 && !race.Enabled {
		t.Errorf("%v allocations a run", n)
	}
}

// BenchmarkSpline is forward and backward over a shard of the flow's size.
func BenchmarkSpline(b *testing.B) {
	s := someSpline(16)
	g := NewGraph(128)
	rng := rand.New(rand.NewPCG(5, 6))
	x, theta := g.Input("x", 1), g.Input("theta", s.Params())
	for _, l := range g.leaves {
		for i := range l.f32 {
			l.f32[i] = float32(rng.NormFloat64())
		}
	}
	loss := Mean(s.Apply(x, theta))
	grads, err := g.Grad(loss, nil, x, theta)
	if err != nil {
		b.Fatal(err)
	}
	m, err := Compile(g, append(grads, loss)...)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = m.RunAll()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*128), "ns/element")
}
