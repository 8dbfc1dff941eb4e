package plot

import (
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Line is a curve through points in their order. It ends where one is not finite and goes on
// after it.
type Line struct {
	X      mat.Matrix  // n x 2
	Colour color.NRGBA // zero is that of the panel
	Width  float64     // in pixels; zero is 1.4
}

// minStep is how far, in pixels, a curve goes before the next piece of it is drawn: denser
// points would only cost time.
const minStep = 0.8

func (l Line) draw(a area, colour color.NRGBA) {
	if l.Colour != (color.NRGBA{}) {
		colour = l.Colour
	}
	width := l.Width
	if width == 0 {
		width = 1.4
	}
	n := rows(l.X)
	var x0, y0 float64
	drawing := false
	for i := range n {
		x, y := l.X.At(i, 0), l.X.At(i, 1)
		if !finite(x) || !finite(y) {
			drawing = false
			continue
		}
		x, y = a.at(x, y)
		if !drawing {
			x0, y0, drawing = x, y, true
			continue
		}
		if i == n-1 || math.Hypot(x-x0, y-y0) >= minStep {
			a.segment(x0, y0, x, y, width, colour, 1)
			x0, y0 = x, y
		}
	}
}
