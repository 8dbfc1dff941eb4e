package gentest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
)

// mixture is an equal mixture of two standard normals. Each field plants one fault.
type mixture struct {
	logScale float64                     // added to log p
	shift    float64                     // of the samples against the density
	sigma    float64                     // of the samples, 1 in the density
	weight   float64                     // of the first component, 1/2 in the density
	label    func(k int) int             // label of component k
	rows     func(n int) int             // number of rows returned
	rng      func(*rand.Rand) *rand.Rand // generator used
	nan      bool
	noPanic  bool // on n < 1
}

const apart = 5.0 // the distance of the centres

func correct() mixture {
	return mixture{
		sigma: 1, weight: 0.5,
		label: func(k int) int { return k },
		rows:  func(n int) int { return n },
		rng:   func(r *rand.Rand) *rand.Rand { return r },
	}
}

func (l mixture) SampleLabelled(n int, rng *rand.Rand) (*mat.Dense, []int) {
	if n < 1 {
		if l.noPanic {
			return mat.NewDense(1, 2, nil), []int{0}
		}
		panic("n < 1")
	}
	rng, n = l.rng(rng), l.rows(n)
	x, labels := mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		k := 0
		if rng.Float64() >= l.weight {
			k = 1
		}
		x.SetRow(i, []float64{apart*float64(k) + l.shift + l.sigma*rng.NormFloat64(), l.sigma * rng.NormFloat64()})
		labels[i] = l.label(k)
	}
	if l.nan {
		x.Set(n-1, 1, math.NaN())
	}
	return x, labels
}

func (l mixture) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := l.SampleLabelled(n, rng)
	return x
}

func (l mixture) LogProb(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(map[int]string{1: "1 columns, want 2", 3: "3 columns, want 2"}[d])
	}
	p := make([]float64, n)
	for i := range p {
		a, b := distuv.UnitNormal.Prob(x.At(i, 0)), distuv.UnitNormal.Prob(x.At(i, 0)-apart)
		p[i] = math.Log((a+b)/2) + distuv.UnitNormal.LogProb(x.At(i, 1)) + l.logScale
	}
	return p
}

func nearest(x, _ float64) int {
	if x > apart/2 {
		return 1
	}
	return 0
}

var (
	box    = Box{-6, 11, -6, 6}
	halves = []float64{0.5, 0.5}
)

// entropy returns the entropy of a correct mixture, by quadrature.
func entropy() float64 {
	return Integrate(func(x *mat.Dense) []float64 {
		v := correct().LogProb(x)
		for i, l := range v {
			v[i] = -l * math.Exp(l)
		}
		return v
	}, box, 1e-6)
}

func TestCorrectMixturePasses(t *testing.T) {
	l := correct()
	Sampler(t, l, 2)
	LogProber(t, l, l.Sample(50, Rand(1)))
	Density(t, l, box, 1e-6)
	Agree(t, l, l, box, 20_000, Rand(2))
	Entropy(t, l, l, entropy(), 0, 20_000, Rand(3))
	Labels(t, l, halves, nearest, 0.95, 5000, Rand(4))
}

// The χ² test of Agree has few false positives: a rate of 1 % would fail here with probability 0.8.
func TestNoFalseAlarms(t *testing.T) {
	l := correct()
	for seed := range uint64(150) {
		Agree(t, l, l, box, 3000, Rand(100+seed))
		Entropy(t, l, l, entropy0, 0, 3000, Rand(300+seed))
		Labels(t, l, halves, nearest, 0.95, 500, Rand(500+seed))
	}
}

// entropy0 is log 2 + log 2πe less the overlap, as TestEntropyOfTheMixture computes it.
const entropy0 = 3.513820

func TestEntropyOfTheMixture(t *testing.T) {
	if h := entropy(); !(math.Abs(h-entropy0) <= 1e-6) {
		t.Errorf("entropy %.7f, want %.7f", h, entropy0)
	}
}

func TestSamplerDetectsFaults(t *testing.T) {
	for fault, plant := range map[string]func(l *mixture){
		"a row too few":          func(l *mixture) { l.rows = func(n int) int { return max(1, n-1) } },
		"two rows for one":       func(l *mixture) { l.rows = func(n int) int { return max(2, n) } },
		"a NaN":                  func(l *mixture) { l.nan = true },
		"no panic on n < 1":      func(l *mixture) { l.noPanic = true },
		"a fixed seed":           func(l *mixture) { l.rng = func(*rand.Rand) *rand.Rand { return Rand(1) } },
		"a generator of its own": func(l *mixture) { own := Rand(9); l.rng = func(*rand.Rand) *rand.Rand { return own } },
	} {
		l := correct()
		plant(&l)
		MustFail(t, fault, func(t testing.TB) { Sampler(t, l, 2) })
	}
	MustFail(t, "a wrong width", func(t testing.TB) { Sampler(t, correct(), 3) })
}

