package plot

import (
	"fmt"
	"image/color"

	"gonum.org/v1/gonum/mat"
)

// labelColours are the palette and a grey, so that a ring of eight has no two alike.
var labelColours = append(cycle[:len(cycle):len(cycle)], color.NRGBA{0x8c, 0x8c, 0x8c, 0xff})

// LabelColour returns the colour of the k-th part of a distribution; after eight they repeat.
func LabelColour(k int) color.NRGBA {
	if k < 0 {
		panic(fmt.Sprintf("plot: part %d", k))
	}
	return labelColours[k%len(labelColours)]
}

// scatterLabelled draws the rows of x that are finite, each in the colour of its part, or all in
// one where there are no parts. It panics if there is another number of parts than of rows.
func scatterLabelled(a area, x mat.Matrix, parts []int, radius float64, c color.NRGBA, opacity float64) {
	n := rows(x)
	if parts == nil {
		scatter(a, x, n, radius, c, opacity)
		return
	}
	if len(parts) != n {
		panic(fmt.Sprintf("plot: %d points of %d parts", n, len(parts)))
	}
	for i := range n {
		if u, v := x.At(i, 0), x.At(i, 1); finite(u) && finite(v) {
			px, py := a.at(u, v)
			a.disc(px, py, radius, LabelColour(parts[i]), opacity)
		}
	}
}
