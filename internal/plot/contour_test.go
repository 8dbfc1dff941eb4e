package plot

import (
	"bytes"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// slopeTo returns a surface that rises with x1.
func slopeTo(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	v := make([]float64, n)
	for i := range v {
		v[i] = x.At(i, 0)
	}
	return v
}

// TestLandscapeDarkensUpwards: along the middle of a surface that rises to the right, lightness
// falls from left to right, but for the lines.
func TestLandscapeDarkensUpwards(t *testing.T) {
	box := Box{-1, 1, -1, 1}
	file, err := ContourMaps("a ramp", box, ContourMap{F: slopeTo})
	img := decode(t, file, err)
	again, err := ContourMaps("a ramp", box, ContourMap{F: slopeTo})
	if err != nil || !bytes.Equal(file, again) {
		t.Errorf("another file for the same surface (%v)", err)
	}
	size := img.Bounds()
	y := size.Dy() / 2
	var levels []float64
	for _, share := range []float64{0.25, 0.4, 0.55, 0.7} {
		light := 0.0
		for dx := range 9 { // the lightest of a few pixels is not a line
			r, g, b, _ := img.At(int(share*float64(size.Dx()))+dx, y).RGBA()
			light = math.Max(light, float64(r+g+b))
		}
		levels = append(levels, light)
	}
	for i := range levels[1:] {
		if levels[i+1] >= levels[i] {
			t.Errorf("lightness %v does not fall", levels)
		}
	}
}

// TestLandscapeOfOddSurfaces: constant, not finite, with points or without.
func TestLandscapeOfOddSurfaces(t *testing.T) {
	constant := func(v float64) func(mat.Matrix) []float64 {
		return func(x mat.Matrix) []float64 {
			n, _ := x.Dims()
			values := make([]float64, n)
			for i := range values {
				values[i] = v
			}
			return values
		}
	}
	points := mat.NewDense(3, 2, []float64{0, 0, math.NaN(), 1, 9, 9})
	file, err := ContourMaps("", Box{0, 1, 0, 2}, ContourMap{F: constant(3), Points: points}, ContourMap{F: constant(math.NaN())})
	decode(t, file, err)
	defer func() {
		if recover() == nil {
			t.Error("no panic without a surface")
		}
	}()
	ContourMaps("", Box{0, 1, 0, 1})
}

func TestHeightsHaveRoundLines(t *testing.T) {
	var values []float64
	for i := range 1001 {
		values = append(values, -0.3+0.83*float64(i)/1000)
	}
	h := heightsOf(values)
	if h.every != 0.1 || math.Abs(h.low+0.2917) > 1e-3 || math.Abs(h.high-0.5217) > 1e-3 {
		t.Errorf("heights %+v", h)
	}
}
