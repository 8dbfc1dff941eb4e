package plot

import (
	"image/color"
	"math"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// diagram is series in one pair of axes, without the room around them.
type diagram struct {
	axes  Axes
	plot  *plot.Plot
	names names
	lost  int // points that cannot be drawn
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
	// gonum's own labels leave room as if a logarithmic axis were linear: draw sets them.
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
		p.X.Min, p.X.Max = x.ends(0.04) // half a mark would be cut off
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
	for _, s := range series {
		if s.Marks {
			return true
		}
	}
	return false
}

// subtitle says what is left out.
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

// draw fills a canvas with the axes, their names and the data.
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

// Band is a strip across the whole width of a diagram.
type Band struct {
	Name   string
	Lo, Hi float64
}

// strip draws a band.
type strip struct{ band *Band }

var stripColour = color.NRGBA{0x80, 0x80, 0x80, 0x50}

// Plot implements plot.Plotter.
func (s *strip) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	s.fill(c, y(s.band.Lo), y(s.band.Hi))
}

// Thumbnail implements plot.Thumbnailer.
func (s *strip) Thumbnail(c *draw.Canvas) { s.fill(*c, c.Min.Y, c.Max.Y) }

func (s *strip) fill(c draw.Canvas, lo, hi vg.Length) {
	c.FillPolygon(stripColour, []vg.Point{{X: c.Min.X, Y: lo}, {X: c.Max.X, Y: lo}, {X: c.Max.X, Y: hi}, {X: c.Min.X, Y: hi}})
}

// Shape is that of a mark: with it colours are not the only thing that tells models apart.
type Shape int

// The shapes there are.
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
		return diamond{}
	case Cross:
		return thickCross{}
	case Ring:
		return draw.RingGlyph{}
	case HollowSquare:
		return outline{{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}, {-.9, -.9}, {.9, -.9}}
	case HollowTriangle:
		return outline{{-1, -.7}, {1, -.7}, {0, 1.1}, {-1, -.7}, {1, -.7}}
	case HollowDiamond:
		return outline{{-1.2, 0}, {0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}, {0, -1.2}}
	case Plus:
		return plus{}
	}
	return draw.CircleGlyph{}
}

// outline is a line through points in radii around a mark's place; its end lies upon its first edge, so
// that every corner is one.
type outline [][2]vg.Length

// DrawGlyph implements draw.GlyphDrawer.
func (o outline) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	line := make([]vg.Point, len(o))
	for i, p := range o {
		line[i] = vg.Point{X: at.X + p[0]*s.Radius, Y: at.Y + p[1]*s.Radius}
	}
	c.StrokeLines(draw.LineStyle{Color: s.Color, Width: 0.45 * s.Radius}, line)
}

type plus struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (plus) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	line, r := draw.LineStyle{Color: s.Color, Width: 0.7 * s.Radius}, 1.2*s.Radius
	c.StrokeLine2(line, at.X-r, at.Y, at.X+r, at.Y)
	c.StrokeLine2(line, at.X, at.Y-r, at.X, at.Y+r)
}

type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := 1.25 * s.Radius
	c.FillPolygon(s.Color, []vg.Point{{X: at.X - r, Y: at.Y}, {X: at.X, Y: at.Y - r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y + r}})
}

type thickCross struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (thickCross) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	line := draw.LineStyle{Color: s.Color, Width: 0.7 * s.Radius}
	c.StrokeLine2(line, at.X-s.Radius, at.Y-s.Radius, at.X+s.Radius, at.Y+s.Radius)
	c.StrokeLine2(line, at.X-s.Radius, at.Y+s.Radius, at.X+s.Radius, at.Y-s.Radius)
}
