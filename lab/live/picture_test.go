package live_test

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"slices"
	"testing"
	"time"
)

// TestPicture writes the picture of docs/live.md, the page in a window of 1400 x 1200 pixels while the paradigms learn 8gaussians, to the file
// of the environment variable GENLAB_PICTURE.
func TestPicture(t *testing.T) {
	path := os.Getenv("GENLAB_PICTURE")
	if path == "" {
		t.Skip("set GENLAB_PICTURE=docs/live.png, with its full path, to write the picture")
	}
	p, url, _ := open(t, 1400)
	p.Resize(1400, 1200)
	p.Prefer(map[string]string{"prefers-color-scheme": "light", "prefers-reduced-motion": "reduce"})
	p.Go(url + "#data=8gaussians&seed=1&panel=diffusion&panel=flow&panel=gan&panel=vae&panel=autoregressive")
	p.Wait(ready)
	p.Click("#start")
	for end, far := time.Now().Add(9*time.Minute), false; !far; time.Sleep(time.Second) {
		p.Eval(stepOf("GAN")+" > 2500 && "+stepOf("Autoregressive")+" > 250", &far)
		if time.Now().After(end) {
			t.Fatal("the models are too slow for a picture")
		}
	}
	p.Click("#start") // pause
	p.Wait(said("#state") + ".startsWith('paused')")
	p.Eval("document.documentElement.style.scrollbarWidth = 'none'; scrollTo(0, 0)", nil)
	time.Sleep(2 * time.Second) // the last figures
	small, err := fewColours(p.Screenshot())
	if err != nil {
		t.Fatal(err)
	}
	if len(small) > 200_000 {
		t.Errorf("the picture has %d bytes, want at most 200,000", len(small))
	}
	if err := os.WriteFile(path, small, 0o666); err != nil {
		t.Fatal(err)
	}
	faultless(t, p)
}

// fewColours returns a PNG with the 256 most frequent of its colours, of 5 bits a channel, which is smaller.
func fewColours(file []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	b := full.Bounds()
	at := func(x, y int) color.NRGBA {
		c := color.NRGBAModel.Convert(full.At(x, y)).(color.NRGBA)
		round := func(v uint8) uint8 { return v&^7 | v>>5 } // white stays white
		return color.NRGBA{round(c.R), round(c.G), round(c.B), 255}
	}
	count := map[color.NRGBA]int{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	all := slices.SortedFunc(maps.Keys(count), func(a, b color.NRGBA) int {
		return cmp.Or(count[b]-count[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, c := range all[:min(len(all), 256)] {
		palette = append(palette, c)
	}
	nearest := map[color.NRGBA]uint8{}
	out := image.NewPaletted(b, palette)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := at(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var text bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&text, out)
	return text.Bytes(), err
}
