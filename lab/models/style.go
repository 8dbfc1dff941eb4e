package models

import (
	"image/color"
	"strings"

	"genlab/internal/plot"
)

// Style returns the colour of a model or a reference in pictures, and its mark in charts, by its name or by the part
// of it before a dash, a slash or a space: "flow-spline" has the style of "flow". The true distribution ("truth")
// and the oracle are black, unknown names grey.
func Style(name string) (color.NRGBA, plot.Shape) {
	if m, err := All.Named(name); err == nil {
		return m.About().Colour, m.About().Marker
	}
	if i := strings.IndexAny(name, "-/ "); i >= 0 {
		return Style(name[:i])
	}
	if name == "truth" || name == "oracle" {
		return plot.Black, plot.Ring
	}
	return plot.Grey, plot.Ring
}

// Colour returns the colour of [Style].
func Colour(name string) color.NRGBA {
	c, _ := Style(name)
	return c
}
