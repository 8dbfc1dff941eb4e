package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"genlab"
)

// Panel is a plot of the plane. From back to front it has a shaded density, the highest-density regions
// of the true density, lines, paths, points, and the outlines of those regions; nil fields are left
// out.
type Panel struct {
	Title  string
	Map    genlab.LogProber // density to be shaded
	Truth  genlab.LogProber // true density: pale, outlined regions of 50, 80 and 95 % of its mass
	Lines  []Line           // curves, such as those of a grid
	Paths  []*mat.Dense     // trajectories: row i of each step (n x 2) is point i
	Points mat.Matrix       // n x 2
	Labels []int            // of each point, for its colour; nil: all have Colour
	Colour color.NRGBA      // of the points; zero is the colour of "diffusion"
	Axes   [2]string        // labels of the axes, from the first panel; empty: x1 and x2
}

// Points draws a sample x (n x 2) over the true density, which may be nil. It panics if the box is
// empty.
func Points(title string, x mat.Matrix, truth genlab.LogProber, box Box) ([]byte, error) {
	return single(title, box, Panel{Truth: truth, Points: x})
}

// Density draws a density shaded by the mass of its highest-density regions, dark at the peaks.
func Density(title string, q genlab.LogProber, box Box) ([]byte, error) {
	return single(title, box, Panel{Map: q})
}

// Trajectories draws the paths of at most 150 points from an open ring to a full disc, given their
// positions at each step (n x 2). The true density may be nil. It panics if there is no step or the
// steps differ in size.
func Trajectories(title string, steps []*mat.Dense, truth genlab.LogProber, box Box) ([]byte, error) {
	if len(steps) == 0 {
		panic("plot: Trajectories of 0 steps, at least 1 is needed")
	}
	for i, step := range steps {
		if n, m := rows(steps[0]), rows(step); n != m {
			panic(fmt.Sprintf("plot: Trajectories of %d points in step 0 and %d in step %d", n, m, i))
		}
	}
	return single(title, box, Panel{Truth: truth, Paths: steps})
}

// Compare draws panels side by side, with one box and one scale. A single panel has the size of that of
// [Points], and its title follows that of the picture. It panics if there is no panel.
func Compare(title string, box Box, panels ...Panel) ([]byte, error) {
	if len(panels) == 0 {
		panic("plot: Compare of 0 panels, at least 1 is needed")
	}
	if p := panels[0]; len(panels) == 1 {
		if p.Title != "" {
			title += " · " + p.Title
		}
		return single(title, box, p)
	}
	explained := map[string]bool{}
	var parts []string
	for _, p := range panels {
		if s := p.legend(); s != "" && !explained[s] {
			explained[s] = true
			parts = append(parts, s)
		}
	}
	return drawPanels(title, strings.Join(parts, " · "), box, vg.Length(4.7*float64(len(panels)))*vg.Inch, panels)
}

func single(title string, box Box, p Panel) ([]byte, error) {
	return drawPanels(title, p.subtitle(box), box, 7*vg.Inch, []Panel{p})
}

func drawPanels(title, subtitle string, box Box, width vg.Length, panels []Panel) ([]byte, error) {
	var headings [][2]string
	for _, p := range panels {
		headings = append(headings, [2]string{p.Title, p.note(box)})
	}
	if len(panels) == 1 {
		headings = nil
	}
	return sideBySide(title, subtitle, box, width, len(panels), 0, headings, panels[0].Axes,
		func(i int, a area, _ draw.Canvas) { panels[i].draw(a) })
}

// sideBySide draws n areas in a row, with one scale, and encodes the picture. Each has the axes of the
// box, its heading (a title and a note) and room for a key on its right.
func sideBySide(title, subtitle string, box Box, width vg.Length, n int, key vg.Length, headings [][2]string, axes [2]string,
	contents func(i int, a area, data draw.Canvas)) ([]byte, error) {
	box.check()
	top := headerHeight(title, subtitle)
	cell := width / vg.Length(n)
	heads := vg.Length(0)
	for _, h := range headings {
		heads = max(heads, headingHeight(h[0], h[1]))
	}
	frame := framed(box, axes)
	padX, padY := padding(frame)
	inset := vg.Points(10) // on the left, on the right and at the top
	scale := min((cell-padX-2*inset-key)/vg.Length(box.width()), 1.4*cell/vg.Length(box.height()))
	c := newCanvas(width, top+heads+padY+inset+scale*vg.Length(box.height()), dpi)
	below := header(c.draw, title, subtitle)
	for i := range n {
		at := draw.Crop(below, cell*vg.Length(i), cell*vg.Length(i+1)-width, 0, 0)
		if headings != nil {
			heading(at, headings[i][0], headings[i][1])
		}
		at.Max.Y -= heads + inset
		at.Min.X += inset
		at.Max.X = at.Min.X + padX + scale*vg.Length(box.width())
		frame.Draw(at)
		data := frame.DataCanvas(at)
		contents(i, c.area(box, data), data)
	}
	return encodePNG(c.rgba())
}

// framed returns an empty plot with the axes of a box.
func framed(box Box, axes [2]string) *plot.Plot {
	p := newPlot(cmp.Or(axes[0], "x1"), cmp.Or(axes[1], "x2"))
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = box.XMin, box.XMax, box.YMin, box.YMax
	return p
}

