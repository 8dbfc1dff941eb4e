package plot

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/vg"

	"genlab"
)

// Film is a process that is shown beside others.
type Film struct {
	Title  string
	Colour color.NRGBA // of the points; zero: that of "diffusion"
	Frames []Frame     // by time; T is not used
}

const (
	filmColumns = 3
	filmSide    = 240 // pixels of a panel
	filmHead    = 24  // pixels of its title
	filmMargin  = 8
	filmPoint   = 1.3
)

// AnimateFilms returns a looping GIF of several processes side by side, three in a row, over one true density, which
// may be nil. All run from their first frame to their last, in at most 60 images; the last is held for 1.5 s. It fails
// where a film has no frame, and panics if the box is empty.
func AnimateFilms(title string, truth genlab.LogProber, box Box, films []Film) ([]byte, error) {
	box.check()
	if len(films) == 0 {
		return nil, errors.New("plot: an animation of no films")
	}
	longest := 0
	colours := color.Palette{}
	for _, f := range films {
		if len(f.Frames) == 0 {
			return nil, fmt.Errorf("plot: film %s has no frames", f.Title)
		}
		longest = max(longest, len(f.Frames))
		for _, c := range movieColours(orBlue(f.Colour))[:1+4*(1+len(massLevels))] {
			if len(colours) < 200 {
				colours = append(colours, c)
			}
		}
	}
	for i := range 16 {
		colours = append(colours, mix(ink, paper, float64(i)/16))
	}
	images := min(longest, maxFrames)
	columns := min(filmColumns, len(films))
	rows := (len(films) + columns - 1) / columns
	height := filmSide
	if ratio := box.height() / box.width(); ratio < 2 {
		height = int(filmSide * ratio)
	}
	const top = 30
	size := image.Rect(0, 0, columns*(filmSide+filmMargin)+filmMargin, top+rows*(height+filmHead+filmMargin))
	still := image.NewRGBA(size)
	draw.Draw(still, size, image.White, image.Point{}, draw.Src)
	write(still, image.Rect(filmMargin, 4, size.Dx(), top), 15, title)
	areas := make([]area, len(films))
	for i := range films {
		x, y := filmMargin+i%columns*(filmSide+filmMargin), top+i/columns*(height+filmHead+filmMargin)+filmHead
		areas[i] = area{img: still, box: box, left: float64(x), right: float64(x + filmSide), top: float64(y), bottom: float64(y + height)}
		if truth != nil {
			massOf(truth, areas[i]).bands(areas[i], pale)
		}
		frame(still, image.Rect(x, y, x+filmSide, y+height))
	}
	movie := newGIF(size, colours)
	for k := range images {
		now := image.NewRGBA(size)
		copy(now.Pix, still.Pix)
		for i, f := range films {
			at := f.Frames[0]
			if images > 1 {
				at = f.Frames[k*(len(f.Frames)-1)/(images-1)]
			}
			a := areas[i]
			a.img = now
			scatter(a, at.X, rowsOf(at), filmPoint, pointOpacity, always(orBlue(f.Colour)))
			head := image.Rect(int(a.left), int(a.top)-filmHead, int(a.right), int(a.top)-2)
			write(now, head, 12, fmt.Sprintf("%s    step %d", f.Title, at.Step))
		}
		delay := frameDelay
		if k == images-1 {
			delay = holdDelay
		}
		movie.add(now, delay)
	}
	return movie.encode()
}

func rowsOf(f Frame) int { return rows(f.X) }

// write draws a line of text into a part of an image.
func write(img *image.RGBA, at image.Rectangle, points float64, words string) {
	c := newCanvas(vg.Length(at.Dx()), vg.Length(at.Dy()), movieDPI)
	s := style(vg.Points(points), stdfont.WeightNormal, ink)
	c.draw.FillText(s, vg.Point{X: 0, Y: vg.Length(at.Dy()) / 3}, words)
	draw.Draw(img, at, c.rgba(), image.Point{}, draw.Src)
}

// frame draws the border of a rectangle.
func frame(img *image.RGBA, r image.Rectangle) {
	c := mix(ink, paper, 0.6)
	for x := r.Min.X; x < r.Max.X; x++ {
		img.Set(x, r.Min.Y, c)
		img.Set(x, r.Max.Y-1, c)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		img.Set(r.Min.X, y, c)
		img.Set(r.Max.X-1, y, c)
	}
}
