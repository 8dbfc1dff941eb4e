package plot

import (
	"cmp"
	"fmt"
	"image/color"
)

// The palette of Okabe and Ito [okabe2008].
var (
	Black      = color.NRGBA{0x00, 0x00, 0x00, 0xff}
	Orange     = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	SkyBlue    = color.NRGBA{0x56, 0xb4, 0xe9, 0xff}
	Green      = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	Blue       = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	Vermillion = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	Purple     = color.NRGBA{0xcc, 0x79, 0xa7, 0xff}
	Grey       = color.NRGBA{0x80, 0x80, 0x80, 0xff}
)

// Ink and paper.
var (
	ink   = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	faint = color.NRGBA{0x66, 0x66, 0x66, 0xff}
	paper = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// cycle is the order of colours for series without one.
var cycle = []color.NRGBA{Blue, Vermillion, Green, Orange, Purple, SkyBlue, Black}

// labelColours are the cycle and a grey: eight distinct colours.
var labelColours = append(cycle[:len(cycle):len(cycle)], color.NRGBA{0x8c, 0x8c, 0x8c, 0xff})

// LabelColour returns the colour of label k; after eight they repeat. It panics if k < 0.
func LabelColour(k int) color.NRGBA {
	if k < 0 {
		panic(fmt.Sprintf("plot: label %d, want 0 or more", k))
	}
	return labelColours[k%len(labelColours)]
}

// orBlue returns c, or the colour of "diffusion" if it is zero.
func orBlue(c color.NRGBA) color.NRGBA { return cmp.Or(c, Blue) }

// massColours shade a density from its peak (M = 0) to zero density (M = 1): dark blue to white,
// monotone in lightness.
var massColours = []color.NRGBA{
	{0x08, 0x1d, 0x58, 0xff}, {0x22, 0x5e, 0xa8, 0xff}, {0x41, 0xb6, 0xc4, 0xff},
	{0xa1, 0xda, 0xb4, 0xff}, {0xed, 0xf8, 0xd9, 0xff}, {0xff, 0xff, 0xff, 0xff},
}

func massColour(m float64) color.NRGBA { return ramp(massColours, m) }

// ramp interpolates between colours at t in [0, 1].
func ramp(colours []color.NRGBA, t float64) color.NRGBA {
	at := max(0, min(t, 1)) * float64(len(colours)-1)
	i := min(int(at), len(colours)-2)
	return mix(colours[i], colours[i+1], at-float64(i))
}

// mix interpolates from a (t = 0) to b (t = 1).
func mix(a, b color.NRGBA, t float64) color.NRGBA {
	channel := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a)) + .5) }
	return color.NRGBA{channel(a.R, b.R), channel(a.G, b.G), channel(a.B, b.B), channel(a.A, b.A)}
}
