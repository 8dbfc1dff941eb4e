package plot

import (
	"image"
	"image/color"
	"math"
)

// area is the part of an image where data is drawn: the box fills the rectangle from (left, top)
// to (right, bottom), in pixels, with one scale for both axes.
type area struct {
	img                      *image.RGBA
	box                      Box
	left, right, top, bottom float64
}

// at returns where a point of the plane is, in pixels; pixel (i, j) covers [i, i+1) x [j, j+1).
func (a area) at(x, y float64) (px, py float64) {
	return a.left + (x-a.box.XMin)/a.box.width()*(a.right-a.left),
		a.bottom - (y-a.box.YMin)/a.box.height()*(a.bottom-a.top)
}

// from returns the point of the plane at a place in pixels.
func (a area) from(px, py float64) []float64 {
	return []float64{
		a.box.XMin + (px-a.left)/(a.right-a.left)*a.box.width(),
		a.box.YMin + (a.bottom-py)/(a.bottom-a.top)*a.box.height(),
	}
}

// inner returns the rectangle of pixels whose centres are inside the area.
func (a area) inner() image.Rectangle {
	up := func(v float64) int { return int(math.Ceil(v - .5)) }
	return image.Rect(up(a.left), up(a.top), up(a.right), up(a.bottom)).Intersect(a.img.Bounds())
}

// blend paints a pixel with a colour at an opacity.
func blend(img *image.RGBA, x, y int, c color.NRGBA, opacity float64) {
	opacity *= float64(c.A) / 255
	p := img.Pix[img.PixOffset(x, y):]
	for i, v := range [3]uint8{c.R, c.G, c.B} {
		p[i] = uint8(float64(p[i]) + opacity*(float64(v)-float64(p[i])) + .5)
	}
}

// disc paints a disc with smooth edges, clipped to the area; sizes are in pixels.
func (a area) disc(px, py, radius float64, c color.NRGBA, opacity float64) {
	a.cover(px-radius, py-radius, px+radius, py+radius, c, opacity, func(x, y float64) float64 {
		return radius - math.Hypot(x-px, y-py)
	})
}

// segment paints a line with round ends.
func (a area) segment(x0, y0, x1, y1, width float64, c color.NRGBA, opacity float64) {
	dx, dy := x1-x0, y1-y0
	square := dx*dx + dy*dy
	r := width / 2
	a.cover(min(x0, x1)-r, min(y0, y1)-r, max(x0, x1)+r, max(y0, y1)+r, c, opacity, func(x, y float64) float64 {
		t := 0.0
		if square > 0 {
			t = max(0, min(((x-x0)*dx+(y-y0)*dy)/square, 1))
		}
		return r - math.Hypot(x-x0-t*dx, y-y0-t*dy)
	})
}

// cover paints the pixels of a rectangle by their depth inside a shape, in pixels.
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
