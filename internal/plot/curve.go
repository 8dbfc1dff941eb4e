package plot

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is a line of a diagram, Y against X of the same length.
type Series struct {
	Name   string
	X, Y   []float64   // nil X is 0, 1, 2, ...
	SE     []float64   // standard errors, drawn as a band of ±1; nil: none
	Colour color.NRGBA // zero: the next of the palette
	Marks  bool        // a mark at each point
	Shape  Shape       // of the marks

	// Smooth is the window of the centred moving average drawn over the raw values. 0 is a fortieth
	// of the length for 100 values or more; 1 draws the raw values only.
	Smooth int
}

// Axes holds the labels and scales of a diagram. Labels include the unit: "loss, nats".
type Axes struct {
	Title, X, Y string
	LogX, LogY  bool
}

// Curve draws series on linear axes, such as a loss against steps. See [Lines].
func Curve(title, xlabel, ylabel string, series ...Series) ([]byte, error) {
	return Lines(Axes{Title: title, X: xlabel, Y: ylabel}, series...)
}

// Lines draws series in one diagram, each with its own colour and dashes, with a legend if there is more
// than one. The vertical axis contains the smoothed values, the bands, and all but the outermost
// hundredth of the raw values at either end. Points that are not finite, or not positive on a
// logarithmic axis, are counted in the subtitle instead of drawn. It panics if the lengths within a
// series differ.
func Lines(axes Axes, series ...Series) ([]byte, error) {
	d := newDiagram(axes, nil, series)
	c := newCanvas(8*vg.Inch, 5*vg.Inch, dpi)
	margin := vg.Points(10)
	room := draw.Crop(header(c.draw, axes.Title, d.subtitle()), margin, -2*margin, margin/2, -margin)
	if len(series) > 1 { // outside the axes, so that it hides no line
		l := legend(d.names)
		l.Draw(room)
		room.Max.X -= l.Rectangle(room).Size().X + margin
	}
	d.draw(room)
	return encodePNG(c.rgba())
}

// legend returns a legend at the top right.
func legend(entries names) plot.Legend {
	l := plot.NewLegend()
	l.Top, l.Left = true, false
	l.ThumbnailWidth = vg.Points(36)
	l.Padding = vg.Points(4)
	l.TextStyle.Font = face(tickSize, stdfont.WeightNormal)
	l.TextStyle.Color = ink
	for _, e := range entries {
		l.Add(e.text, e.thumbnails...)
	}
	return l
}

// dashes distinguish lines without colour.
var dashes = [][]vg.Length{
	nil, {vg.Points(9), vg.Points(4)}, {vg.Points(2.5), vg.Points(3)},
	{vg.Points(10), vg.Points(3), vg.Points(2.5), vg.Points(3)},
	{vg.Points(16), vg.Points(5)}, {vg.Points(5), vg.Points(2)},
}

// point is a value with its standard error.
type point struct{ x, y, se float64 }

// points returns the points that can be drawn, and the number of those that cannot.
func (s Series) points(axes Axes) (all []point, dropped int) {
	if s.X != nil && len(s.X) != len(s.Y) || s.SE != nil && len(s.SE) != len(s.Y) {
		panic(fmt.Sprintf("plot: series %q of %d x, %d y and %d errors", s.Name, len(s.X), len(s.Y), len(s.SE)))
	}
	for i, y := range s.Y {
		p := point{x: float64(i), y: y}
		if s.X != nil {
			p.x = s.X[i]
		}
		if s.SE != nil && finite(s.SE[i]) {
			p.se = s.SE[i]
		}
		if !finite(p.x) || !finite(p.y) || axes.LogX && p.x <= 0 || axes.LogY && p.y <= 0 {
			dropped++
			continue
		}
		all = append(all, p)
	}
	return all, dropped
}

