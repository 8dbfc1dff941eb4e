package plot

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"iter"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"

	"genlab"
)

// Frame is a step of a process.
type Frame struct {
	X    mat.Matrix // n x 2; it may be reused for the next frame
	T    float64    // time: 1 is noise and 0 is data
	Step int        // number of steps so far
}

// Animation holds the options of [Animate].
type Animation struct {
	Title  string
	Truth  genlab.LogProber // true density behind the points; nil: none
	Box    Box
	Colour color.NRGBA // of the points; zero: that of "diffusion"
	Points int         // maximum number of rows drawn; 0: 1200

	// Caption returns the text above a frame; nil: its time and step.
	Caption func(Frame) string
}

const (
	maxFrames    = 60
	frameDelay   = 8   // hundredths of a second
	holdDelay    = 150 // of the last frame
	moviePoints  = 1200
	movieDPI     = 72 // 504 pixels wide
	pointRadius  = 1.6
	pointOpacity = 0.75
)

// Animate returns a looping GIF of frames: points over the true density, the time and step, and a
// progress bar from the T of the first frame to that of the last. At most 60 frames are kept, evenly
// spaced with the first and the last; the last is held for 1.5 s. Points that are not finite are
// counted instead of drawn. It fails if there is no frame, and panics if the box is empty.
func Animate(frames iter.Seq[Frame], a Animation) ([]byte, error) {
	a.Box.check()
	a.Points, a.Colour = cmp.Or(a.Points, moviePoints), orBlue(a.Colour)
	var moments []moment
	for f := range frames {
		moments = append(moments, a.keep(f))
	}
	if len(moments) == 0 {
		return nil, errors.New("plot: an animation of no frames")
	}
	moments = thinned(moments, maxFrames)
	stage := a.stage()
	movie := newGIF(stage.still.Bounds(), movieColours(a.Colour))
	for i, m := range moments {
		delay := frameDelay
		if i == len(moments)-1 {
			delay = holdDelay
		}
		movie.add(stage.draw(m, moments[0].t, moments[len(moments)-1].t, a), delay)
	}
	return movie.encode()
}

// moment is the part of a frame that is kept.
type moment struct {
	x         *mat.Dense
	t         float64
	step      int
	nonFinite int
}

func (a Animation) keep(f Frame) moment {
	n := rows(f.X)
	m := moment{x: mat.NewDense(max(1, min(n, a.Points)), 2, nil), t: f.T, step: f.Step}
	for i := range n {
		x, y := f.X.At(i, 0), f.X.At(i, 1)
		if i < a.Points {
			m.x.SetRow(i, []float64{x, y})
		}
		if !finite(x) || !finite(y) {
			m.nonFinite++
		}
	}
	return m
}

// thinned returns at most limit moments, evenly spaced, with the first and the last.
func thinned(all []moment, limit int) []moment {
	if len(all) <= limit {
		return all
	}
	kept := make([]moment, limit)
	for i := range kept {
		kept[i] = all[i*(len(all)-1)/(limit-1)]
	}
	return kept
}

// stage is the part that all frames share.
type stage struct {
	still *image.RGBA     // axes, title and true density
	area  area            // of the data
	strip image.Rectangle // with the time and the progress bar
}

func (a Animation) stage() stage {
	const width = 7 * vg.Inch
	const strip = 34 // points, for the time and the progress bar
	top := headerHeight(a.Title, "")
	frame := framed(a.Box, [2]string{})
	padX, padY := padding(frame)
	inset := vg.Points(10)
	scale := min((width-padX-2*inset)/vg.Length(a.Box.width()), 1.4*width/vg.Length(a.Box.height()))
	height := top + strip + padY + inset + scale*vg.Length(a.Box.height())

	c := newCanvas(width, height, movieDPI)
	at := header(c.draw, a.Title, "")
	at.Max.Y = at.Min.Y + padY + scale*vg.Length(a.Box.height())
	at.Min.X += inset
	at.Max.X = at.Min.X + padX + scale*vg.Length(a.Box.width())
	frame.Draw(at)
	s := stage{still: c.rgba(), area: c.area(a.Box, frame.DataCanvas(at))}
	if a.Truth != nil {
		massOf(a.Truth, s.area).bands(s.area, pale)
	}
	y := int(top.Dots(movieDPI))
	s.strip = image.Rect(0, y, s.still.Bounds().Dx(), y+strip)
	return s
}

// movieColours returns at most 31 colours (5 bits a pixel with transparency): the greys of text and true
// density, and the colour of the points over white and over each of the regions.
func movieColours(points color.NRGBA) color.Palette {
	under := []color.NRGBA{paper}
	for range massLevels {
		last := under[len(under)-1]
		under = append(under, mix(last, color.NRGBA{pale.R, pale.G, pale.B, 0xff}, float64(pale.A)/255))
	}
	colours := color.Palette{points}
	for _, u := range under {
		for _, t := range []float64{0, .25, .5, .75} {
			colours = append(colours, mix(u, points, t))
		}
	}
	for i := range 10 {
		colours = append(colours, mix(ink, paper, float64(i)/10))
	}
	return colours
}

// draw returns the image of a moment.
func (s stage) draw(m moment, first, last float64, a Animation) *image.RGBA {
	now := s.area
	now.img = image.NewRGBA(s.still.Bounds())
	copy(now.img.Pix, s.still.Pix)
	scatter(now, m.x, rows(m.x), pointRadius, pointOpacity, always(a.Colour))

	text := newCanvas(vg.Length(s.strip.Dx()), vg.Length(s.strip.Dy()), movieDPI)
	label := style(labelSize, stdfont.WeightNormal, ink)
	label.YAlign = vgdraw.YTop
	words := fmt.Sprintf("t = %.2f    step %d", m.t, m.step)
	if a.Caption != nil {
		words = a.Caption(Frame{X: m.x, T: m.t, Step: m.step})
	}
	if m.nonFinite > 0 {
		words += fmt.Sprintf("    %s not finite", thousands(m.nonFinite))
	}
	text.draw.FillText(label, vg.Point{X: 10, Y: text.draw.Max.Y - 2}, words)
	draw.Draw(now.img, s.strip, text.rgba(), image.Point{}, draw.Src)
	done := 1.0
	if first != last {
		done = (first - m.t) / (first - last)
	}
	bar := func(share float64, c color.Color) {
		left, right := 10, s.strip.Max.X-14
		r := image.Rect(left, s.strip.Max.Y-7, left+int(share*float64(right-left)+.5), s.strip.Max.Y-3)
		draw.Draw(now.img, r, &image.Uniform{c}, image.Point{}, draw.Src)
	}
	bar(1, mix(ink, paper, 0.8))
	bar(max(0, min(done, 1)), a.Colour)

	return now.img
}
