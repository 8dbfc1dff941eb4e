package datasets

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab/gentest"
)

// simpson returns log ∫ exp f over [a, b] by Simpson's rule on n (even) intervals.
func simpson(f func(float64) float64, a, b float64, n int) float64 {
	terms := make([]float64, 0, n+1)
	h := (b - a) / float64(n)
	for i := range n + 1 {
		w := 2.0 + 2*float64(i%2)
		if i == 0 || i == n {
			w = 1
		}
		terms = append(terms, f(a+float64(i)*h)+math.Log(w*h/3))
	}
	return floats.LogSumExp(terms)
}

func logNormal(u, sigma float64) float64 {
	return -u*u/(2*sigma*sigma) - math.Log(sigma*math.Sqrt(2*math.Pi))
}

// brute holds the densities of the noisy curves written once more from the definitions, with
// a rule of far more nodes than they need.
var brute = map[string]func(x, y float64, n int) float64{
	"moons": func(x, y float64, n int) float64 {
		up := simpson(func(t float64) float64 {
			return logNormal(x-math.Cos(t), 0.05) + logNormal(y-math.Sin(t), 0.05)
		}, 0, math.Pi, n)
		down := simpson(func(t float64) float64 {
			return logNormal(x-1+math.Cos(t), 0.05) + logNormal(y-0.5+math.Sin(t), 0.05)
		}, 0, math.Pi, n)
		return floats.LogSumExp([]float64{up, down}) - math.Log(2*math.Pi)
	},
	"swissroll": func(x, y float64, n int) float64 {
		return simpson(func(t float64) float64 {
			return logNormal(x-t*math.Cos(t)/5, 0.2) + logNormal(y-t*math.Sin(t)/5, 0.2)
		}, 1.5*math.Pi, 4.5*math.Pi, n) - math.Log(3*math.Pi)
	},
	"2spirals": func(x, y float64, n int) float64 {
		// The density of U/6 + 0.1 e at v, from the upper tail of whichever side v is on.
		axis := func(v float64) float64 {
			if v < 1.0/12 {
				v = 1.0/6 - v
			}
			z := 0.1 * math.Sqrt2
			return math.Log((math.Erfc((v-1.0/6)/z) - math.Erfc(v/z)) / 2 * 6)
		}
		branch := func(s float64) float64 {
			return simpson(func(n float64) float64 {
				if n == 0 {
					return math.Inf(-1)
				}
				return axis(s*x+n*math.Cos(n)/3) + axis(s*y-n*math.Sin(n)/3) + math.Log(2*n/(9*math.Pi*math.Pi))
			}, 0, 3*math.Pi, n)
		}
		return floats.LogSumExp([]float64{branch(1), branch(-1)}) - math.Ln2
	},
}

// On samples, at points down to 1e-6 of the peak and below, and far out.
func TestCurvesAreExact(t *testing.T) {
	for _, d := range All() {
		f := brute[d.Name]
		if f == nil {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			const n = 48
			x := d.Sampler.Sample(n, gentest.Rand(1))
			sigma := d.Sampler.(*curves).noise.sigma
			rng := gentest.Rand(2)
			for i := range n {
				spread := sigma * 4 * float64(i%4) // draws themselves, and up to 12 sigma around
				x.SetRow(i, []float64{x.At(i, 0) + spread*rng.NormFloat64(), x.At(i, 1) + spread*rng.NormFloat64()})
			}
			worst := 0.0
			for i, got := range d.Density.LogProb(x) {
				want := f(x.At(i, 0), x.At(i, 1), 40_000)
				worst = max(worst, math.Abs(math.Expm1(got-want)))
			}
			t.Logf("largest relative error %.1e", worst)
			if !(worst < 1e-8) {
				t.Errorf("relative error of p %.1e, want < 1e-8", worst)
			}
			// Far out the integrand is a spike; the brute rule needs many nodes, and erfc
			// underflows at 2.6.
			far := mat.NewDense(3, 2, []float64{-5, 0.3, 4.4, -3.2, 0.2, 5.1})
			for i, got := range d.Density.LogProb(far) {
				want := f(far.At(i, 0), far.At(i, 1), 40_000)
				if !(math.Abs(math.Expm1(got-want)) <= 1e-8) {
					t.Errorf("at %v: log p = %.12g, want %.12g", far.RawRowView(i), got, want)
				}
			}
		})
	}
}

// The rule against itself with other nodes: between a point near a curve and one far from all
// lies every depth of refinement, and log p is smooth along the way.
func TestCurvesAreSmoothAlongARay(t *testing.T) {
	for _, c := range []*curves{moonsCurves(0.05), twoSpirals().Sampler.(*curves), swissroll().Sampler.(*curves)} {
		const n, step = 1000, 0.02
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			x.SetRow(i, []float64{4.5 + step*float64(i), 0.3 * step * float64(i)})
		}
		l := c.LogProb(x)
		for i := 2; i < n-2; i++ {
			// Fourth differences of a smooth function are small beside its second ones.
			d4 := l[i-2] - 4*l[i-1] + 6*l[i] - 4*l[i+1] + l[i+2]
			if !(math.Abs(d4) <= 1e-7*math.Abs(l[i])) {
				t.Errorf("%v: log p jumps by %.1e at %v", c, d4, x.RawRowView(i))
			}
		}
	}
}

