package plot

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
)

// gifEncoder collects the images of a looping GIF with one palette.
type gifEncoder struct {
	entry  []uint8 // index into the palette, for each colour of 5 bits a channel
	movie  gif.GIF
	before *image.Paletted
}

// newGIF returns an encoder of images of a size in at most 255 colours; index 0 is transparent.
func newGIF(size image.Rectangle, colours color.Palette) *gifEncoder {
	palette := append(color.Palette{color.NRGBA{}}, colours...)
	r := &gifEncoder{
		entry: make([]uint8, 1<<15),
		movie: gif.GIF{Config: image.Config{ColorModel: palette, Width: size.Dx(), Height: size.Dy()}},
	}
	for i := range r.entry {
		channel := func(shift int) uint8 { v := i >> shift & 31; return uint8(v<<3 | v>>2) }
		r.entry[i] = uint8(1 + colours.Index(color.NRGBA{channel(10), channel(5), channel(0), 0xff}))
	}
	return r
}

// add appends an image; delay is in hundredths of a second.
func (r *gifEncoder) add(img *image.RGBA, delay int) {
	now := image.NewPaletted(img.Bounds(), r.movie.Config.ColorModel.(color.Palette))
	for i := range now.Pix {
		c := img.Pix[4*i : 4*i+3]
		now.Pix[i] = r.entry[int(c[0]>>3)<<10|int(c[1]>>3)<<5|int(c[2]>>3)]
	}
	r.movie.Image = append(r.movie.Image, changes(r.before, now))
	r.movie.Disposal = append(r.movie.Disposal, gif.DisposalNone)
	r.movie.Delay = append(r.movie.Delay, delay)
	r.before = now
}

func (r *gifEncoder) encode() ([]byte, error) {
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, &r.movie); err != nil {
		return nil, fmt.Errorf("plot: %w", err)
	}
	return file.Bytes(), nil
}

// changes returns the smallest rectangle with all pixels that differ from the image before; the others
// are transparent (index 0).
func changes(before, now *image.Paletted) *image.Paletted {
	if before == nil {
		return now
	}
	box := image.Rectangle{}
	width := now.Bounds().Dx()
	for i, v := range now.Pix {
		if v != before.Pix[i] {
			x, y := i%width, i/width
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	if box.Empty() {
		box = image.Rect(0, 0, 1, 1)
	}
	part := image.NewPaletted(box, now.Palette)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if at := now.PixOffset(x, y); now.Pix[at] != before.Pix[at] {
				part.Pix[part.PixOffset(x, y)] = now.Pix[at]
			}
		}
	}
	return part
}
