package plot

import (
	"fmt"
	"image/color"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
)

// Images draws grey images of side x side pixels in so many columns: each row of x (n x side²) is an
// image, row by row from the top. 0 is black and 1 white; values beyond are clipped, and values that
// are not finite are red. It panics if the width of x is not side², or columns < 1.
func Images(title, subtitle string, x mat.Matrix, side, columns int) ([]byte, error) {
	n, d := x.Dims()
	if side < 1 || d != side*side || columns < 1 {
		panic(fmt.Sprintf("plot: Images in %d columns of %d values for %d x %d pixels", columns, d, side, side))
	}
	const width = 7 * vg.Inch
	margin := vg.Points(10)
	top, down := headerHeight(title, subtitle)+vg.Points(4), (n+columns-1)/columns
	cell := (width - 2*margin) / vg.Length(columns)
	c := newCanvas(width, top+cell*vg.Length(down)+margin, dpi)
	header(c.draw, title, subtitle)
	// A pixel of an image is a whole number of pixels; the gap is as wide.
	pixel := max(1, int(cell.Dots(c.dpi))/(side+1))
	left := int(width.Dots(c.dpi)-float64(pixel*((side+1)*columns-1))) / 2
	for i := range n {
		x0, y0 := left+i%columns*(side+1)*pixel, int(top.Dots(c.dpi))+i/columns*(side+1)*pixel
		for k := range d {
			grey := shadeOf(x.At(i, k))
			for p := range pixel * pixel {
				blend(c.rgba(), x0+k%side*pixel+p%pixel, y0+k/side*pixel+p/pixel, grey, 1)
			}
		}
	}
	return encodePNG(c.rgba())
}

func shadeOf(v float64) color.NRGBA {
	if !finite(v) {
		return Vermillion
	}
	g := uint8(255*max(0, min(v, 1)) + .5)
	return color.NRGBA{g, g, g, 0xff}
}
