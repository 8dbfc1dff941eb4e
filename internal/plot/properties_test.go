package plot

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// disc is uniform on the disc of radius 1.
type disc struct{}

func (disc) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	p := make([]float64, n)
	for i := range p {
		p[i] = -math.Log(math.Pi)
		if math.Hypot(x.At(i, 0), x.At(i, 1)) > 1 {
			p[i] = math.Inf(-1)
		}
	}
	return p
}

func decode(t *testing.T, file []byte, err error) image.Image {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// pixels returns the rectangle around the pixels that satisfy the test.
func pixels(img image.Image, test func(r, g, b float64) bool) image.Rectangle {
	var box image.Rectangle
	size := img.Bounds()
	for y := range size.Dy() {
		for x := range size.Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			if test(float64(r)/0xffff, float64(g)/0xffff, float64(b)/0xffff) {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

// bluish finds the points, which are drawn in blue.
func bluish(r, _, b float64) bool { return b > r+0.15 }

func centre(r image.Rectangle) (x, y float64) {
	return float64(r.Min.X+r.Max.X) / 2, float64(r.Min.Y+r.Max.Y) / 2
}

// A planted point is where the scale of the others says, the same in x1 and x2, with x2 upwards,
// in boxes of any shape.
func TestPointsAreWhereTheyShouldBe(t *testing.T) {
	for _, box := range []Box{{-4, 4, -4, 4}, {-4, 6, -2, 2}, {-2, 2, -4, 5}} {
		place := func(x, y float64) (float64, float64) {
			t.Helper()
			file, err := Points("", mat.NewDense(1, 2, []float64{x, y}), nil, box)
			spot := pixels(decode(t, file, err), bluish)
			if d := spot.Size(); d.X < 3 || d.X > 9 || d.X != d.Y {
				t.Fatalf("the point at (%v, %v) covers %v", x, y, d)
			}
			return centre(spot)
		}
		x0, y0 := place(-1, -1)
		x1, _ := place(1.5, -1)
		_, y1 := place(-1, 1.5)
		scaleX, scaleY := (x1-x0)/2.5, (y0-y1)/2.5
		if math.Abs(scaleX-scaleY) > 0.01*scaleX || scaleX < 20 {
			t.Errorf("box %v: %v pixels for a unit of x1, %v for one of x2", box, scaleX, scaleY)
		}
		x2, y2 := place(0.5, 1)
		if math.Abs(x2-x0-1.5*scaleX) > 1 || math.Abs(y0-y2-2*scaleY) > 1 {
			t.Errorf("box %v: (0.5, 1) is drawn at (%v, %v), (-1, -1) at (%v, %v)", box, x2, y2, x0, y0)
		}
	}
}

// A circle is round: its extent in pixels is the same in both directions.
func TestCirclesAreRound(t *testing.T) {
	for _, box := range []Box{square(1.5), {-1.2, 3, -1.2, 1.2}, {-1.2, 1.2, -1.2, 3}} {
		file, err := Points("", mat.NewDense(1, 2, []float64{9, 9}), disc{}, box)
		img := decode(t, file, err)
		grey := func(x, y int) bool {
			r, g, b, _ := img.At(x, y).RGBA()
			return r == g && g == b && r > 0xb000 && r < 0xd800
		}
		var size image.Rectangle
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				// Inside a surface: the edges of type and axes are grey as well.
				if grey(x, y) && grey(x-5, y) && grey(x+5, y) && grey(x, y-5) && grey(x, y+5) {
					size = size.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		if d := size.Size(); d.X < 150 || math.Abs(float64(d.X-d.Y)) > 2 {
			t.Errorf("box %v: the disc covers %v", box, d)
		}
	}
}

func testArea(box Box, size float64) area {
	return area{img: image.NewRGBA(image.Rect(0, 0, int(size), int(size))), box: box, right: size, bottom: size}
}

// Of a Gaussian in the plane M(x) = 1 - exp(-r²/2σ²), down to a σ of 4 pixels; of a uniform
// density it is 1/2 inside.
func TestMassIsThatOfTheRegion(t *testing.T) {
	for sigma, tolerance := range map[float64]float64{1: .005, .1: .03, .05: .06} {
		a := testArea(square(5), 800)
		g := massOf(mixture{[][2]float64{{1.01, -2.02}}, sigma}, a)
		for _, r := range []float64{.3, .8, 1.2, 1.8, 2.5} {
			for _, angle := range []float64{0.1, 1.3, 4} {
				m, _ := g.bilinear(a.at(1.01+r*sigma*math.Cos(angle), -2.02+r*sigma*math.Sin(angle)))
				if want := 1 - math.Exp(-r*r/2); math.Abs(m-want) > tolerance {
					t.Errorf("σ = %v: M = %.3f at %v σ, want %.3f", sigma, m, r, want)
				}
			}
		}
	}
	a := testArea(square(2), 400)
	g := massOf(disc{}, a)
	for _, x := range []float64{0, .3, .9} {
		if m, slope := g.bilinear(a.at(x, 0)); math.Abs(m-.5) > 1e-6 || slope > 1e-6 {
			t.Errorf("uniform: M = %v with slope %v at %v", m, slope, x)
		}
	}
	small := massOf(disc{}, testArea(square(12), 400)) // an edge that few of the checks meet
	if m, _ := small.bilinear(testArea(square(12), 400).at(0, .2)); math.Abs(m-.5) > .05 {
		t.Errorf("small disc: M = %v", m)
	}
	if m, _ := g.bilinear(a.at(1.2, 0)); m < .999 {
		t.Errorf("M = %v where there is no mass", m)
	}
}

// A density that is nowhere finite is drawn as no mass, not as a crash.
func TestDensitiesWithoutMass(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(-1), math.Inf(1)} {
		file, err := Density("", constant(v), square(1))
		decode(t, file, err)
	}
}

type constant float64

func (c constant) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	return slices.Repeat([]float64{float64(c)}, n)
}

func TestTheSameBytes(t *testing.T) {
	eight := ring(8, 2, .3)
	x := eight.Sample(500, random(1))
	steps := between(x, eight.Sample(500, random(2)), 5)
	for name, draw := range map[string]func() ([]byte, error){
		"points":       func() ([]byte, error) { return Points("a", x, eight, square(3)) },
		"density":      func() ([]byte, error) { return Density("a", eight, square(3)) },
		"compare":      func() ([]byte, error) { return Compare("a", square(3), Panel{Map: eight}, Panel{Points: x}) },
		"trajectories": func() ([]byte, error) { return Trajectories("a", steps, nil, square(3)) },
		"curve":        func() ([]byte, error) { return Curve("a", "step", "nats", Series{Y: []float64{3, 2, 1}}) },
		"grid": func() ([]byte, error) {
			return Grid("a", []GridRow{{"b", square(3), []Panel{{Points: x}, {Map: eight}}}, {"c", Box{-3, 3, -1, 1}, []Panel{{Truth: eight}, {}}}})
		},
		"charts":    func() ([]byte, error) { return Charts("a", "b", 2, charts()) },
		"svg":       func() ([]byte, error) { return []byte(charts()[0].SVG("a")), nil },
		"animation": func() ([]byte, error) { return Animate(framesOf(steps), Animation{Box: square(3), Truth: eight}) },
	} {
		one, err := draw()
		if err != nil {
			t.Fatal(err)
		}
		if two, _ := draw(); !bytes.Equal(one, two) {
			t.Errorf("%s: two drawings differ", name)
		}
	}
}

func TestTheSubtitleCounts(t *testing.T) {
	x := mat.NewDense(1004, 2, nil)
	x.Set(0, 0, math.NaN())
	x.Set(1, 1, math.Inf(1))
	x.Set(2, 1, 7)
	got := Panel{Points: x, Truth: disc{}}.subtitle(square(1))
	want := "n = 1,004, 1 outside, 2 not finite · outlined: 50, 80, 95 % of the true mass"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	file, err := Points("t", x, nil, square(1))
	decode(t, file, err)
}

func TestAround(t *testing.T) {
	x := gaussianRows(2000)
	x.Set(0, 0, 1e9) // one outlier does not make the rest a dot
	x.Set(1, 1, math.NaN())
	b := Around(x)
	if b.width() != b.height() || b.width() < 5 || b.width() > 10 || !b.holds(0, 0) {
		t.Errorf("%+v", b)
	}
	Around(mat.NewDense(1, 2, nil)).check()
	Around(mat.NewDense(1, 2, []float64{math.NaN(), 0})).check()
}

func gaussianRows(n int) *mat.Dense {
	rng := random(9)
	x := mat.NewDense(n, 2, nil)
	x.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, x)
	return x
}

func TestMisuse(t *testing.T) {
	for want, f := range map[string]func(){
		"3 columns, want 2":              func() { Points("", mat.NewDense(4, 3, nil), nil, square(1)) },
		"is empty":                       func() { Density("", disc{}, Box{1, 1, 0, 2}) },
		"0 panels":                       func() { Compare("", square(1)) },
		"0 steps":                        func() { Trajectories("", nil, nil, square(1)) },
		"3 x, 2 y":                       func() { Curve("", "", "", Series{X: make([]float64, 3), Y: make([]float64, 2)}) },
		"0 panels, at":                   func() { Grid("", nil) },
		"1 panels in row \"b\" and 2 in": func() { Grid("", []GridRow{{"a", square(1), make([]Panel, 2)}, {"b", square(1), make([]Panel, 1)}}) },
		"0 Charts":                       func() { Charts("", "", 2, nil) },
		"5 points in step 0 and 6 in step 1": func() {
			Trajectories("", []*mat.Dense{gaussianRows(5), gaussianRows(6)}, nil, square(1))
		},
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "plot: ") || !strings.Contains(message, want) {
					t.Errorf("panic %q does not say %q", message, want)
				}
			}()
			f()
		}()
	}
}

func luminance(c color.NRGBA) float64 {
	return .2126*float64(c.R) + .7152*float64(c.G) + .0722*float64(c.B)
}

func TestColours(t *testing.T) {
	last := -1.0
	for i := range 101 {
		l := luminance(massColour(float64(i) / 100))
		if l < last-0.51 { // rounding of the channels
			t.Errorf("lightness falls at M = %v", float64(i)/100)
		}
		last = l
	}
}

// Cubics through four nodes return a quadratic exactly.
func TestCubicsReproduceQuadratics(t *testing.T) {
	quadratic := func(x float64) float64 { return 2 - 3*x + .7*x*x }
	for _, at := range []float64{0, .2, .5, .9, 1} {
		sum := 0.0
		for k, weight := range cubic(at) {
			sum += weight * quadratic(float64(k-1))
		}
		if math.Abs(sum-quadratic(at)) > 1e-12 {
			t.Errorf("at %v: %v, want %v", at, sum, quadratic(at))
		}
	}
}
