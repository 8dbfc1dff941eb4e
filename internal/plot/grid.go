package plot

import (
	"fmt"
	"image/png"
	"math"
	"slices"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// GridRow is a row of panels with one box and one scale.
type GridRow struct {
	Name   string // written along its left edge
	Box    Box
	Panels []Panel
}

// Grid draws rows of panels of equal width, such as a column for each model. The titles of the first
// row are those of the columns; each row has one set of axis labels. It panics if there is no panel, or
// the rows have different numbers of panels.
func Grid(title string, rows []GridRow) ([]byte, error) {
	if len(rows) == 0 || len(rows[0].Panels) == 0 {
		panic("plot: Grid of 0 panels, at least 1 is needed")
	}
	columns := len(rows[0].Panels)
	const cell, gap, edge = 2.15 * vg.Inch, 0.12 * vg.Inch, 0.45 * vg.Inch // for the name of a row
	var left vg.Length                                                     // of the axis
	var heights []vg.Length
	total := vg.Length(0)
	for _, r := range rows {
		r.Box.check()
		if len(r.Panels) != columns {
			panic(fmt.Sprintf("plot: Grid of %d panels in row %q and %d in the first", len(r.Panels), r.Name, columns))
		}
		padX, padY := padding(r.frame(true))
		left = max(left, padX)
		h := cell*vg.Length(r.Box.height()/r.Box.width()) + padY + gap
		heights = append(heights, h)
		total += h
	}
	subtitle := rows[0].legend()
	top := headerHeight(title, subtitle)
	heads := headingHeight("title", "")
	c := newCanvas(edge+left+vg.Length(columns)*(cell+gap)+gap, top+heads+total, gridDPI)
	below := header(c.draw, title, subtitle)
	y := below.Max.Y - heads
	for i, r := range rows {
		for j, p := range r.Panels {
			x := edge + left + vg.Length(j)*(cell+gap)
			if i == 0 {
				words := style(tickSize, stdfont.WeightBold, ink)
				words.XAlign, words.YAlign = draw.XCenter, draw.YBottom
				if wide := words.Width(p.Title); wide > cell { // would overlap the next one
					words.Font.Size *= cell / wide
				}
				c.draw.FillText(words, vg.Point{X: x + cell/2, Y: y + vg.Points(5)}, p.Title)
			}
			frame := r.frame(j == 0)
			own, _ := padding(frame)
			at := c.draw
			at.Min.X, at.Max.X, at.Min.Y, at.Max.Y = x-own, x+cell, y-heights[i]+gap, y
			frame.Draw(at)
			p.draw(c.area(r.Box, frame.DataCanvas(at)))
		}
		words := style(labelSize, stdfont.WeightBold, ink)
		words.Rotation, words.XAlign, words.YAlign = math.Pi/2, draw.XCenter, draw.YTop
		c.draw.FillText(words, vg.Point{X: vg.Points(10), Y: y - cell*vg.Length(r.Box.height()/r.Box.width())/2}, r.Name)
		y -= heights[i]
	}
	return compress(c.rgba(), png.BestCompression) // a picture with thousands of dots is large
}

// gridDPI makes a grid of six columns about 1700 pixels wide.
const gridDPI = 110

// frame returns the axes of a panel; only the first of a row has a labelled vertical axis.
func (r GridRow) frame(first bool) *plot.Plot {
	p := framed(r.Box, [2]string{"x1, data unit", "x2, data unit"})
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = gridTickSize, gridTickSize
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = subtitleSize, subtitleSize
	p.X.Tick.Marker, p.Y.Tick.Marker = few{}, few{}
	if !first {
		p.HideY()
		p.Y.Label.Text = ""
	}
	return p
}

const gridTickSize = 11

// few returns the ticks of a small panel.
type few struct{}

func (few) Ticks(lo, hi float64) []plot.Tick {
	edge := 0.06 * (hi - lo) // where a label would touch that of the next panel
	all := majorTicks{}.Ticks(lo+edge, hi-edge)
	if len(all) > 5 {
		all = slices.DeleteFunc(all, func(t plot.Tick) bool {
			return math.Abs(math.Mod(t.Value/(all[1].Value-all[0].Value), 2)) > 0.5
		})
	}
	return all
}

// legend returns the legend of the first panel that has one.
func (r GridRow) legend() string {
	for _, p := range r.Panels {
		if s := p.legend(); s != "" {
			return s
		}
	}
	return ""
}
