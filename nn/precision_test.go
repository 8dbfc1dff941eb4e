package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/race"
)

// classifier is a step of a network wide enough for bfloat16, with a thin output.
func classifier(t *testing.T, p Precision) (*Params, *Step) {
	t.Helper()
	ps := &Params{Precision: p}
	m := NewMLP(ps, "mlp", []int{16, 40, 40, 2}, SiLU, Xavier, rand.New(rand.NewPCG(1, 2)))
	s, err := NewStep(ps, 300, func(g *Graph) G.Nodes {
		return G.Nodes{MSE(m.Apply(g, g.Input("x", 16)), g.Input("target", 2))}
	})
	if err != nil {
		t.Fatal(err)
	}
	copy(s.Input("x"), random(1, 300*16))
	copy(s.Input("target"), random(2, 300*2))
	return ps, s
}

func gradientOf(t *testing.T, s *Step) []float32 {
	t.Helper()
	if _, err := s.Gradient(); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(s.grad)
}

func norm(x []float32) float64 { return math.Sqrt(kernel.SumSquares(x)) }

// TestGradientInBF16: it differs from float32's by about the rounding of the factors, 2^-9, which five
// products in a row add up; it has the same bits on any number of cores, and parameters stay float32.
func TestGradientInBF16(t *testing.T) {
	_, exact := classifier(t, Float32)
	want := gradientOf(t, exact)
	ps, s := classifier(t, BFloat16)
	got := gradientOf(t, s)
	diff := slices.Clone(got)
	kernel.Axpy(-1, want, diff)
	if off := norm(diff) / norm(want); !(off > 1e-4 && off < 0.02) {
		t.Errorf("the gradient is %v of its norm away from float32's", off)
	}
	withProcs(func(procs int) {
		if again := gradientOf(t, s); !slices.Equal(again, got) {
			t.Errorf("other bits with GOMAXPROCS=%d", procs)
		}
	})
	a := NewAdam(ps, AdamConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8})
	s.Update(a, 1e-3, nil)
	fresh, second := classifier(t, BFloat16)
	copy(fresh.flat, ps.flat)
	_, first := classifier(t, BFloat16)
	gradientOf(t, first)
	copy(first.params.flat, ps.flat)
	if !slices.Equal(gradientOf(t, first), gradientOf(t, second)) {
		t.Error("a step after an update has the weights of the one before")
	}
	rounded := make([]float32, len(ps.flat))
	kernel.RoundBF16(rounded, ps.flat)
	if slices.Equal(rounded, ps.flat) {
		t.Error("the parameters are rounded to bfloat16")
	}
	if n := testing.AllocsPerRun(20, func() { mustGradient(s) }); n != 0 && !race.Enabled {
		t.Errorf("%v allocations a step", n)
	}
}

func mustGradient(s *Step) {
	if _, err := s.Gradient(); err != nil {
		panic(err)
	}
}

// TestThinProductsStayFloat32: those of few columns or few terms, and the angles of Fourier features.
func TestThinProductsStayFloat32(t *testing.T) {
	for _, c := range []struct {
		in, out int
		same    bool
	}{{16, 4, true}, {7, 16, true}, {8, 5, false}} {
		x, w, b := random(1, 5*c.in), random(2, c.in*c.out), random(3, c.out)
		f, err := NewForward(func(g *Graph) G.Nodes {
			return G.Nodes{Linear(g.Input("x", c.in), g.Table("w", c.in, c.out, w), g.Table("b", 1, c.out, b), Identity)}
		})
		if err != nil {
			t.Fatal(err)
		}
		checkPrecision(t, f, x, c.out, c.same)
	}
	fourier := NewFourier(20, 3, 2, rand.New(rand.NewPCG(1, 2)))
	f, err := NewForward(func(g *Graph) G.Nodes { return G.Nodes{fourier.Beside(g, g.Input("x", 20))} })
	if err != nil {
		t.Fatal(err)
	}
	checkPrecision(t, f, random(1, 100), 26, true)
}

// checkPrecision runs five rows in both precisions, which must give the same bits or not; back in float32 the
// first result returns.
func checkPrecision(t *testing.T, f *Forward, x []float32, cols int, same bool) {
	t.Helper()
	run := func(p Precision) []float32 {
		f.SetPrecision(p)
		y := make([]float32, 5*cols)
		if err := f.Run(5, Columns{"x": x}, y); err != nil {
			t.Fatal(err)
		}
		return y
	}
	exact := run(Float32)
	bf16 := run(BFloat16)
	if slices.Equal(exact, bf16) != same {
		t.Errorf("%d values to %d columns: same bits %v, want %v", len(x)/5, cols, !same, same)
	}
	if d := furthest(exact, bf16); !(d < 0.2) {
		t.Errorf("off by %v", d)
	}
	if !slices.Equal(run(Float32), exact) {
		t.Error("float32 after bfloat16 is another function")
	}
}

// TestForwardPacksParameters: an evaluation in bfloat16 has the bits of one that packs the weights in each product,
// and takes new weights when the precision is set again.
func TestForwardPacksParameters(t *testing.T) {
	ps := new(Params)
	w, b := ps.New("w", 20, 16), ps.New("b", 1, 16)
	copy(w.Value, random(1, len(w.Value)))
	forward := func(weights func(g *Graph) *G.Node) *Forward {
		f, err := NewForward(func(g *Graph) G.Nodes {
			return G.Nodes{Linear(g.Input("x", 12), weights(g), g.Param(b), SiLU)}
		})
		if err != nil {
			t.Fatal(err)
		}
		f.SetPrecision(BFloat16)
		return f
	}
	packed := forward(func(g *Graph) *G.Node { return g.ParamRows(w, 4, 16) })
	each := forward(func(g *Graph) *G.Node { return g.Table("w", 12, 16, w.Value[4*16:16*16]) })
	run := func(f *Forward) []float32 {
		y := make([]float32, 300*16)
		if err := f.Run(300, Columns{"x": random(3, 300*12)}, y); err != nil {
			t.Fatal(err)
		}
		return y
	}
	old := run(packed)
	if !slices.Equal(old, run(each)) {
		t.Error("packed weights are another function")
	}
	copy(w.Value, random(2, len(w.Value)))
	packed.SetPrecision(BFloat16)
	if y := run(packed); !slices.Equal(y, run(each)) || slices.Equal(y, old) {
		t.Error("new weights are not those of the function")
	}
}
