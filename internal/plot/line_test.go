package plot

import (
	"bytes"
	"image/png"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestLine: a line is drawn from end to end in its colour, with a gap where a point is not
// finite.
func TestLine(t *testing.T) {
	const n = 101
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, []float64{float64(i)/50 - 1, 0.3})
	}
	count := func() int {
		file, err := Compare("", Box{-1, 1, -1, 1}, Panel{Lines: []Line{{X: x, Colour: Green, Width: 5}}})
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for px := range img.Bounds().Dx() {
			for py := range img.Bounds().Dy() {
				if r, g, b, _ := img.At(px, py).RGBA(); uint8(r>>8) == Green.R && uint8(g>>8) == Green.G && uint8(b>>8) == Green.B {
					seen++
					break
				}
			}
		}
		return seen
	}
	whole := count()
	for i := 40; i < 60; i++ {
		x.Set(i, 1, math.NaN())
	}
	if gap := count(); whole < 500 || math.Abs(float64(gap)/float64(whole)-0.79) > 0.02 {
		t.Errorf("%d columns of pixels, with a gap of 21 %% %d", whole, gap)
	}
}