func TestSampleSuitesDetectFaults(t *testing.T) {
	for fault, plant := range map[string]func(l *mixture){
		"shifted samples":          func(l *mixture) { l.shift = 0.1 },
		"a variance for a sigma":   func(l *mixture) { l.sigma = 0.9 },
		"unequal weights":          func(l *mixture) { l.weight = 0.45 },
		"an unnormalised density":  func(l *mixture) { l.logScale = 0.1 },
		"a missing mode":           func(l *mixture) { l.weight = 1 },
		"samples far from the box": func(l *mixture) { l.shift = 100 },
	} {
		l := correct()
		plant(&l)
		MustFail(t, fault, func(t testing.TB) { Agree(t, l, l, box, 20_000, Rand(2)) })
	}
	MustFail(t, "too few samples", func(t testing.TB) { Agree(t, correct(), correct(), box, 20, Rand(2)) })

	h := entropy()
	MustFail(t, "an entropy off by 0.05", func(t testing.TB) { Entropy(t, correct(), correct(), h+0.05, 0, 20_000, Rand(3)) })
	wide := correct()
	wide.sigma = 1.1
	MustFail(t, "the entropy of another distribution", func(t testing.TB) { Entropy(t, wide, wide, h, 0, 20_000, Rand(3)) })
}

// scaled is a density of y = x/by, with or without the determinant of the change.
type scaled struct {
	lp       genlab.LogProber
	by       float64
	jacobian bool
}

func (s scaled) LogProb(x mat.Matrix) []float64 {
	var y mat.Dense
	y.Scale(s.by, x)
	p := s.lp.LogProb(&y)
	for i := range p {
		if s.jacobian {
			p[i] += 2 * math.Log(s.by)
		}
	}
	return p
}

func TestDensityDetectsFaults(t *testing.T) {
	small := Box{-3, 5.5, -3, 3}
	Density(t, scaled{correct(), 2, true}, small, 1e-6)
	MustFail(t, "no Jacobian of the standardisation", func(t testing.TB) { Density(t, scaled{correct(), 2, false}, small, 1e-3) })
	l := correct()
	l.logScale = 1e-3
	MustFail(t, "an unnormalised density", func(t testing.TB) { Density(t, l, box, 1e-4) })
	MustFail(t, "a box that truncates the mass", func(t testing.TB) { Density(t, correct(), Box{-6, 11, 0, 6}, 1e-3) })
	l.logScale = math.NaN()
	MustFail(t, "a density of NaN", func(t testing.TB) { Density(t, l, box, 1e-3) })
}

// prober is a LogProber of one function.
type prober func(x mat.Matrix) []float64

func (f prober) LogProb(x mat.Matrix) []float64 { return f(x) }

func TestLogProberDetectsFaults(t *testing.T) {
	l := correct()
	x := l.Sample(50, Rand(1))
	for fault, f := range map[string]prober{
		"a value too few": func(x mat.Matrix) []float64 { return l.LogProb(x)[1:] },
		"a NaN": func(x mat.Matrix) []float64 {
			p := l.LogProb(x)
			p[0] = math.NaN()
			return p
		},
		"+Inf": func(x mat.Matrix) []float64 {
			p := l.LogProb(x)
			p[0] = math.Inf(1)
			return p
		},
		"rows in another order": func(x mat.Matrix) []float64 {
			p := l.LogProb(x)
			slices.Sort(p)
			return p
		},
		"an average over the batch": func(x mat.Matrix) []float64 {
			p := l.LogProb(x)
			for i := range p {
				p[i] -= p[0]
			}
			return p
		},
		"a changed argument": func(x mat.Matrix) []float64 {
			p := l.LogProb(x)
			if d, ok := x.(*mat.Dense); ok {
				d.Set(0, 0, 7)
			}
			return p
		},
		"the stride ignored": func(x mat.Matrix) []float64 {
			if d, ok := x.(*mat.Dense); ok {
				n, c := d.Dims()
				return l.LogProb(mat.NewDense(n, c, d.RawMatrix().Data[:n*c]))
			}
			return l.LogProb(x)
		},
		"a wrong width accepted": func(x mat.Matrix) []float64 {
			if n, d := x.Dims(); d != 2 {
				return make([]float64, n)
			}
			return l.LogProb(x)
		},
		"a panic without numbers": func(x mat.Matrix) []float64 {
			if _, d := x.Dims(); d != 2 {
				panic("wrong shape")
			}
			return l.LogProb(x)
		},
	} {
		MustFail(t, fault, func(t testing.TB) { LogProber(t, f, mat.DenseCopyOf(x)) })
	}
}

