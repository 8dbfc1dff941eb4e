package plot

import (
	"bytes"
	"image/gif"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestFilms: films of different lengths run from their first frame to their last in as many images as the longest has, at
// most 60, of the size of their panels; the last image is held; a point is drawn where it is.
func TestFilms(t *testing.T) {
	film := func(title string, n int) Film {
		f := Film{Title: title}
		for i := range n {
			f.Frames = append(f.Frames, Frame{X: mat.NewDense(1, 2, []float64{2*float64(i)/float64(max(n-1, 1)) - 1, 0}), Step: i})
		}
		return f
	}
	box := Box{XMin: -2, XMax: 2, YMin: -1, YMax: 1}
	for _, c := range []struct{ a, b, images int }{{1, 1, 1}, {5, 9, 9}, {200, 3, 60}} {
		file, err := AnimateFilms("films", nil, box, []Film{film("a", c.a), film("b", c.b)})
		if err != nil {
			t.Fatal(err)
		}
		g, err := gif.DecodeAll(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(g.Image); n != c.images || g.Delay[n-1] != holdDelay {
			t.Errorf("%d and %d frames give %d images, the last for %d", c.a, c.b, n, g.Delay[n-1])
		}
		if want := 2*(filmSide+filmMargin) + filmMargin; g.Config.Width != want {
			t.Errorf("the width is %d, want %d", g.Config.Width, want)
		}
		// The last position, (1, 0), is at three quarters of the width and half of the height of a panel.
		x, y := filmMargin+filmSide*3/4, 30+filmHead+filmSide/4
		seen := false
		for _, img := range g.Image {
			if r, _, b, a := img.At(x, y).RGBA(); a > 0 && b > r {
				seen = true
			}
		}
		if n := max(c.a, c.b); n > 1 && !seen {
			t.Errorf("%d frames: there is no blue point at its last place", n)
		}
	}
	if _, err := AnimateFilms("none", nil, box, nil); err == nil {
		t.Error("no films are animated")
	}
	if _, err := AnimateFilms("none", nil, box, []Film{{Title: "empty"}}); err == nil {
		t.Error("a film without frames is animated")
	}
	x := mat.NewDense(50, 2, nil)
	for i := range 50 {
		x.SetRow(i, []float64{rand.NormFloat64(), rand.NormFloat64()})
	}
	var five []Film
	for range 5 {
		five = append(five, Film{Title: "a", Frames: []Frame{{X: x}}, Colour: Green})
	}
	if _, err := AnimateFilms("five", nil, box, five); err != nil {
		t.Error(err)
	}
}
