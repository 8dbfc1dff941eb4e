package datasets

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/gentest"
	"genlab/internal/suggest"
)

var (
	_ View     = (*Lift)(nil)
	_ Manifold = (*Lift)(nil)
	_ View     = Dots{}
	_ View     = Bounce{}
)

func byName(t *testing.T, name string) *Dataset {
	t.Helper()
	d, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestViews: samples have the columns of the view, and the distribution on the plane is that of the
// projected samples, or has a density that they follow; the box holds it.
func TestViews(t *testing.T) {
	for _, d := range append(More(), byName(t, "lift64:25gaussians"), byName(t, "lift64:checkerboard")) {
		t.Run(d.Name, func(t *testing.T) {
			gentest.Sampler(t, d.Sampler, d.Dim())
			plane := d.Plane()
			gentest.Sampler(t, plane.Sampler, 2)
			if plane.Plane() != plane || plane.Dim() != 2 {
				t.Error("the plane has a plane of its own")
			}
			if d.View != nil && (d.Modes != nil || d.ModeWeights() != nil) {
				t.Error("points of more than two coordinates have modes, which are places of the plane")
			}
			const n = 20_000
			x := d.Project(d.Sampler.Sample(n, gentest.Rand(1)))
			if plane.Density != nil {
				gentest.Agree(t, projection{d}, plane.Density, wide(plane), n, gentest.Rand(2))
			}
			x0, x1, y0, y1 := d.Box()
			out, high := 0, 0.0
			for i := range n {
				a, b := x.At(i, 0), x.At(i, 1)
				if a < x0 || a > x1 || b < y0 || b > y1 {
					out++
				}
				if plane.Modes != nil {
					if _, within := plane.Modes.Nearest(a, b); within {
						high++
					}
				}
			}
			if out > n/1000 {
				t.Errorf("%d of %d samples lie outside the box", out, n)
			}
			if q := plane.HighQuality; plane.Modes != nil && !(math.Abs(high/n-q) <= 5*math.Sqrt(q*(1-q)/n)) {
				t.Errorf("high quality %v of the samples, stated %v", high/n, q)
			}
			if sampler, ok := d.Sampler.(gentest.Labelled); ok && d.Labels != nil {
				_, labels := sampler.SampleLabelled(1000, gentest.Rand(3))
				if slices.Min(labels) < 0 || slices.Max(labels) >= len(d.Labels) {
					t.Errorf("labels %d to %d of %d", slices.Min(labels), slices.Max(labels), len(d.Labels))
				}
			}
		})
	}
}

// TestLift: the density agrees with the entropy, factors into the plane's and a normal's, and
// knows a point that is off the plane; and A is what it should be.
func TestLift(t *testing.T) {
	d := byName(t, "lift64:moons")
	l := d.View.(*Lift)
	var gram mat.Dense
	gram.Mul(l.A.T(), l.A)
	if !mat.EqualApprox(&gram, mat.NewDense(2, 2, []float64{1, 0, 0, 1}), 1e-15) {
		t.Errorf("AᵀA = %v", mat.Formatted(&gram))
	}
	x := d.Sampler.Sample(300, gentest.Rand(1))
	gentest.LogProber(t, d.Density, x)
	gentest.Entropy(t, d.Sampler, d.Density, d.Entropy, 1e-5, 30_000, gentest.Rand(2))

	u := d.Project(x)
	base := l.Base.Density.LogProb(u)
	for i, got := range d.Density.LogProb(x) {
		// Rotated into the axes of the plane and across, which leaves volumes as they are.
		var square float64
		for j := range l.Dim() {
			v := x.At(i, j) - l.A.At(j, 0)*u.At(i, 0) - l.A.At(j, 1)*u.At(i, 1)
			square += v * v
		}
		want := base[i] - square/(2*l.Sigma*l.Sigma) - 62*math.Log(l.Sigma*math.Sqrt(2*math.Pi))
		if !(math.Abs(got-want) <= 1e-9*math.Abs(want)) {
			t.Fatalf("row %d: log p %v, want %v", i, got, want)
		}
	}
	// The squared distance is sigma² times a chi square of 62 degrees of freedom: mean 62, variance 124.
	far := l.OffManifold(d.Sampler.Sample(10_000, gentest.Rand(3)))
	for i, v := range far {
		far[i] = v * v / (l.Sigma * l.Sigma)
	}
	if mean := stat.Mean(far, nil); !(math.Abs(mean-62) <= 5*math.Sqrt(124./10_000)) {
		t.Errorf("mean squared distance %v sigma², want 62", mean)
	}
	if on := l.OffManifold(l.A.T()); on[0] > 1e-14 { // the columns of A lie on the plane
		t.Errorf("a point of the plane is %v off it", on[0])
	}
}

// TestLiftRefuses: what cannot be lifted says why, and an unknown name what there is.
func TestLiftRefuses(t *testing.T) {
	_, err := ByName("lift64:nope")
	if missing := new(suggest.Error); !errors.As(err, &missing) || !strings.Contains(err.Error(), "lift64:nope") {
		t.Errorf("%v", err)
	}
	for name, want := range map[string]string{
		"lift64:mons": `did you mean "moons"`, "lift64:dots16": "256", "lift64:lift64:moons": "64", "lift64:": "lift64:", "lift64:file:none.csv": "none.csv",
		"lift65:moons": "lift64:NAME", "dots61": "dots16",
	} {
		if _, err := ByName(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// TestDots: the renderer is a function of the centres alone, a dot's light is its integral, and
// the number of dots and the quadrant are those of the label.
func TestDots(t *testing.T) {
	one, again := make([]float64, 256), make([]float64, 256)
	again[7] = 1 // is overwritten
	Dots{}.Render(one, [][2]float64{{4, 12}})
	Dots{}.Render(again, [][2]float64{{4, 12}})
	if !slices.Equal(one, again) {
		t.Error("the same dots made another picture")
	}
	rng := gentest.Rand(2)
	light := func(x []float64) (sum float64) {
		for _, v := range x {
			sum += v
		}
		return sum
	}
	// The sum over pixels of a Gaussian of one pixel is its integral to 1e-4, but for the edge.
	if got := light(one); !(math.Abs(got-2*math.Pi) <= 1e-3) {
		t.Errorf("a dot's light is %v, want 2π", got)
	}
	if c := (Dots{}).Project(mat.NewDense(1, 256, one)); !(math.Abs(c.At(0, 0)+.5) <= 1e-4) || !(math.Abs(c.At(0, 1)+.5) <= 1e-4) {
		t.Errorf("the dot at (4, 12) is seen at %v", c.RawRowView(0))
	}
	if c := (Dots{}).Project(mat.NewDense(1, 256, nil)); c.At(0, 0) != 0 || c.At(0, 1) != 0 {
		t.Errorf("the dark is seen at %v", c.RawRowView(0))
	}
	// Centres lie in their quadrant, the margin away from its edges, apart, and no corner of that square is left out.
	for label := range dotLabels() {
		lo, hi := [2]float64{1, 1}, [2]float64{}
		for range 300 {
			centres := dotCentres(label, rng)
			for i, c := range centres {
				for axis, half := range [2]int{label % 2, label % 4 / 2} {
					u := (c[axis] - 8*float64(half) - dotMargin) / (8 - 2*dotMargin)
					lo[axis], hi[axis] = min(lo[axis], u), max(hi[axis], u)
				}
				for _, other := range centres[:i] {
					if d := math.Hypot(c[0]-other[0], c[1]-other[1]); !(d >= dotApart) {
						t.Fatalf("label %d: two dots are %v pixels apart", label, d)
					}
				}
			}
		}
		for axis := range 2 { // (1-0.03)^300 is 1e-4
			if !(lo[axis] >= 0 && lo[axis] < 0.03 && hi[axis] <= 1 && hi[axis] > 0.97) {
				t.Errorf("label %d: coordinate %d takes %v to %v of its square", label, axis, lo[axis], hi[axis])
			}
		}
	}
	x, labels := Dots{}.SampleLabelled(500, gentest.Rand(1))
	at := Dots{}.Project(x)
	seen := map[int]bool{}
	for i, label := range labels {
		seen[label] = true
		count, quadrant := label/4+1, label%4
		// Up to 1/8 of a dot at the margin is beyond the picture's edge.
		if got := light(x.RawRowView(i)) / (2 * math.Pi); got > float64(count)+1e-3 || got < .85*float64(count) {
			t.Errorf("row %d: the light of %v dots, labelled %d", i, got, count)
		}
		if k, within := (dotsModes{}).Nearest(at.At(i, 0), at.At(i, 1)); k != quadrant || !within {
			t.Errorf("row %d: seen in quadrant %d (%v), labelled %d", i, k, within, quadrant)
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d of 12 labels in 500 samples", len(seen))
	}
}

// TestBounce: points stay in the box, keep the size of each velocity's components wherever they
// do not touch a wall, and fly back the way they came when turned around.
func TestBounce(t *testing.T) {
	x := Bounce{}.Sample(2000, gentest.Rand(1))
	bounced := 0
	for i := range 2000 {
		row := x.RawRowView(i)
		for j := range BounceWidth {
			var size float64 // of this component of the velocity, from a step between walls
			for f := 1; f < BounceFrames; f++ {
				now, before := row[f*BounceWidth+j], row[(f-1)*BounceWidth+j]
				if !(math.Abs(now) <= 1) {
					t.Fatalf("row %d is outside: %v", i, now)
				}
				size = math.Max(size, math.Abs(now-before))
			}
			for f := 1; f < BounceFrames; f++ {
				now, before := row[f*BounceWidth+j], row[(f-1)*BounceWidth+j]
				// Either the whole step, or what is left of it after a wall: to the wall and back.
				straight := math.Abs(math.Abs(now-before) - size)
				wall := math.Abs((1 - math.Abs(before)) + (1 - math.Abs(now)) - size)
				if straight > 1e-12 && wall > 1e-12 {
					t.Fatalf("row %d, frame %d: a step of %v, of a speed %v", i, f, now-before, size)
				}
				if wall < straight {
					bounced++
				}
			}
		}
	}
	if bounced < 1000 {
		t.Errorf("%d bounces in 2000 videos", bounced)
	}
	forth, back := make([]float64, 64), make([]float64, 64)
	place, velocity := [4]float64{0.9, -0.3, 0.1, 0.8}, [4]float64{0.2, -0.1, 0.03, 0.21}
	Bounce{}.Render(forth, place, velocity)
	var last, turned [4]float64
	copy(last[:], forth[60:])
	for j := range turned {
		turned[j] = (forth[56+j] - forth[60+j])
	}
	Bounce{}.Render(back, last, turned)
	for f := range BounceFrames {
		for j := range BounceWidth {
			if !(math.Abs(back[f*4+j]-forth[60-f*4+j]) <= 1e-12) {
				t.Fatalf("frame %d, coordinate %d: %v on the way back, %v on the way", f, j, back[f*4+j], forth[60-f*4+j])
			}
		}
	}
}

// TestCaptions: prompts are read as they are written, mistakes name the word, the training data have no
// held-out caption, every pair of words is trained on, and the samples of each caption follow its distribution.
func TestCaptions(t *testing.T) {
	pairs := map[[2]string]bool{}
	for _, c := range Captions() {
		got, err := ParseCaption("  " + strings.ToUpper(c.String()))
		if err != nil || got != c {
			t.Errorf("%q is read as %q: %v", c, got, err)
		}
		if w := [3]string{captionWords[0][c.Count], captionWords[1][c.Row], captionWords[2][c.Column]}; !c.HeldOut() {
			pairs[[2]string{w[0], w[1]}], pairs[[2]string{w[1], w[2]}], pairs[[2]string{w[0], w[2]}] = true, true, true
		}
		gentest.Density(t, c.Distribution(), gentest.Box{XMin: -5, XMax: 5, YMin: -5, YMax: 5}, 1e-4)
	}
	if len(pairs) != 27 {
		t.Errorf("%d of 27 pairs of words are trained on", len(pairs))
	}
	for prompt, want := range map[string]string{
		"two points uper left": `unknown row "uper": did you mean "upper"`, "four points upper left": `unknown count "four points"`,
		"two points upper": "column", "": "count", "one point upper left of it": "unexpected",
	} {
		if _, err := ParseCaption(prompt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", prompt, err, want)
		}
	}
	d := captions()
	x, labels := d.Sampler.(Labelled).SampleLabelled(20_000, gentest.Rand(1))
	all := Captions()
	for i, k := range labels {
		if all[k].HeldOut() {
			t.Fatalf("row %d is of %q, which is held out", i, all[k])
		}
		// A draw beyond 6 sigma of every centre has probability e^-18 each.
		if _, cost := all[k].Distribution().nearest(x.At(i, 0), x.At(i, 1)); cost > 18 {
			t.Fatalf("row %d, %v, is not of %q", i, x.RawRowView(i), all[k])
		}
	}
	gentest.LogProber(t, d.Density, spread(d))
	gentest.Density(t, d.Density, wide(d), 1e-4)
	if h := gentest.Integrate(integrand(d.Density, func(_, _, l float64) float64 { return -l }), wide(d), 1e-4); !(math.Abs(h-d.Entropy) <= 2e-5) {
		t.Errorf("entropy %.5f, by quadrature %.6f", d.Entropy, h)
	}
}
