package plot

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ContourMap is a function of the plane as a map: shaded from low (light) to high (dark), with lines
// of equal height, and points on it.
type ContourMap struct {
	Title  string
	F      func(x mat.Matrix) []float64 // a value for each row, n x 2
	Points mat.Matrix                   // n x 2, may be nil
	Colour color.NRGBA                  // of the points; zero is the colour of "diffusion"
}

// heightColours shade a surface from its lowest to its highest place, with monotone lightness.
var heightColours = []color.NRGBA{
	{0xff, 0xff, 0xff, 0xff}, {0xfe, 0xe3, 0xb5, 0xff}, {0xfb, 0xb3, 0x7a, 0xff},
	{0xe0, 0x72, 0x5c, 0xff}, {0xa2, 0x3b, 0x5c, 0xff}, {0x52, 0x1c, 0x4f, 0xff},
}

const (
	heightStep  = 4    // pixels between the places where a surface is evaluated
	heightEnds  = 0.01 // share of the places, on each side, that may lie beyond the shades
	heightLines = 10   // about as many lines of equal height
	keyRoom     = 74   // points, for the key beside a map
)

// ContourMaps draws surfaces side by side, in one box with one scale, each with a key of its own
// heights. Beyond the hundredth at either end the shade stays the same. A value that is not
// finite is drawn as the lowest. It panics if there is no surface.
func ContourMaps(title string, box Box, surfaces ...ContourMap) ([]byte, error) {
	if len(surfaces) == 0 {
		panic("plot: ContourMaps of 0 surfaces, at least 1 is needed")
	}
	box.check()
	width := vg.Length(5.4*float64(len(surfaces))+1.6/float64(len(surfaces))) * vg.Inch
	cell := width / vg.Length(len(surfaces))
	const subtitle = "lines of equal height"
	top := headerHeight(title, subtitle)
	heads := vg.Length(0)
	for _, s := range surfaces {
		heads = max(heads, headingHeight(s.Title, s.note(box)))
	}
	frame := framed(box, [2]string{})
	padX, padY := padding(frame)
	inset := vg.Points(10)
	scale := min((cell-padX-2*inset-keyRoom)/vg.Length(box.width()), 1.4*cell/vg.Length(box.height()))
	c := newCanvas(width, top+heads+padY+inset+scale*vg.Length(box.height()), dpi)
	below := header(c.draw, title, subtitle)
	for i, s := range surfaces {
		at := draw.Crop(below, cell*vg.Length(i), cell*vg.Length(i+1)-width, 0, 0)
		heading(at, s.Title, s.note(box))
		at.Max.Y -= heads + inset
		at.Min.X += inset
		at.Max.X = at.Min.X + padX + scale*vg.Length(box.width())
		frame.Draw(at)
		data := frame.DataCanvas(at)
		h := s.draw(c.area(box, data))
		h.key(data)
	}
	return encodePNG(c.rgba())
}

func (s ContourMap) note(box Box) string { return Panel{Points: s.Points}.note(box) }

// heights are the ends of a surface's shades and the distance of its lines.
type heights struct{ low, high, every float64 }

func (s ContourMap) draw(a area) heights {
	inner := a.inner()
	g := massMap{
		nx: inner.Dx()/heightStep + 2, ny: inner.Dy()/heightStep + 2, step: heightStep,
		left: float64(inner.Min.X), top: float64(inner.Min.Y),
	}
	nodes := mat.NewDense(g.nx*g.ny, 2, nil)
	for j := range g.ny {
		for i := range g.nx {
			nodes.SetRow(j*g.nx+i, a.from(g.left+float64(i)*g.step, g.top+float64(j)*g.step))
		}
	}
	g.values = s.F(nodes)
	h := heightsOf(g.values)
	g.paint(a, func(x, y int, v, slope float64) {
		blend(a.img, x, y, ramp(heightColours, (v-h.low)/(h.high-h.low)), 1)
		if v < h.low || v > h.high || slope == 0 {
			return
		}
		away := math.Abs(v-h.every*math.Round(v/h.every)) / slope
		blend(a.img, x, y, shore, max(0, min(1.1-away, 0.6)))
	})
	if s.Points != nil {
		colour := s.Colour
		if colour == (color.NRGBA{}) {
			colour = Blue
		}
		scatter(a, s.Points, rows(s.Points), 3.4, paper, 0.9)
		scatter(a, s.Points, rows(s.Points), 2.3, colour, 1)
	}
	return h
}

// heightsOf finds the range of all but the outermost values, and replaces what is not finite.
func heightsOf(values []float64) heights {
	var sorted []float64
	for _, v := range values {
		if finite(v) {
			sorted = append(sorted, v)
		}
	}
	if len(sorted) == 0 {
		sorted = []float64{0}
	}
	slices.Sort(sorted)
	cut := int(heightEnds * float64(len(sorted)))
	h := heights{low: sorted[cut], high: sorted[len(sorted)-1-cut]}
	if h.low == h.high {
		h.low, h.high = h.low-1, h.high+1
	}
	for i, v := range values {
		if !finite(v) {
			values[i] = h.low
		}
	}
	h.every = math.Pow(10, math.Floor(math.Log10((h.high-h.low)/heightLines)))
	for _, f := range []float64{1, 2, 5, 10} {
		if every := f * h.every; (h.high-h.low)/every <= heightLines {
			h.every = every
			break
		}
	}
	return h
}

// key draws the shades and their heights to the right of a map.
func (h heights) key(data draw.Canvas) {
	const shades = 64
	left := data.Max.X + vg.Points(12)
	tall := data.Max.Y - data.Min.Y
	for i := range shades {
		y := data.Min.Y + tall*vg.Length(i)/shades
		data.FillPolygon(ramp(heightColours, (float64(i)+.5)/shades), []vg.Point{ // to the top: no seams
			{X: left, Y: y}, {X: left + 12, Y: y}, {X: left + 12, Y: data.Max.Y}, {X: left, Y: data.Max.Y},
		})
	}
	data.StrokeLines(draw.LineStyle{Color: faint, Width: vg.Points(0.7)}, []vg.Point{
		{X: left, Y: data.Min.Y}, {X: left + 12, Y: data.Min.Y}, {X: left + 12, Y: data.Max.Y}, {X: left, Y: data.Max.Y}, {X: left, Y: data.Min.Y},
	})
	label := style(subtitleSize, 0, ink)
	label.YAlign = draw.YCenter
	each := 2 * h.every
	for v := each * math.Ceil(h.low/each); v <= h.high; v += each {
		y := data.Min.Y + tall*vg.Length((v-h.low)/(h.high-h.low))
		data.StrokeLines(draw.LineStyle{Color: faint, Width: vg.Points(0.7)}, []vg.Point{{X: left + 12, Y: y}, {X: left + 15, Y: y}})
		text := fmt.Sprintf("%.4g", math.Round(v/h.every)*h.every)
		data.FillText(label, vg.Point{X: left + 18, Y: y}, strings.ReplaceAll(text, "-", "−"))
	}
}
