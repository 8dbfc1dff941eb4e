package plot

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
)

// VideoRow is films that are shown beside each other.
type VideoRow struct {
	Title  string
	Videos [][]*mat.Dense // of each its frames: of each the points, n x 2
}

const (
	filmPictures = 3  // pictures from a frame to the next
	filmDelay    = 5  // hundredths of a second
	trail        = 24 // pictures that a point leaves behind it
	filmSide     = 132
	filmGap      = 12
	filmRadius   = 4.5
	filmsPalette = 5 // shades of a point's colour
)

// Videos draws rows of films as a GIF that loops without a seam: forward, then backward. A film has a
// frame at the walls of the box, its points have the colours of LabelColour and trails that fade, and
// move evenly from each frame to the next, across a corner where they bounce between two. All films
// have as many frames, at least 2, and all rows as many films, or it panics. It returns an error
// if there is none.
func Videos(title string, walls Box, rows ...VideoRow) ([]byte, error) {
	walls.check()
	if len(rows) == 0 || len(rows[0].Videos) == 0 {
		return nil, errors.New("plot: films without a film")
	}
	columns, frames := len(rows[0].Videos), len(rows[0].Videos[0])
	for _, r := range rows {
		for _, f := range r.Videos {
			if len(r.Videos) != columns || len(f) != frames || frames < 2 {
				panic(fmt.Sprintf("plot: a row of %d films, one of %d frames, beside %d of %d", len(r.Videos), len(f), columns, frames))
			}
		}
	}
	s := newScreen(title, walls, rows)
	points := 0
	for _, f := range rows[0].Videos {
		points = max(points, sizeOf(f))
	}
	movie := newGIF(s.still.Bounds(), filmColours(points))
	last := (frames - 1) * filmPictures
	for i := range 2 * last {
		movie.add(s.draw(rows, func(back int) float64 {
			at := (i - back + trail*2*last) % (2 * last) // a trail reaches back into earlier rounds
			if at > last {
				at = 2*last - at
			}
			return float64(at) / filmPictures
		}), filmDelay)
	}
	return movie.encode()
}

func sizeOf(film []*mat.Dense) int { n, _ := film[0].Dims(); return n }

// filmColours are shades of the first points' colours, and of grey.
func filmColours(points int) color.Palette {
	var colours color.Palette
	for k := range min(points, len(labelColours)) {
		for i := range filmsPalette {
			colours = append(colours, mix(LabelColour(k), paper, float64(i)/filmsPalette))
		}
	}
	for i := range 11 {
		colours = append(colours, mix(ink, paper, float64(i)/10))
	}
	return colours
}

// screen is what the pictures share, and where the films are on it.
type screen struct {
	still *image.RGBA
	areas [][]area
}

func newScreen(title string, walls Box, rows []VideoRow) screen {
	top := headerHeight(title, "")
	heads := headingHeight(rows[0].Title, "")
	cell := vg.Length(filmSide + filmGap) // movieDPI makes a point a pixel
	high := vg.Length(filmSide*walls.height()/walls.width()) + filmGap
	c := newCanvas(vg.Length(len(rows[0].Videos))*cell+filmGap, top+vg.Length(len(rows))*(heads+high), movieDPI)
	below := header(c.draw, title, "")
	s := screen{still: c.rgba()}
	for i, r := range rows {
		down := vg.Length(i) * (heads + high)
		heading(vgdraw.Crop(below, 0, 0, 0, -down), r.Title, "")
		y := float64(top + down + heads)
		var areas []area
		for k := range r.Videos {
			x := float64(filmGap + vg.Length(k)*cell)
			a := area{s.still, walls, x, x + filmSide, y, y + float64(high) - filmGap}
			frame := image.Rect(int(a.left)-2, int(a.top)-2, int(a.right)+2, int(a.bottom)+2)
			draw.Draw(s.still, frame, &image.Uniform{mix(ink, paper, 0.5)}, image.Point{}, draw.Src)
			draw.Draw(s.still, frame.Inset(1), &image.Uniform{paper}, image.Point{}, draw.Src)
			areas = append(areas, a)
		}
		s.areas = append(s.areas, areas)
	}
	return s
}

// draw paints a picture; when says the place in a film, in frames, some pictures back.
func (s screen) draw(rows []VideoRow, when func(back int) float64) *image.RGBA {
	img := image.NewRGBA(s.still.Bounds())
	copy(img.Pix, s.still.Pix)
	for i, r := range rows {
		for k, film := range r.Videos {
			a := s.areas[i][k]
			a.img = img
			for back := trail; back >= 0; back-- {
				age := float64(back) / (trail + 1)
				for p := range sizeOf(film) {
					x, y, ok := whereabouts(film, p, when(back))
					if !ok {
						continue
					}
					px, py := a.at(x, y)
					if back == 0 {
						a.disc(px, py, filmRadius, LabelColour(p), 1)
					} else if u, v, ok := whereabouts(film, p, when(back-1)); ok {
						qx, qy := a.at(u, v)
						a.segment(px, py, qx, qy, filmRadius*(1-age), mix(LabelColour(p), paper, 0.2+0.8*age), 1)
					}
				}
			}
		}
	}
	return img
}

// whereabouts is where a point is between two frames; ok is false where it is nowhere.
func whereabouts(film []*mat.Dense, p int, t float64) (x, y float64, ok bool) {
	from := min(int(t), len(film)-2)
	part := t - float64(from)
	at := func(j int) float64 { return film[from].At(p, j) + part*(film[from+1].At(p, j)-film[from].At(p, j)) }
	x, y = at(0), at(1)
	return x, y, finite(x) && finite(y)
}