// other returns other rows with labels than without.
type other struct{ mixture }

func (o other) Sample(n int, rng *rand.Rand) *mat.Dense {
	rng.Uint64()
	return o.mixture.Sample(n, rng)
}

func TestLabelsDetectFaults(t *testing.T) {
	for fault, plant := range map[string]func(l *mixture){
		"labels swapped":          func(l *mixture) { l.label = func(k int) int { return 1 - k } },
		"one label for all":       func(l *mixture) { l.label = func(int) int { return 0 } },
		"labels from 1":           func(l *mixture) { l.label = func(k int) int { return k + 1 } },
		"unequal weights":         func(l *mixture) { l.weight = 0.4 },
		"components that overlap": func(l *mixture) { l.sigma = 4 },
	} {
		l := correct()
		plant(&l)
		MustFail(t, fault, func(t testing.TB) { Labels(t, l, halves, nearest, 0.95, 5000, Rand(4)) })
	}
	MustFail(t, "other rows", func(t testing.TB) { Labels(t, other{correct()}, halves, nearest, 0.95, 5000, Rand(4)) })
}

func TestMustFail(t *testing.T) {
	r := &recorder{TB: t}
	MustFail(r, "none", func(testing.TB) {})
	if !r.failed {
		t.Error("MustFail does not fail on a suite that passes")
	}
	for _, suite := range []func(t testing.TB){
		func(t testing.TB) { t.Error("x") },
		func(t testing.TB) { t.Errorf("%s", "x") },
		func(t testing.TB) { t.Fatal("x"); panic("after Fatal") },
		func(t testing.TB) { t.Fatalf("%s", "x"); panic("after Fatalf") },
		func(t testing.TB) { t.Fail() },
		func(t testing.TB) { t.FailNow(); panic("after FailNow") },
	} {
		MustFail(t, "a failure", suite)
	}
}

func TestIntegrate(t *testing.T) {
	for name, c := range map[string]struct {
		f    func(x, y float64) float64
		box  Box
		want float64
		tol  float64
	}{
		"a polynomial":   {func(x, y float64) float64 { return x * x * y }, Box{0, 1, 0, 2}, 2.0 / 3, 1e-12},
		"a spike":        {func(x, y float64) float64 { return math.Exp(-(x*x + y*y) * 1e4) }, Box{-1.1, 1, -1, 1.3}, math.Pi / 1e4, 1e-8},
		"a jump":         {func(x, y float64) float64 { return math.Floor(x) }, Box{0.3, 1.7, 0, 1}, 0.7, 1e-3},
		"a shifted disc": {func(x, y float64) float64 { return math.Max(0, math.Copysign(1, 1-x*x-y*y)) }, Box{-1.3, 1.2, -1.1, 1.4}, math.Pi, 1e-3},
	} {
		got := Integrate(func(x *mat.Dense) []float64 {
			n, _ := x.Dims()
			v := make([]float64, n)
			for i := range v {
				v[i] = c.f(x.At(i, 0), x.At(i, 1))
			}
			return v
		}, c.box, c.tol)
		if !(math.Abs(got-c.want) <= c.tol) {
			t.Errorf("%s: %.10g, want %.10g ± %g", name, got, c.want, c.tol)
		}
	}
}

// TestFarPoints: a density that cancels infinities fails, and so do one that is blind to a NaN and one in
// which a far point moves a near one.
func TestFarPoints(t *testing.T) {
	normal := func(x mat.Matrix) []float64 {
		n, d := x.Dims()
		p := make([]float64, n)
		for i := range n {
			for j := range d {
				p[i] -= x.At(i, j) * x.At(i, j) / 2
			}
		}
		return p
	}
	FarPoints(t, 2, 0, normal)
	for fault, f := range map[string]func(i int, v float64, all []float64) float64{
		"Inf - Inf":   func(_ int, v float64, _ []float64) float64 { return v - 2*v },
		"NaN far out": func(_ int, v float64, _ []float64) float64 { return v * math.Exp(v) },
		"a number for NaN": func(_ int, v float64, _ []float64) float64 {
			if v != v {
				return -1
			}
			return v
		},
		"what is left of the row before": func(i int, v float64, all []float64) float64 {
			if i > 0 && math.IsInf(all[i-1], -1) {
				return all[i-1]
			}
			return v
		},
		"rows that connect": func(_ int, v float64, all []float64) float64 { return v + float64(len(all)) },
	} {
		MustFail(t, fault, func(t testing.TB) {
			FarPoints(t, 2, 0.1, func(x mat.Matrix) []float64 {
				p := normal(x)
				for i, v := range p {
					p[i] = f(i, v, p)
				}
				return p
			})
		})
	}
}
