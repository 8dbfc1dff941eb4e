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

// ContourMap is a function on the plane, shaded from low (light) to high (dark) with contour lines, and
// points on top.
type ContourMap struct {
	Title  string
	F      func(x mat.Matrix) []float64 // value of each row of x (n x 2)
	Points mat.Matrix                   // n x 2, may be nil
	Colour color.NRGBA                  // of the points; zero: that of "diffusion"
}

// heightColours shade a function from its minimum to its maximum, with monotone lightness.
var heightColours = []color.NRGBA{
	{0xff, 0xff, 0xff, 0xff}, {0xfe, 0xe3, 0xb5, 0xff}, {0xfb, 0xb3, 0x7a, 0xff},
	{0xe0, 0x72, 0x5c, 0xff}, {0xa2, 0x3b, 0x5c, 0xff}, {0x52, 0x1c, 0x4f, 0xff},
}

const (
	heightStep  = 4    // pixels between the nodes where a function is evaluated
	heightEnds  = 0.01 // fraction of the values clipped at either end
	heightLines = 10   // maximum number of contour lines
	keyRoom     = 74   // points, for the colour bar
)

// ContourMaps draws functions side by side, with one box and one scale, each with its own colour bar.
// The outermost hundredth of the values at either end is clipped, and a value that is not finite is
// drawn as the lowest. It panics if there is no map.
func ContourMaps(title string, box Box, maps ...ContourMap) ([]byte, error) {
	if len(maps) == 0 {
		panic("plot: ContourMaps of 0 maps, at least 1 is needed")
	}
	width := vg.Length(5.4*float64(len(maps))+1.6/float64(len(maps))) * vg.Inch
	var headings [][2]string
	for _, m := range maps {
		headings = append(headings, [2]string{m.Title, Panel{Points: m.Points}.note(box)})
	}
	return sideBySide(title, "lines of equal height", box, width, len(maps), keyRoom, headings, [2]string{},
		func(i int, a area, data draw.Canvas) { maps[i].draw(a).key(data) })
}

// heights holds the range of the colours and the distance of the contour lines.
type heights struct{ low, high, every float64 }

func (s ContourMap) draw(a area) heights {
	g := nodesOver(a, heightStep, 0)
	g.values = s.F(g.points(a))
	h := heightsOf(g.values)
	g.paint(a, func(x, y int, v, slope float64) {
		blend(a.img, x, y, ramp(heightColours, (v-h.low)/(h.high-h.low)), 1)
		if v < h.low || v > h.high || slope == 0 {
			return
		}
		away := math.Abs(v-h.every*math.Round(v/h.every)) / slope
		blend(a.img, x, y, contourColour, max(0, min(1.1-away, 0.6)))
	})
	if s.Points != nil {
		scatter(a, s.Points, rows(s.Points), 3.4, 0.9, always(paper))
		scatter(a, s.Points, rows(s.Points), 2.3, 1, always(orBlue(s.Colour)))
	}
	return h
}

// heightsOf returns the range of all but the outermost values, and replaces values that are not finite.
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

// key draws the colour bar to the right of a map.
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
