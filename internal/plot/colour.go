package plot

import (
	"image/color"
	"strings"
)

// The palette of Okabe and Ito [okabe2008].
var (
	black      = color.NRGBA{0x00, 0x00, 0x00, 0xff}
	orange     = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	skyBlue    = color.NRGBA{0x56, 0xb4, 0xe9, 0xff}
	green      = color.NRGBA{0x00, 0x9e, 0x73, 0xff}
	blue       = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	vermillion = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	purple     = color.NRGBA{0xcc, 0x79, 0xa7, 0xff}
)

// Ink and paper.
var (
	ink   = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	faint = color.NRGBA{0x66, 0x66, 0x66, 0xff}
	paper = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// cycle is the order of colours for series without one.
var cycle = []color.NRGBA{blue, vermillion, green, orange, purple, skyBlue, black}

// hybrids have marks of their own: an outline or a plus, in the colour of a paradigm that is in them.
var hybrids = map[string]struct {
	colour color.NRGBA
	shape  Shape
}{
	"flow-prior":            {green, HollowTriangle},
	"latent-diffusion":      {blue, HollowTriangle},
	"adversarial-diffusion": {purple, HollowDiamond},
	"captioned":             {orange, Plus},
	"video":                 {blue, HollowSquare},
	"consistency":           {skyBlue, Ring},
}

// ModelColour returns the colour of a model or a reference in every picture, by its name or the
// part of it before a dash, a slash or a space: "flow-spline" has the colour of "flow". Names
// that it does not know are grey.
func ModelColour(name string) color.NRGBA {
	if h, ok := hybrids[name]; ok {
		return h.colour
	}
	switch family(name) {
	case "diffusion":
		return blue
	case "flow":
		return vermillion
	case "vae":
		return green
	case "gan":
		return purple
	case "autoregressive":
		return orange
	case "hybrid":
		return skyBlue
	case "truth", "oracle":
		return black
	}
	return color.NRGBA{0x80, 0x80, 0x80, 0xff}
}

// family is a model's name without what comes after a dash, a slash or a space.
func family(name string) string {
	if i := strings.IndexAny(name, "-/ "); i >= 0 {
		name = name[:i]
	}
	return name
}

// massColours shade a density from its peak (M = 0) to where it has no mass (M = 1): dark blue to
// white, monotone in lightness.
var massColours = []color.NRGBA{
	{0x08, 0x1d, 0x58, 0xff}, {0x22, 0x5e, 0xa8, 0xff}, {0x41, 0xb6, 0xc4, 0xff},
	{0xa1, 0xda, 0xb4, 0xff}, {0xed, 0xf8, 0xd9, 0xff}, {0xff, 0xff, 0xff, 0xff},
}

func massColour(m float64) color.NRGBA { return ramp(massColours, m) }

// ramp interpolates colours at t in [0, 1].
func ramp(colours []color.NRGBA, t float64) color.NRGBA {
	at := max(0, min(t, 1)) * float64(len(colours)-1)
	i := min(int(at), len(colours)-2)
	return mix(colours[i], colours[i+1], at-float64(i))
}

// mix is a at t = 0 and b at t = 1.
func mix(a, b color.NRGBA, t float64) color.NRGBA {
	channel := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a)) + .5) }
	return color.NRGBA{channel(a.R, b.R), channel(a.G, b.G), channel(a.B, b.B), channel(a.A, b.A)}
}
