package datasets

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/gentest"
)

// wide returns the box of d and a quarter as much again, which holds all but 1e-6 of the mass. The
// checkerboard's own box is kept, so that the cells of the quadrature are aligned with it.
func wide(d *Dataset) gentest.Box {
	x0, x1, y0, y1 := d.Box()
	if d.Name == "checkerboard" {
		return gentest.Box{XMin: x0, XMax: x1, YMin: y0, YMax: y1}
	}
	w, h := (x1-x0)/8, (y1-y0)/8
	return gentest.Box{XMin: x0 - w, XMax: x1 + w, YMin: y0 - h, YMax: y1 + h}
}

// integrand returns p(x) g(x, log p(x)), 0 where p is.
func integrand(lp genlab.LogProber, g func(x, y, logp float64) float64) func(*mat.Dense) []float64 {
	return func(x *mat.Dense) []float64 {
		v := lp.LogProb(x)
		for i, l := range v {
			v[i] = 0
			if p := math.Exp(l); p > 0 {
				v[i] = p * g(x.At(i, 0), x.At(i, 1), l)
			}
		}
		return v
	}
}

func TestLaws(t *testing.T) {
	for _, d := range All() {
		t.Run(d.Name, func(t *testing.T) {
			box := wide(d)
			gentest.Sampler(t, d.Sampler, 2)
			gentest.LogProber(t, d.Density, spread(d))
			gentest.Density(t, d.Density, box, 1e-4)
			gentest.Agree(t, d.Sampler, d.Density, box, 30_000, gentest.Rand(3))
			gentest.Entropy(t, d.Sampler, d.Density, d.Entropy, 1e-5, 30_000, gentest.Rand(4))
			h := gentest.Integrate(integrand(d.Density, func(_, _, l float64) float64 { return -l }), box, 1e-4)
			if !(math.Abs(h-d.Entropy) <= 2e-5) {
				t.Errorf("entropy %.6f, by quadrature %.6f", d.Entropy, h)
			}
			if math.IsInf(d.Entropy, 0) || math.IsNaN(d.Entropy) {
				t.Errorf("entropy %g", d.Entropy)
			}
		})
	}
}

// spread returns samples and, between them, points of low density.
func spread(d *Dataset) *mat.Dense {
	const n = 150
	x := d.Sampler.Sample(n, gentest.Rand(5))
	rng := gentest.Rand(6)
	for i := 0; i < n; i += 3 {
		x.SetRow(i, []float64{8 * rng.NormFloat64(), 8 * rng.NormFloat64()})
	}
	return x
}

// The entropies that the specification states, at the digits it states. Its figures for the
// moons carry the ± 0.01 of an estimate from samples.
func TestStatedEntropies(t *testing.T) {
	for _, c := range []struct {
		d        *Dataset
		h, digit float64
	}{
		{eightGaussians(), 2.83, 0.005},
		{ring8(), -4.2930, 0.00005},
		{grid25(), 0.0653, 0.00005},
		{checkerboard(), math.Log(32), 0},
		{Moons(0.03), -0.240, 0.012},
		{Moons(0.05), 0.297, 0.012},
		{Moons(0.1), 1.019, 0.012},
		{Moons(0.2), 1.672, 0.012},
	} {
		if !(math.Abs(c.d.Entropy-c.h) <= c.digit) {
			t.Errorf("%s: entropy %.5f, want %.5f ± %g", c.d.Summary, c.d.Entropy, c.h, c.digit)
		}
	}
}

func TestMoonsEntropy(t *testing.T) {
	if h := moonsCurves(moonsNoise).entropy(); !(math.Abs(h-moonsEntropy) <= 1e-5) {
		t.Errorf("computed on the spot %.6f, stated %.6f", h, moonsEntropy)
	}
	for _, sigma := range []float64{0.02, 0.2, 2} {
		d := Moons(sigma)
		gentest.Entropy(t, d.Sampler, d.Density, d.Entropy, 1e-5, 30_000, gentest.Rand(1))
	}
	// A Gaussian of huge sigma hides the curve.
	if h, want := Moons(10).Entropy, math.Log(2*math.Pi*math.E*100); !(math.Abs(h-want) <= 0.01) {
		t.Errorf("at noise 10: %.5f, want about %.5f", h, want)
	}
}