func TestNoise(t *testing.T) {
	n := newNoise(0.1, 1.0/12)
	if z := simpson(n.logDensity, -2, 2, 4000); !(math.Abs(z) <= 1e-9) {
		t.Errorf("log of the integral is %g", z)
	}
	for u := -0.3; u < 4; u += 0.00737 {
		got, want := n.logDensity(u), n.tails(u)
		if !(math.Abs(got-want) <= 2e-10) {
			t.Errorf("logDensity(%g) = %.12g, want %.12g", u, got, want)
		}
		if got > n.logPeakBound(u) {
			t.Errorf("logDensity(%g) = %g above its bound %g", u, got, n.logPeakBound(u))
		}
	}
	// erfcx takes over where erfc still works.
	for _, z := range []float64{12, 15, 20, 25} {
		if got, want := erfcx(z), math.Erfc(z)*math.Exp(z*z); !(math.Abs(got/want-1) <= 1e-12) {
			t.Errorf("erfcx(%g) = %.15g, want %.15g", z, got, want)
		}
	}
}

// [dlmf, 10.32.1]: I₀(z) = 1/π ∫ exp(z cos t) dt over [0, π].
func TestLogI0e(t *testing.T) {
	for _, z := range []float64{0, 1e-3, 0.5, 3, 10, 19.999, 20, 20.001, 50, 300, 1e4} {
		want := simpson(func(t float64) float64 { return -2 * z * math.Pow(math.Sin(t/2), 2) }, 0, math.Pi, 4000) - math.Log(math.Pi)
		if got := logI0e(z); !(math.Abs(got-want) <= 1e-13*(1+math.Abs(want))) {
			t.Errorf("logI0e(%g) = %.16g, want %.16g", z, got, want)
		}
	}
}

// The determinant in the density of the pinwheel against central differences of the map.
func TestPinwheelJacobian(t *testing.T) {
	w, rng := wheel{arms: 5}, gentest.Rand(1)
	for range 200 {
		k, f1, f2 := rng.IntN(5), 1+0.6*rng.NormFloat64(), 0.6*rng.NormFloat64()
		const e = 1e-5
		xr, yr := w.at(k, f1+e, f2)
		xl, yl := w.at(k, f1-e, f2)
		xu, yu := w.at(k, f1, f2+e)
		xd, yd := w.at(k, f1, f2-e)
		numeric := ((xr-xl)*(yu-yd) - (xu-xd)*(yr-yl)) / (4 * e * e)
		if exact := 4 * (1 + f2*math.Exp(f1)/4); !(math.Abs(numeric-exact) <= 1e-6*(1+math.Abs(exact))) {
			t.Errorf("at f = (%g, %g): the determinant is %g, by differences %g", f1, f2, exact, numeric)
		}
	}
}

// Every preimage maps back, and there are as many as a fine scan of the circle finds.
func TestPinwheelPreimages(t *testing.T) {
	w, rng := wheel{arms: 5}, gentest.Rand(1)
	many := 0
	for range 60 {
		r, s := 5*rng.Float64(), 2*math.Pi*rng.Float64()
		x, y := 2*r*math.Cos(s), 2*r*math.Sin(s)
		count := 0
		w.preimages(x, y, func(k int, f1, f2 float64) {
			count++
			if px, py := w.at(k, f1, f2); math.Hypot(px-x, py-y) > 1e-10*math.Exp(r) {
				t.Errorf("preimage (%d; %g, %g) of (%g, %g) maps to (%g, %g)", k, f1, f2, x, y, px, py)
			}
		})
		scan := 0
		const steps = 40_000
		for k := range w.arms {
			last := 0.0
			for i := range steps + 1 {
				turn := 2 * math.Pi * (float64(i)/steps - 0.5)
				px, py := w.at(k, r*math.Cos(turn), r*math.Sin(turn))
				off := math.Remainder(math.Atan2(py, px)-s, 2*math.Pi)
				if i > 0 && off*last < 0 && math.Abs(off-last) < 1 { // not the jump at ±π
					scan++
				}
				last = off
			}
		}
		if count != scan {
			t.Errorf("at r = %g: %d preimages, a scan finds %d", r, count, scan)
		}
		if count > w.arms {
			many++
		}
	}
	if many < 5 {
		t.Errorf("only %d points had more than one preimage on an arm: the test is too tame", many)
	}
}

// The distance to a curve against a dense polyline.
func TestDistance(t *testing.T) {
	for _, d := range []*Dataset{Moons(moonsNoise), swissroll(), twoSpirals()} {
		c, rng := d.Sampler.(*curves), gentest.Rand(1)
		for range 100 {
			x, y := 3*rng.NormFloat64(), 3*rng.NormFloat64()
			want := math.Inf(1)
			for _, p := range c.parts {
				const steps = 5000
				for i := range steps + 1 {
					px, py := p.at(p.lo + (p.hi-p.lo)*float64(i)/steps)
					want = min(want, math.Hypot(x-px, y-py))
				}
			}
			if _, got := c.distance(x, y); got > want+1e-9 || got < want-1e-3 {
				t.Errorf("%s: distance of (%g, %g) is %g, by a polyline %g", d.Name, x, y, got, want)
			}
		}
	}
}
