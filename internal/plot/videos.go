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

// VideoRow is a row of videos.
type VideoRow struct {
	Title  string
	Videos [][]*mat.Dense // the frames of each, n x 2
}

const (
	videoSubframes = 3  // interpolated images a frame
	videoDelay     = 5  // hundredths of a second
	trail          = 24 // length of the trail of a point, in images
	videoSide      = 132
	videoGap       = 12
	videoRadius    = 4.5
	videoPalette   = 5 // shades of the colour of a point
)

// Videos returns a GIF of rows of videos that loops without a seam: forward, then backward. Each video
// has a frame at the walls of the box, and its points move linearly between frames, with the colours
// of [LabelColour] and fading trails. It fails if there is no video, and panics unless all videos have
// the same number of frames, at least 2, and all rows the same number of videos.
func Videos(title string, walls Box, rows ...VideoRow) ([]byte, error) {
	walls.check()
	if len(rows) == 0 || len(rows[0].Videos) == 0 {
		return nil, errors.New("plot: Videos of no video")
	}
	columns, frames := len(rows[0].Videos), len(rows[0].Videos[0])
	for _, r := range rows {
		for _, f := range r.Videos {
			if len(r.Videos) != columns || len(f) != frames || frames < 2 {
				panic(fmt.Sprintf("plot: Videos of a row of %d with %d frames, the first has %d of %d", len(r.Videos), len(f), columns, frames))
			}
		}
	}
	s := newScreen(title, walls, rows)
	points := 0
	for _, f := range rows[0].Videos {
		points = max(points, sizeOf(f))
	}
	movie := newGIF(s.still.Bounds(), videoColours(points))
	last := (frames - 1) * videoSubframes
	for i := range 2 * last {
		movie.add(s.draw(rows, func(back int) float64 {
			at := (i - back + trail*2*last) % (2 * last) // a trail reaches back into earlier rounds
			if at > last {
				at = 2*last - at
			}
			return float64(at) / videoSubframes
		}), videoDelay)
	}
	return movie.encode()
}

func sizeOf(video []*mat.Dense) int { n, _ := video[0].Dims(); return n }

// videoColours returns shades of the colours of the points, and greys.
func videoColours(points int) color.Palette {
	var colours color.Palette
	for k := range min(points, len(labelColours)) {
		for i := range videoPalette {
			colours = append(colours, mix(LabelColour(k), paper, float64(i)/videoPalette))
		}
	}
	for i := range 11 {
		colours = append(colours, mix(ink, paper, float64(i)/10))
	}
	return colours
}

// screen is the part that all images share, and the areas of the videos.
type screen struct {
	still *image.RGBA
	areas [][]area
}

func newScreen(title string, walls Box, rows []VideoRow) screen {
	top := headerHeight(title, "")
	heads := headingHeight(rows[0].Title, "")
	cell := vg.Length(videoSide + videoGap) // at movieDPI a point is a pixel
	high := vg.Length(videoSide*walls.height()/walls.width()) + videoGap
	c := newCanvas(vg.Length(len(rows[0].Videos))*cell+videoGap, top+vg.Length(len(rows))*(heads+high), movieDPI)
	below := header(c.draw, title, "")
	s := screen{still: c.rgba()}
	for i, r := range rows {
		down := vg.Length(i) * (heads + high)
		heading(vgdraw.Crop(below, 0, 0, 0, -down), r.Title, "")
		y := float64(top + down + heads)
		var areas []area
		for k := range r.Videos {
			x := float64(videoGap + vg.Length(k)*cell)
			a := area{s.still, walls, x, x + videoSide, y, y + float64(high) - videoGap}
			frame := image.Rect(int(a.left)-2, int(a.top)-2, int(a.right)+2, int(a.bottom)+2)
			draw.Draw(s.still, frame, &image.Uniform{mix(ink, paper, 0.5)}, image.Point{}, draw.Src)
			draw.Draw(s.still, frame.Inset(1), &image.Uniform{paper}, image.Point{}, draw.Src)
			areas = append(areas, a)
		}
		s.areas = append(s.areas, areas)
	}
	return s
}

// draw returns an image; when returns the time in a video, in frames, some images back.
func (s screen) draw(rows []VideoRow, when func(back int) float64) *image.RGBA {
	img := image.NewRGBA(s.still.Bounds())
	copy(img.Pix, s.still.Pix)
	for i, r := range rows {
		for k, video := range r.Videos {
			a := s.areas[i][k]
			a.img = img
			for back := trail; back >= 0; back-- {
				age := float64(back) / (trail + 1)
				for p := range sizeOf(video) {
					x, y, ok := whereabouts(video, p, when(back))
					if !ok {
						continue
					}
					px, py := a.at(x, y)
					if back == 0 {
						a.disc(px, py, videoRadius, LabelColour(p), 1)
					} else if u, v, ok := whereabouts(video, p, when(back-1)); ok {
						qx, qy := a.at(u, v)
						a.segment(px, py, qx, qy, videoRadius*(1-age), mix(LabelColour(p), paper, 0.2+0.8*age), 1)
					}
				}
			}
		}
	}
	return img
}

// whereabouts returns the position of a point between two frames; ok is false if it is not finite.
func whereabouts(video []*mat.Dense, p int, t float64) (x, y float64, ok bool) {
	from := min(int(t), len(video)-2)
	part := t - float64(from)
	at := func(j int) float64 { return video[from].At(p, j) + part*(video[from+1].At(p, j)-video[from].At(p, j)) }
	x, y = at(0), at(1)
	return x, y, finite(x) && finite(y)
}