func TestModes(t *testing.T) {
	want := map[string]int{"8gaussians": 8, "ring8": 8, "25gaussians": 25, "moons": 2, "circles": 2,
		"rings": 4, "checkerboard": 8, "pinwheel": 5, "swissroll": 1, "2spirals": 2}
	for _, d := range All() {
		t.Run(d.Name, func(t *testing.T) {
			if d.Modes.Len() != want[d.Name] {
				t.Errorf("%d modes, want %d", d.Modes.Len(), want[d.Name])
			}
			if w := d.ModeWeights(); len(w) != d.Modes.Len() || !(math.Abs(w[0]*float64(len(w))-1) <= 1e-15) {
				t.Errorf("mode weights %v", w)
			}
			const n = 30_000
			x := d.Sampler.Sample(n, gentest.Rand(7))
			high := 0.0
			for i := range n {
				k, within := d.Modes.Nearest(x.At(i, 0), x.At(i, 1))
				if k < 0 || k >= d.Modes.Len() {
					t.Fatalf("mode %d of %d", k, d.Modes.Len())
				}
				if within {
					high++
				}
			}
			q := d.HighQuality // 5 standard errors, and the digits stated
			if tol := 5*math.Sqrt(q*(1-q)/n) + 2e-5; !(math.Abs(high/n-q) <= tol) {
				t.Errorf("high quality %.5f of the samples, stated %.5f ± %.5f", high/n, q, tol)
			}
			if k, within := d.Modes.Nearest(1e3, -1e3); within || k < 0 || k >= d.Modes.Len() {
				t.Errorf("a point far out: mode %d, within %v", k, within)
			}
			sampler, labelled := d.Sampler.(gentest.Labelled)
			if labelled != (d.Labels != nil) && d.Name != "swissroll" { // one curve: no parts
				t.Errorf("labelled %v, but labels %v", labelled, d.Labels)
			}
			if d.Labels == nil {
				return
			}
			if len(d.Labels) != d.Modes.Len() {
				t.Fatalf("%d labels for %d modes", len(d.Labels), d.Modes.Len())
			}
			nearest := func(x, y float64) int { k, _ := d.Modes.Nearest(x, y); return k }
			gentest.Labels(t, sampler, d.ModeWeights(), nearest, 0.95, 10_000, gentest.Rand(8))
		})
	}
}

// The modes of a circle drawn with linspace(0, 2π, 8) are seven, one of them twice.
func TestCircleDoesNotMeetItself(t *testing.T) {
	for _, d := range []*Dataset{eightGaussians(), ring8()} {
		c := d.Modes.(*Mixture).Centres
		for i := range c {
			for j := range i {
				if math.Hypot(c[i][0]-c[j][0], c[i][1]-c[j][1]) < 0.5 {
					t.Errorf("%s: centres %d and %d are both at %v", d.Name, j, i, c[i])
				}
			}
		}
	}
}

// A variance in the place of a standard deviation leaves every other distribution intact.
func TestSigmaIsAStandardDeviation(t *testing.T) {
	for _, c := range []struct {
		d     *Dataset
		sigma float64
	}{{eightGaussians(), 0.5 / 1.414}, {ring8(), 0.01}, {grid25(), 0.05}} {
		const n = 20_000
		x, label := c.d.Sampler.(Labelled).SampleLabelled(n, gentest.Rand(9))
		sum := 0.0
		for i := range n {
			centre := c.d.Modes.(*Mixture).Centres[label[i]]
			dx, dy := x.At(i, 0)-centre[0], x.At(i, 1)-centre[1]
			sum += dx*dx + dy*dy
		}
		// 2n squares of unit normals: the relative standard error of sigma is 1/√(4n); 5 of them.
		if sigma := math.Sqrt(sum / (2 * n)); !(math.Abs(sigma/c.sigma-1) <= 5/math.Sqrt(4*n)) {
			t.Errorf("%s: sigma %.5f, want %.5f", c.d.Name, sigma, c.sigma)
		}
	}
}

func TestBoxHoldsTheMass(t *testing.T) {
	for _, d := range All() {
		const n = 20_000
		x0, x1, y0, y1 := d.Box()
		x := d.Sampler.Sample(n, gentest.Rand(10))
		outside := 0
		for i := range n {
			if a, b := x.At(i, 0), x.At(i, 1); a < x0 || a > x1 || b < y0 || b > y1 {
				outside++
			}
		}
		if outside > n/1000 {
			t.Errorf("%s: %d of %d samples lie outside the box", d.Name, outside, n)
		}
	}
}

