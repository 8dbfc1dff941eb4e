package plot

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strconv"
	"strings"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// dpi makes a picture of 7 inches 1008 pixels wide.
const dpi = 144

// Font sizes in points, for a picture of 7 inches on a slide.
const (
	titleSize    = 20
	subtitleSize = 13
	labelSize    = 17
	tickSize     = 15
)

func face(size vg.Length, weight stdfont.Weight) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size}
}

func style(size vg.Length, weight stdfont.Weight, c color.Color) text.Style {
	return text.Style{Font: face(size, weight), Color: c, Handler: plot.DefaultTextHandler}
}

// newPlot returns an empty plot with the fonts and lines of this package.
func newPlot(xlabel, ylabel string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding = 0
		axis.Color = faint
		axis.Width = vg.Points(1)
		axis.Tick.Color = faint
		axis.Tick.Width = vg.Points(1)
		axis.Tick.Length = vg.Points(6)
		axis.Tick.Label.Font = face(tickSize, stdfont.WeightNormal)
		axis.Tick.Label.Color = ink
		axis.Label.TextStyle.Font = face(labelSize, stdfont.WeightNormal)
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = vg.Points(4)
	}
	p.X.Label.Text, p.Y.Label.Text = xlabel, ylabel
	p.X.Tick.Marker, p.Y.Tick.Marker = majorTicks{}, majorTicks{}
	return p
}

// majorTicks leaves out minor ticks, and labels the others with enough digits to distinguish them:
// gonum would label 2.85 as 2.8 next to 2.9.
type majorTicks struct{}

func (majorTicks) Ticks(lo, hi float64) []plot.Tick {
	var major []plot.Tick
	for _, t := range (plot.DefaultTicks{}).Ticks(lo, hi) {
		if !t.IsMinor() {
			major = append(major, t)
		}
	}
	digits, plain := decimals(major)
	for i, t := range major {
		switch {
		case math.Abs(t.Value) >= 1e4 && math.Abs(t.Value) < 1e7 && t.Value == math.Trunc(t.Value):
			t.Label = thousands(int(t.Value))
		case plain:
			t.Label = strconv.FormatFloat(math.Round(t.Value*1e6)/1e6+0, 'f', digits, 64)
		}
		major[i].Label = strings.ReplaceAll(t.Label, "-", "−")
	}
	return major
}

// decimals returns the number of decimals that the ticks need; plain is false if the step between them
// is very large or small.
func decimals(ticks []plot.Tick) (digits int, plain bool) {
	if len(ticks) < 2 {
		return 0, false
	}
	step := ticks[1].Value - ticks[0].Value
	if !(step >= 1e-4 && step <= 1e4) {
		return 0, false
	}
	for scale := 1.0; digits < 6; scale *= 10 {
		if !slices.ContainsFunc(ticks, func(t plot.Tick) bool {
			return math.Abs(t.Value*scale-math.Round(t.Value*scale)) > 1e-6*step*scale
		}) {
			break
		}
		digits++
	}
	return digits, true
}

// canvas is a white image.
type canvas struct {
	image *vgimg.Canvas
	draw  draw.Canvas
	dpi   float64
}

func newCanvas(w, h vg.Length, dpi int) canvas {
	c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dpi))
	return canvas{c, draw.New(c), float64(dpi)}
}

func (c canvas) rgba() *image.RGBA { return c.image.Image().(*image.RGBA) }

// headerHeight returns the height of a title and a subtitle.
func headerHeight(title, subtitle string) vg.Length {
	return linesHeight(titleSize, title, subtitle)
}

// headingHeight returns the height of the title and the note of a panel.
func headingHeight(title, note string) vg.Length { return linesHeight(labelSize, title, note) }

func linesHeight(size vg.Length, title, subtitle string) vg.Length {
	h := vg.Points(8)
	if title != "" {
		h += 1.4 * size
	}
	if subtitle != "" {
		h += 1.5 * subtitleSize
	}
	return h
}

// header writes a title and a subtitle at the top left of a canvas, and returns the canvas below.
func header(c draw.Canvas, title, subtitle string) draw.Canvas {
	lines(c, style(titleSize, stdfont.WeightBold, ink), title, subtitle)
	return draw.Crop(c, 0, 0, 0, -headerHeight(title, subtitle))
}

// heading writes the title and the note of a panel.
func heading(c draw.Canvas, title, note string) {
	lines(c, style(labelSize, stdfont.WeightNormal, ink), title, note)
}

func lines(c draw.Canvas, s text.Style, title, subtitle string) {
	at := vg.Point{X: c.Min.X + vg.Points(10), Y: c.Max.Y - vg.Points(8)}
	s.YAlign = draw.YTop
	if title != "" {
		c.FillText(s, at, title)
		at.Y -= 1.4 * s.Font.Size
	}
	if subtitle != "" {
		s = style(subtitleSize, stdfont.WeightNormal, faint)
		s.YAlign = draw.YTop
		c.FillText(s, at, subtitle)
	}
}

// encodePNG encodes an image.
func encodePNG(img image.Image) ([]byte, error) { return compress(img, png.BestSpeed) }

func compress(img image.Image, level png.CompressionLevel) ([]byte, error) {
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: level}
	if err := encoder.Encode(&file, img); err != nil {
		return nil, fmt.Errorf("plot: %w", err)
	}
	return file.Bytes(), nil
}

// thousands formats a count with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
