package plot

import (
	"image/color"
	"math"
	"slices"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// diagram is a plot of series, without the margins.
type diagram struct {
	axes  Axes
	plot  *plot.Plot
	names names
	lost  int // number of points that cannot be drawn
}

// names are the entries of a legend.
type names []name

type name struct {
	text       string
	thumbnails []plot.Thumbnailer
}

func (n *names) add(text string, thumbnails ...plot.Thumbnailer) {
	*n = append(*n, name{text, thumbnails})
}

func newDiagram(axes Axes, band *Band, series []Series) diagram {
	d := diagram{axes: axes, plot: newPlot("", "")}
	p := d.plot
	p.X.Padding, p.Y.Padding = vg.Points(4), vg.Points(4)
	var x, y extent
	x.log, y.log = axes.LogX, axes.LogY
	// gonum places labels as if a logarithmic axis were linear: draw writes them instead.
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridGrey, gridGrey
	p.Add(grid)
	strip := &strip{band: band}
	if band != nil {
		y.include(band.Lo, band.Hi)
		p.Add(strip)
	}
	for i, s := range series {
		if s.Colour == (color.NRGBA{}) {
			s.Colour = cycle[i%len(cycle)]
		}
		points, dropped := s.points(axes)
		d.lost += dropped
		s.add(p, &d.names, points, dashes[i%len(dashes)], &x, &y)
	}
	if band != nil && band.Name != "" {
		d.names.add(band.Name, strip)
	}
	p.X.Min, p.X.Max = x.ends(0)
	if axes.LogX && hasMarks(series) {
		p.X.Min, p.X.Max = x.ends(0.04) // otherwise half a mark would be clipped
	}
	p.Y.Min, p.Y.Max = y.ends(0.04)
	if axes.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, decades{}
	}
	if axes.LogY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	}
	return d
}

var gridGrey = color.Gray{0xe8}

func hasMarks(series []Series) bool {
	return slices.ContainsFunc(series, func(s Series) bool { return s.Marks })
}

// subtitle returns the number of points that are not drawn.
func (d diagram) subtitle() string {
	if d.lost == 0 {
		return ""
	}
	s := "not drawn: " + thousands(d.lost) + " not finite"
	if d.axes.LogX || d.axes.LogY {
		s += " or not positive"
	}
	return s
}

// draw fills a canvas with the axes, their labels and the data.
func (d diagram) draw(room draw.Canvas) {
	inner := draw.Crop(room, 1.5*labelSize, 0, 1.3*labelSize, 0)
	d.plot.Draw(inner)
	data := d.plot.DataCanvas(inner)
	middle := data.Center()
	label := style(labelSize, stdfont.WeightNormal, ink)
	label.XAlign, label.YAlign = draw.XCenter, draw.YBottom
	room.FillText(label, vg.Point{X: middle.X, Y: room.Min.Y}, d.axes.X)
	label.YAlign, label.Rotation = draw.YTop, math.Pi/2
	room.FillText(label, vg.Point{X: room.Min.X, Y: middle.Y}, d.axes.Y)
}

// Band is a horizontal band across a diagram.
type Band struct {
	Name   string
	Lo, Hi float64
}

// strip draws a [Band].
type strip struct{ band *Band }

var stripColour = color.NRGBA{0x80, 0x80, 0x80, 0x50}

// Plot implements [plot.Plotter].
func (s *strip) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	s.fill(c, y(s.band.Lo), y(s.band.Hi))
}

// Thumbnail implements [plot.Thumbnailer].
func (s *strip) Thumbnail(c *draw.Canvas) { s.fill(*c, c.Min.Y, c.Max.Y) }

func (s *strip) fill(c draw.Canvas, lo, hi vg.Length) {
	c.FillPolygon(stripColour, []vg.Point{{X: c.Min.X, Y: lo}, {X: c.Max.X, Y: lo}, {X: c.Max.X, Y: hi}, {X: c.Min.X, Y: hi}})
}

// Shape is the shape of a mark, which distinguishes series in addition to the colour.
type Shape int

// The shapes.
const (
	Disc Shape = iota
	Square
	Triangle
	Diamond
	Cross
	Ring
	HollowSquare
	HollowTriangle
	HollowDiamond
	Plus
)

func (s Shape) glyph() draw.GlyphDrawer {
	switch s {
	case Square:
		return draw.BoxGlyph{}
	case Triangle:
		return draw.PyramidGlyph{}
	case Diamond:
		return polygon{{-1.25, 0}, {0, -1.25}, {1.25, 0}, {0, 1.25}}
	case Cross:
		return strokes{0.7, [][][2]vg.Length{{{-1, -1}, {1, 1}}, {{-1, 1}, {1, -1}}}}
	case Ring:
		return draw.RingGlyph{}
	case HollowSquare:
		return strokes{0.45, [][][2]vg.Length{{{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}, {-.9, -.9}, {.9, -.9}}}}
	case HollowTriangle:
		return strokes{0.45, [][][2]vg.Length{{{-1, -.7}, {1, -.7}, {0, 1.1}, {-1, -.7}, {1, -.7}}}}
	case HollowDiamond:
		return strokes{0.45, [][][2]vg.Length{{{-1.2, 0}, {0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}, {0, -1.2}}}}
	case Plus:
		return strokes{0.7, [][][2]vg.Length{{{-1.2, 0}, {1.2, 0}}, {{0, -1.2}, {0, 1.2}}}}
	}
	return draw.CircleGlyph{}
}

// around returns points given in radii around the centre of a mark.
func around(points [][2]vg.Length, radius vg.Length, centre vg.Point) []vg.Point {
	all := make([]vg.Point, len(points))
	for i, p := range points {
		all[i] = vg.Point{X: centre.X + p[0]*radius, Y: centre.Y + p[1]*radius}
	}
	return all
}

// strokes is a mark of lines, all in radii. A closed line repeats its first edge, so that every corner
// is joined.
type strokes struct {
	width vg.Length
	lines [][][2]vg.Length
}

// DrawGlyph implements [draw.GlyphDrawer].
func (g strokes) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	for _, l := range g.lines {
		c.StrokeLines(draw.LineStyle{Color: s.Color, Width: g.width * s.Radius}, around(l, s.Radius, at))
	}
}

// polygon is a filled mark, in radii.
type polygon [][2]vg.Length

// DrawGlyph implements [draw.GlyphDrawer].
func (g polygon) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.FillPolygon(s.Color, around(g, s.Radius, at))
}