// reference draws a point as the reference code of the papers does, written here once more
// from the definitions and not from the package.
var reference = map[string]func(rng *rand.Rand) (x, y float64){
	"8gaussians": func(rng *rand.Rand) (x, y float64) {
		a := math.Pi / 4 * float64(rng.IntN(8))
		return (4*math.Cos(a) + 0.5*rng.NormFloat64()) / 1.414, (4*math.Sin(a) + 0.5*rng.NormFloat64()) / 1.414
	},
	"ring8": func(rng *rand.Rand) (x, y float64) {
		a := math.Pi / 4 * float64(rng.IntN(8))
		return math.Cos(a) + 0.01*rng.NormFloat64(), math.Sin(a) + 0.01*rng.NormFloat64()
	},
	"25gaussians": func(rng *rand.Rand) (x, y float64) {
		return float64(2*rng.IntN(5)-4) + 0.05*rng.NormFloat64(), float64(2*rng.IntN(5)-4) + 0.05*rng.NormFloat64()
	},
	"moons": func(rng *rand.Rand) (x, y float64) {
		t := math.Pi * rng.Float64()
		x, y = math.Cos(t), math.Sin(t)
		if rng.IntN(2) == 1 {
			x, y = 1-x, 0.5-y
		}
		return x + 0.05*rng.NormFloat64(), y + 0.05*rng.NormFloat64()
	},
	"circles": func(rng *rand.Rand) (x, y float64) {
		t, f := 2*math.Pi*rng.Float64(), 1-0.5*float64(rng.IntN(2))
		return 3 * (f*math.Cos(t) + 0.08*rng.NormFloat64()), 3 * (f*math.Sin(t) + 0.08*rng.NormFloat64())
	},
	"rings": func(rng *rand.Rand) (x, y float64) {
		t, f := 2*math.Pi*rng.Float64(), 0.25*float64(1+rng.IntN(4))
		return 3*f*math.Cos(t) + 0.08*rng.NormFloat64(), 3*f*math.Sin(t) + 0.08*rng.NormFloat64()
	},
	"checkerboard": func(rng *rand.Rand) (x, y float64) {
		a := 4*rng.Float64() - 2
		b := rng.Float64() - 2*float64(rng.IntN(2)) + math.Mod(math.Floor(a)+4, 2)
		return 2 * a, 2 * b
	},
	"pinwheel": func(rng *rand.Rand) (x, y float64) {
		f1, f2 := 1+0.3*rng.NormFloat64(), 0.1*rng.NormFloat64()
		a := 2*math.Pi*float64(rng.IntN(5))/5 + 0.25*math.Exp(f1)
		return 2 * (f1*math.Cos(a) + f2*math.Sin(a)), 2 * (-f1*math.Sin(a) + f2*math.Cos(a))
	},
	"swissroll": func(rng *rand.Rand) (x, y float64) {
		t := 1.5 * math.Pi * (1 + 2*rng.Float64())
		return (t*math.Cos(t) + rng.NormFloat64()) / 5, (t*math.Sin(t) + rng.NormFloat64()) / 5
	},
	"2spirals": func(rng *rand.Rand) (x, y float64) {
		n := math.Sqrt(rng.Float64()) * 540 * (2 * math.Pi) / 360
		x, y = -math.Cos(n)*n+rng.Float64()*0.5, math.Sin(n)*n+rng.Float64()*0.5
		if rng.IntN(2) == 1 {
			x, y = -x, -y
		}
		return x/3 + 0.1*rng.NormFloat64(), y/3 + 0.1*rng.NormFloat64()
	},
}

// pointwise is a sampler of one function.
type pointwise func(rng *rand.Rand) (x, y float64)

func (f pointwise) Sample(n int, rng *rand.Rand) *mat.Dense {
	m := mat.NewDense(n, 2, nil)
	for i := range n {
		x, y := f(rng)
		m.SetRow(i, []float64{x, y})
	}
	return m
}

func TestReferenceCodeAgrees(t *testing.T) {
	for _, d := range All() {
		t.Run(d.Name, func(t *testing.T) {
			f := reference[d.Name]
			if f == nil {
				t.Fatal("no reference code")
			}
			gentest.Agree(t, pointwise(f), d.Density, wide(d), 30_000, gentest.Rand(11))
			gentest.Entropy(t, pointwise(f), d.Density, d.Entropy, 1e-5, 30_000, gentest.Rand(12))
		})
	}
}