// add draws the band, the raw values, the line and the marks of a series.
func (s Series) add(p *plot.Plot, names *names, points []point, dash []vg.Length, x, y *extent) {
	if len(points) == 0 {
		return
	}
	width := s.Smooth
	if width == 0 && len(points) >= 100 {
		width = len(points) / 40
	}
	line := points
	if width > 1 {
		line = runningMean(points, width)
		p.Add(&plotter.Line{XYs: thin(points), LineStyle: draw.LineStyle{
			Color: mix(s.Colour, paper, 0.62), Width: vg.Points(0.7)}})
		raw := make([]float64, len(points))
		for i, q := range points {
			raw[i] = q.y
		}
		slices.Sort(raw)
		cut := len(raw) / 100
		y.include(raw[cut], raw[len(raw)-1-cut])
	}
	var band plotter.XYs
	for _, q := range line {
		x.include(q.x)
		y.include(q.y, q.y-q.se, q.y+q.se)
		band = append(band, plotter.XY{X: q.x, Y: q.y + q.se})
	}
	if s.SE != nil {
		for _, q := range slices.Backward(line) {
			low := q.y - q.se
			if y.log && low <= 0 {
				low = q.y / 10
			}
			band = append(band, plotter.XY{X: q.x, Y: low})
		}
		light := s.Colour
		light.A = 0x38
		p.Add(clipped{&plotter.Polygon{XYs: []plotter.XYs{band}, Color: light}})
	}
	bold := &plotter.Line{XYs: xys(line), LineStyle: draw.LineStyle{
		Color: s.Colour, Width: vg.Points(2.4), Dashes: dash}}
	thumbnails := []plot.Thumbnailer{bold}
	p.Add(bold)
	if s.Marks {
		marks := &plotter.Scatter{XYs: xys(line), GlyphStyle: draw.GlyphStyle{
			Color: s.Colour, Radius: vg.Points(4), Shape: s.Shape.glyph()}}
		p.Add(marks)
		thumbnails = append(thumbnails, marks)
	}
	if s.Name != "" {
		names.add(s.Name, thumbnails...)
	}
}

// clipped is a polygon that does not extend the axes.
type clipped struct{ *plotter.Polygon }

func (c clipped) DataRange() (xmin, xmax, ymin, ymax float64) {
	return math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
}

// runningMean returns the centred moving average of y over width points, fewer at the ends.
func runningMean(points []point, width int) []point {
	sums := make([]float64, len(points)+1)
	for i, p := range points {
		sums[i+1] = sums[i] + p.y
	}
	smooth := slices.Clone(points)
	for i := range smooth {
		lo, hi := max(0, i-width/2), min(len(points), i+width/2+1)
		smooth[i].y = (sums[hi] - sums[lo]) / float64(hi-lo)
	}
	return smooth
}

// thin keeps the minimum and the maximum of each of 700 intervals: the same picture with fewer points.
func thin(points []point) plotter.XYs {
	const intervals = 700
	if len(points) <= 2*intervals {
		return xys(points)
	}
	var kept []point
	for s := range intervals {
		part := points[s*len(points)/intervals : (s+1)*len(points)/intervals]
		low, high := part[0], part[0]
		for _, p := range part {
			if p.y < low.y {
				low = p
			}
			if p.y > high.y {
				high = p
			}
		}
		if low.x > high.x {
			low, high = high, low
		}
		kept = append(kept, low, high)
	}
	return xys(kept)
}

func xys(points []point) plotter.XYs {
	all := make(plotter.XYs, len(points))
	for i, p := range points {
		all[i] = plotter.XY{X: p.x, Y: p.y}
	}
	return all
}

// extent is the range of an axis.
type extent struct {
	lo, hi float64
	log    bool
	some   bool
}

func (e *extent) include(values ...float64) {
	for _, v := range values {
		if e.log && v <= 0 {
			continue
		}
		if !e.some {
			e.lo, e.hi, e.some = v, v, true
		}
		e.lo, e.hi = min(e.lo, v), max(e.hi, v)
	}
}

// ends returns the ends of the axis, with a fraction of its length as a margin.
func (e extent) ends(margin float64) (lo, hi float64) {
	switch {
	case !e.some && e.log:
		return 0.1, 10
	case !e.some:
		return 0, 1
	case e.log:
		if e.lo == e.hi {
			return e.lo / 2, e.hi * 2
		}
		m := math.Pow(e.hi/e.lo, margin)
		return e.lo / m, e.hi * m
	case e.lo == e.hi:
		return e.lo - 1, e.hi + 1
	}
	m := (e.hi - e.lo) * margin
	return e.lo - m, e.hi + m
}

// decades labels the powers of ten, and 2 and 5 times those if there are few.
type decades struct{}

func (decades) Ticks(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	span := math.Log10(hi / lo)
	every := max(1, int(span/6))
	for e := int(math.Floor(math.Log10(lo))); e <= int(math.Ceil(math.Log10(hi))); e++ {
		for _, f := range []float64{1, 2, 5} {
			v := f * math.Pow(10, float64(e))
			if v < lo*(1-1e-9) || v > hi*(1+1e-9) {
				continue
			}
			label := ""
			if f == 1 && e%every == 0 || span < 2.2 {
				label = fmt.Sprintf("%.4g", v)
				if e < -3 || e > 4 {
					label = fmt.Sprintf("%ge%d", f, e)
				}
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}
