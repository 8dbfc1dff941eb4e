package plot

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Chart is a diagram among several.
type Chart struct {
	Axes   // the title is that of the diagram
	Series []Series
	Band   *Band // nil for none
}

// Charts draws diagrams in so many columns, with one legend below the title: all diagrams must have the
// series of the first. It panics if there is no diagram or columns < 1.
func Charts(title, subtitle string, columns int, charts []Chart) ([]byte, error) {
	if len(charts) == 0 || columns < 1 {
		panic(fmt.Sprintf("plot: %d Charts in %d columns, at least 1 is needed", len(charts), columns))
	}
	rows := (len(charts) + columns - 1) / columns
	const w, h = 5.6 * vg.Inch, 4.2 * vg.Inch
	first := charts[0].diagram()
	lines := first.lines(w*vg.Length(columns) - vg.Points(20))
	key := keyLine * vg.Length(max(1, len(lines)))
	top := headerHeight(title, subtitle)
	c := newCanvas(w*vg.Length(columns), top+key+h*vg.Length(rows), dpi)
	below := header(c.draw, title, subtitle)
	drawKey(lines, draw.Crop(below, vg.Points(10), 0, h*vg.Length(rows), 0))
	for i, chart := range charts {
		x, y := vg.Length(i%columns), vg.Length(rows-1-i/columns)
		chart.draw(draw.Crop(below, x*w, (x+1)*w-w*vg.Length(columns), y*h, (y+1)*h-h*vg.Length(rows)-key))
	}
	return encodePNG(c.rgba())
}

func (c Chart) diagram() diagram { return newDiagram(c.Axes, c.Band, c.Series) }

// draw fills a canvas with the diagram and its title.
func (c Chart) draw(at draw.Canvas) {
	d := c.diagram()
	heading(at, c.Title, d.subtitle())
	margin := vg.Points(10)
	d.draw(draw.Crop(at, margin, -2*margin, margin, -headingHeight(c.Title, d.subtitle())))
}

// Sizes of the legend: height of a line, width of a mark and of the space after a name.
const (
	keyLine  = 0.35 * vg.Inch
	keyMark  = 36
	keySpace = 18
)

func keyStyle() draw.TextStyle {
	words := style(tickSize, stdfont.WeightNormal, ink)
	words.YAlign = draw.YCenter
	return words
}

// lines breaks the legend into lines of at most a width.
func (d diagram) lines(width vg.Length) []names {
	var all []names
	x, words := vg.Length(0), keyStyle()
	for _, e := range d.names {
		wide := vg.Points(keyMark) + words.Width(e.text)
		if len(all) == 0 || x+wide > width {
			all, x = append(all, nil), 0
		}
		all[len(all)-1] = append(all[len(all)-1], e)
		x += wide + vg.Points(keySpace)
	}
	return all
}

// drawKey draws the legend.
func drawKey(lines []names, c draw.Canvas) {
	words := keyStyle()
	for i, line := range lines {
		x, y := c.Min.X, c.Max.Y-(vg.Length(i)+0.5)*keyLine
		for _, e := range line {
			thumb := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: y - vg.Points(6)}, Max: vg.Point{X: x + vg.Points(30), Y: y + vg.Points(6)}}}
			for _, t := range e.thumbnails {
				t.Thumbnail(&thumb)
			}
			x += vg.Points(keyMark)
			c.FillText(words, vg.Point{X: x, Y: y}, e.text)
			x += words.Width(e.text) + vg.Points(keySpace)
		}
	}
}

// SVG returns the diagram as an SVG element for an HTML page, without title and legend. Black and grey
// become the text colour of the page, for light and dark themes. label is the accessible name.
func (c Chart) SVG(label string) string {
	const w, h = 5.6 * vg.Inch, 3.8 * vg.Inch
	canvas := vgsvg.New(w, h)
	c.diagram().draw(draw.Crop(draw.New(canvas), vg.Points(2), -vg.Points(8), vg.Points(2), -vg.Points(6)))
	var file bytes.Buffer
	canvas.WriteTo(&file) // a bytes.Buffer does not fail
	_, svg, _ := strings.Cut(file.String(), "<svg")
	_, body, _ := strings.Cut(svg, ">")
	for _, grey := range []string{"#222222", "#666666", "#000000", "#E8E8E8", "#e8e8e8"} {
		opacity := ""
		if strings.EqualFold(grey, "#e8e8e8") {
			opacity = ";stroke-opacity:0.15"
		}
		body = strings.ReplaceAll(body, "fill:"+grey, "fill:currentColor")
		body = strings.ReplaceAll(body, "stroke:"+grey, "stroke:currentColor"+opacity)
	}
	body = fontFamily.ReplaceAllString(body, "font-family:Liberation Sans,Arial,Helvetica,sans-serif")
	return fmt.Sprintf(`<svg role="img" aria-label="%s" viewBox="0 0 %g %g" xmlns="http://www.w3.org/2000/svg">%s`,
		escaper.Replace(label), w.Points(), h.Points(), body)
}

var (
	fontFamily = regexp.MustCompile(`font-family:[^;"]*`)
	escaper    = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)