// Densities stay finite far out, fall there, and say NaN of NaN and −Inf of infinity.
func TestFarOut(t *testing.T) {
	for _, d := range All() {
		t.Run(d.Name, func(t *testing.T) {
			if d.Name == "checkerboard" {
				return
			}
			last := 0.0
			for _, r := range []float64{10, 30, 100, 300, 1e3, 1e4, 1e6, 1e9, 1e12} {
				for _, v := range d.Density.LogProb(mat.NewDense(3, 2, []float64{0.6 * r, 0.8 * r, -r, 0, 0, r})) {
					if math.IsInf(v, 0) || math.IsNaN(v) {
						t.Fatalf("log p = %g at a distance of %g", v, r)
					}
				}
				v := d.Density.LogProb(mat.NewDense(1, 2, []float64{0.6 * r, 0.8 * r}))[0]
				if v >= last {
					t.Errorf("log p = %g at a distance of %g, not below %g", v, r, last)
				}
				last = v
			}
		})
		nan := d.Density.LogProb(mat.NewDense(2, 2, []float64{math.NaN(), 0, 0, math.NaN()}))
		if !math.IsNaN(nan[0]) || !math.IsNaN(nan[1]) {
			t.Errorf("%s: log p of NaN is %v", d.Name, nan)
		}
		if l := d.Density.LogProb(mat.NewDense(1, 2, []float64{math.Inf(1), 0}))[0]; !math.IsInf(l, -1) {
			t.Errorf("%s: log p at infinity is %g", d.Name, l)
		}
		d.Modes.Nearest(math.NaN(), math.Inf(1)) // of no use, but it returns
	}
}

// Within ends at 3 sigma, for every kind of mode, on the side away from the other modes.
func TestWithinIsThreeSigma(t *testing.T) {
	// along returns the point v sigmas off curve k of d at t, to the left (v > 0) of its course.
	along := func(d *Dataset, k int, t, v float64) (x, y float64) {
		c := d.Sampler.(*curves)
		const e = 1e-6
		x0, y0 := c.parts[k].at(t - e)
		x1, y1 := c.parts[k].at(t + e)
		v *= math.Sqrt(c.noise.variance()) / math.Hypot(x1-x0, y1-y0)
		return (x0+x1)/2 - v*(y1-y0), (y0+y1)/2 + v*(x1-x0)
	}
	moons, roll, spirals := Moons(moonsNoise), swissroll(), twoSpirals()
	for _, c := range []struct {
		d    *Dataset
		mode int
		at   func(v float64) (x, y float64)
	}{
		{grid25(), 24, func(v float64) (x, y float64) { return 4, 4 + 0.05*v }},
		{rings(), 3, func(v float64) (x, y float64) { return 0, -3 - 0.08*v }},
		{circles(), 1, func(v float64) (x, y float64) { return 0.24*v - 1.5, 0 }},
		{moons, 0, func(v float64) (x, y float64) { return along(moons, 0, math.Pi/2, -v) }},
		{moons, 1, func(v float64) (x, y float64) { return along(moons, 1, math.Pi/2, v) }},
		{roll, 0, func(v float64) (x, y float64) { return along(roll, 0, 4.2*math.Pi, -v) }},
		{spirals, 0, func(v float64) (x, y float64) { return along(spirals, 0, 2.9*math.Pi, v) }},
		{spirals, 1, func(v float64) (x, y float64) { return along(spirals, 1, 2.9*math.Pi, v) }},
		{pinwheel(), 2, func(v float64) (x, y float64) { return wheel{5}.at(2, 1+0.3*v, 0) }},
	} {
		for _, v := range []float64{0, 2.99, 3.01} {
			x, y := c.at(v)
			if k, within := c.d.Modes.Nearest(x, y); k != c.mode || within != (v < 3) {
				t.Errorf("%s: %g sigma off mode %d is mode %d, within %v", c.d.Name, v, c.mode, k, within)
			}
		}
	}
	if _, in := checkerboard().Modes.Nearest(-3, -3); !in {
		t.Error("checkerboard: (-3, -3) is in a cell")
	}
	if k, in := checkerboard().Modes.Nearest(-3, -1.5); in || k != 0 {
		t.Errorf("checkerboard: (-3, -1.5) is between cells, nearest to cell 0, not %d", k)
	}
}
