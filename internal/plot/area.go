package plot

import (
	"cmp"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"
)

// area is the part of an image that shows a box: the rectangle from (left, top) to (right, bottom), in
// pixels, with one scale for both axes.
type area struct {
	img                      *image.RGBA
	box                      Box
	left, right, top, bottom float64
}

// at returns the position of a point in pixels; pixel (i, j) covers [i, i+1) x [j, j+1).
func (a area) at(x, y float64) (px, py float64) {
	return a.left + (x-a.box.XMin)/a.box.width()*(a.right-a.left),
		a.bottom - (y-a.box.YMin)/a.box.height()*(a.bottom-a.top)
}

// from returns the point at a position in pixels.
func (a area) from(px, py float64) []float64 {
	return []float64{
		a.box.XMin + (px-a.left)/(a.right-a.left)*a.box.width(),
		a.box.YMin + (a.bottom-py)/(a.bottom-a.top)*a.box.height(),
	}
}

// inner returns the rectangle of the pixels whose centres are inside the area.
func (a area) inner() image.Rectangle {
	up := func(v float64) int { return int(math.Ceil(v - .5)) }
	return image.Rect(up(a.left), up(a.top), up(a.right), up(a.bottom)).Intersect(a.img.Bounds())
}

// blend blends a colour over a pixel.
func blend(img *image.RGBA, x, y int, c color.NRGBA, opacity float64) {
	opacity *= float64(c.A) / 255
	p := img.Pix[img.PixOffset(x, y):]
	for i, v := range [3]uint8{c.R, c.G, c.B} {
		p[i] = uint8(float64(p[i]) + opacity*(float64(v)-float64(p[i])) + .5)
	}
}

// disc draws an antialiased disc, clipped to the area; sizes are in pixels.
func (a area) disc(px, py, radius float64, c color.NRGBA, opacity float64) {
	a.cover(px-radius, py-radius, px+radius, py+radius, c, opacity, func(x, y float64) float64 {
		return radius - math.Sqrt((x-px)*(x-px)+(y-py)*(y-py))
	})
}

// segment draws a line with round ends.
func (a area) segment(x0, y0, x1, y1, width float64, c color.NRGBA, opacity float64) {
	dx, dy := x1-x0, y1-y0
	square := dx*dx + dy*dy
	r := width / 2
	a.cover(min(x0, x1)-r, min(y0, y1)-r, max(x0, x1)+r, max(y0, y1)+r, c, opacity, func(x, y float64) float64 {
		t := 0.0
		if square > 0 {
			t = max(0, min(((x-x0)*dx+(y-y0)*dy)/square, 1))
		}
		u, v := x-x0-t*dx, y-y0-t*dy
		return r - math.Sqrt(u*u+v*v)
	})
}

// cover draws a shape within a rectangle; depth is the distance inside its edge, in pixels.
func (a area) cover(x0, y0, x1, y1 float64, c color.NRGBA, opacity float64, depth func(x, y float64) float64) {
	clip := a.inner()
	for y := max(int(y0-1), clip.Min.Y); y <= min(int(y1+1), clip.Max.Y-1); y++ {
		for x := max(int(x0-1), clip.Min.X); x <= min(int(x1+1), clip.Max.X-1); x++ {
			if d := depth(float64(x)+.5, float64(y)+.5) + .5; d > 0 {
				blend(a.img, x, y, c, opacity*min(d, 1))
			}
		}
	}
}

// scatter draws the first n rows of x that are finite, row i in the colour c(i).
func scatter(a area, x mat.Matrix, n int, radius, opacity float64, c func(i int) color.NRGBA) {
	for i := range n {
		if u, v := x.At(i, 0), x.At(i, 1); finite(u) && finite(v) {
			px, py := a.at(u, v)
			a.disc(px, py, radius, c(i), opacity)
		}
	}
}

// always returns the colour function of scatter for one colour.
func always(c color.NRGBA) func(int) color.NRGBA { return func(int) color.NRGBA { return c } }

// Line is a polyline, interrupted at points that are not finite.
type Line struct {
	X      mat.Matrix  // n x 2
	Colour color.NRGBA // zero: the colour of the panel
	Width  float64     // in pixels; zero: 1.4
}

// minStep is the minimum length of a segment, in pixels: denser points would only cost time.
const minStep = 0.8

func (l Line) draw(a area, panel color.NRGBA) {
	colour, width := cmp.Or(l.Colour, panel), cmp.Or(l.Width, 1.4)
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