// padding returns the size of the axes and their labels.
func padding(p *plot.Plot) (x, y vg.Length) {
	const side = 10 * vg.Inch
	all := draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: side, Y: side}}}
	data := p.DataCanvas(all)
	return side - (data.Max.X - data.Min.X), side - (data.Max.Y - data.Min.Y)
}

// area returns the area of the canvas data, which shows box.
func (c canvas) area(box Box, data draw.Canvas) area {
	bottom := float64(c.rgba().Bounds().Dy())
	return area{
		img: c.rgba(), box: box,
		left: data.Min.X.Dots(c.dpi), right: data.Max.X.Dots(c.dpi),
		top: bottom - data.Max.Y.Dots(c.dpi), bottom: bottom - data.Min.Y.Dots(c.dpi),
	}
}

// subtitle returns the note and the legend.
func (p Panel) subtitle(box Box) string {
	note, legend := p.note(box), p.legend()
	if note == "" || legend == "" {
		return note + legend
	}
	return note + " · " + legend
}

// legend explains the contours.
func (p Panel) legend() string {
	switch {
	case p.Map != nil:
		return "lines enclose 50, 80, 95 % of the mass"
	case p.Truth != nil:
		return "outlined: 50, 80, 95 % of the true mass"
	}
	return ""
}

// note returns the number of points, and of those that are not drawn.
func (p Panel) note(box Box) string {
	x := p.Points
	if len(p.Paths) > 0 {
		x = p.Paths[len(p.Paths)-1]
	}
	if x == nil {
		return ""
	}
	var bad, out int
	for i := range rows(x) {
		switch a, b := x.At(i, 0), x.At(i, 1); {
		case !finite(a) || !finite(b):
			bad++
		case !box.holds(a, b):
			out++
		}
	}
	s := "n = " + thousands(rows(x))
	if len(p.Paths) > 0 && rows(x) > maxPaths {
		s += fmt.Sprintf(", %d drawn", maxPaths)
	}
	if out > 0 {
		s += fmt.Sprintf(", %s outside", thousands(out))
	}
	if bad > 0 {
		s += fmt.Sprintf(", %s not finite", thousands(bad))
	}
	return s
}

// maxPaths is the maximum number of paths, for readability.
const maxPaths = 150

// pale fills the regions of the true density, one over the other; contourColour is that of contours.
var (
	pale          = color.NRGBA{0x99, 0x99, 0x99, 0x38}
	contourColour = color.NRGBA{0x33, 0x33, 0x33, 0x90}
)

func (p Panel) draw(a area) {
	if p.Map != nil {
		m := massOf(p.Map, a)
		m.shade(a)
		m.outlines(a, contourColour, 1.2)
	}
	var truth massMap
	if p.Truth != nil {
		truth = massOf(p.Truth, a)
		truth.bands(a, pale)
	}
	colour := orBlue(p.Colour)
	for _, l := range p.Lines {
		l.draw(a, colour)
	}
	p.drawPaths(a, colour)
	if p.Points != nil {
		n := rows(p.Points)
		colours := always(colour)
		if p.Labels != nil {
			if len(p.Labels) != n {
				panic(fmt.Sprintf("plot: %d points with %d labels", n, len(p.Labels)))
			}
			colours = func(i int) color.NRGBA { return LabelColour(p.Labels[i]) }
		}
		radius, opacity := pointStyle(n)
		scatter(a, p.Points, n, radius, opacity, colours)
	}
	if p.Truth != nil { // over the points, which would hide small modes
		truth.outlines(a, contourColour, 1.3)
	}
}

// pointStyle makes many points smaller and lighter.
func pointStyle(n int) (radius, opacity float64) {
	thin := math.Sqrt(2000 / float64(max(n, 2000)))
	return 1.3 + 1.0*thin, 0.3 + 0.35*thin
}

func (p Panel) drawPaths(a area, colour color.NRGBA) {
	if len(p.Paths) == 0 {
		return
	}
	steps := len(p.Paths)
	shown := min(rows(p.Paths[0]), maxPaths)
	light := mix(colour, paper, 0.75)
	place := func(step, i int) (px, py float64, ok bool) {
		x, y := p.Paths[step].At(i, 0), p.Paths[step].At(i, 1)
		px, py = a.at(x, y)
		return px, py, finite(x) && finite(y)
	}
	for s := 1; s < steps; s++ {
		c := mix(light, colour, float64(s)/float64(steps))
		for i := range shown {
			x0, y0, ok0 := place(s-1, i)
			x1, y1, ok1 := place(s, i)
			if ok0 && ok1 {
				a.segment(x0, y0, x1, y1, 1.6, c, 1)
			}
		}
	}
	for i := range shown {
		if px, py, ok := place(0, i); ok {
			a.disc(px, py, 3.5, colour, 1)
			a.disc(px, py, 2, paper, 1)
		}
		if px, py, ok := place(steps-1, i); ok {
			a.disc(px, py, 4.2, paper, 1)
			a.disc(px, py, 3.4, colour, 1)
		}
	}
}
