package plot

import (
	"bytes"
	"image"
	"image/draw"
	"image/gif"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

// mixture is an equal mixture of round Gaussians.
type mixture struct {
	centres [][2]float64
	sigma   float64
}

func ring(n int, radius, sigma float64) mixture {
	m := mixture{sigma: sigma}
	for k := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		m.centres = append(m.centres, [2]float64{radius * cos, radius * sin})
	}
	return m
}

func lattice() mixture {
	m := mixture{sigma: 0.05}
	for i := range 25 {
		m.centres = append(m.centres, [2]float64{float64(i%5*2 - 4), float64(i/5*2 - 4)})
	}
	return m
}

func (m mixture) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	p := make([]float64, n)
	for i := range p {
		for _, c := range m.centres {
			p[i] += math.Exp(-(math.Pow(x.At(i, 0)-c[0], 2) + math.Pow(x.At(i, 1)-c[1], 2)) / (2 * m.sigma * m.sigma))
		}
		p[i] = math.Log(p[i] / float64(len(m.centres)) / (2 * math.Pi * m.sigma * m.sigma))
	}
	return p
}

func (m mixture) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		c := m.centres[rng.IntN(len(m.centres))]
		x.Set(i, 0, c[0]+m.sigma*rng.NormFloat64())
		x.Set(i, 1, c[1]+m.sigma*rng.NormFloat64())
	}
	return x
}

func square(half float64) Box { return Box{-half, half, -half, half} }

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// TestGallery writes a picture of each kind to GENLAB_GALLERY, to look at.
func TestGallery(t *testing.T) {
	folder := os.Getenv("GENLAB_GALLERY")
	if folder == "" {
		t.Skip("GENLAB_GALLERY is not set")
	}
	rng := random(1)
	save := func(name string, draw func() ([]byte, error)) {
		start := time.Now()
		file, err := draw()
		if err != nil {
			t.Fatal(name, err)
		}
		t.Logf("%-16s %8d bytes %v", name, len(file), time.Since(start).Round(time.Millisecond))
		if err := os.WriteFile(filepath.Join(folder, name), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	eight := ring(8, 4/1.414, .5/1.414)
	save("points8.png", func() ([]byte, error) {
		return Points("8gaussians · diffusion", eight.Sample(10000, rng), eight, square(4.5))
	})
	save("points25.png", func() ([]byte, error) {
		return Points("25gaussians · diffusion", lattice().Sample(2500, rng), lattice(), square(5))
	})
	save("ring8.png", func() ([]byte, error) {
		m := ring(8, 1, .01)
		return Points("ring8 · diffusion", m.Sample(1000, rng), m, square(1.3))
	})
	save("density8.png", func() ([]byte, error) { return Density("8gaussians · true density", eight, square(4.5)) })
	save("density25.png", func() ([]byte, error) { return Density("25gaussians", lattice(), square(5)) })
	save("compare.png", func() ([]byte, error) {
		x := eight.Sample(5000, rng)
		x.Set(0, 0, math.NaN())
		x.Set(1, 0, 30)
		return Compare("8gaussians", square(4.5), Panel{Title: "truth", Map: eight},
			Panel{Title: "flow", Map: ring(8, 2.7, .45)}, Panel{Title: "flow", Truth: eight, Points: x, Colour: Vermillion})
	})
	save("loss.png", func() ([]byte, error) {
		raw := Series{Name: "train"}
		for i := range 20000 {
			raw.Y = append(raw.Y, 2.83+3*math.Exp(-float64(i)/900)+.25*rng.NormFloat64())
		}
		raw.Y[17] = math.NaN()
		held := Series{Name: "held out"}
		for i := 0; i <= 20000; i += 1000 {
			held.X = append(held.X, float64(i))
			held.Y = append(held.Y, 2.9+3*math.Exp(-float64(i)/900))
			held.SE = append(held.SE, .06)
		}
		return Curve("flow on 8gaussians", "training step", "negative log-likelihood, nats", raw, held)
	})
	save("nfe.png", func() ([]byte, error) {
		var all []Series
		for k, name := range []string{"diffusion", "flow", "gan", "vae"} {
			s := Series{Name: name, Colour: cycle[k], Marks: true}
			for _, nfe := range []float64{1, 2, 5, 10, 20, 50, 100} {
				s.X = append(s.X, nfe)
				s.Y = append(s.Y, .3/math.Pow(nfe, 1.3-.3*float64(k))+.0003)
				s.SE = append(s.SE, s.Y[len(s.Y)-1]*.2)
			}
			all = append(all, s)
		}
		return Lines(Axes{"Quality against cost", "network evaluations for each sample", "energy distance", true, true}, all...)
	})
	save("denoise.gif", func() ([]byte, error) {
		end, start := lattice().Sample(4000, rng), mat.NewDense(4000, 2, nil)
		start.Apply(func(_, _ int, _ float64) float64 { return 2.8 * rng.NormFloat64() }, start)
		steps := between(start, end, 100)
		return Animate(framesOf(steps), Animation{Title: "25gaussians · diffusion", Truth: lattice(), Box: square(5)})
	})
	save("screens.png", func() ([]byte, error) {
		file, err := os.ReadFile(filepath.Join(folder, "denoise.gif"))
		if err != nil {
			return nil, err
		}
		_, all := screens(t, file)
		size := all[0].Bounds().Size()
		sheet := image.NewRGBA(image.Rect(0, 0, 2*size.X, 2*size.Y))
		for i, k := range []int{0, 30, 50, 59} {
			at := image.Pt(i%2*size.X, i/2*size.Y)
			draw.Draw(sheet, image.Rectangle{at, at.Add(size)}, all[k], image.Point{}, draw.Src)
		}
		return encodePNG(sheet)
	})
	save("paths.png", func() ([]byte, error) {
		end, start := eight.Sample(300, rng), mat.NewDense(300, 2, nil)
		start.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, start)
		return Trajectories("8gaussians · probability flow", between(start, end, 40), eight, square(4.5))
	})
}

// screens plays a GIF and returns what is seen at each frame.
func screens(t *testing.T, file []byte) (*gif.GIF, []*image.RGBA) {
	t.Helper()
	movie, err := gif.DecodeAll(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	screen := image.NewRGBA(image.Rect(0, 0, movie.Config.Width, movie.Config.Height))
	var all []*image.RGBA
	for _, frame := range movie.Image {
		draw.Draw(screen, frame.Bounds(), frame, frame.Bounds().Min, draw.Over)
		seen := image.NewRGBA(screen.Bounds())
		copy(seen.Pix, screen.Pix)
		all = append(all, seen)
	}
	return movie, all
}

// between returns steps on the way from a to b.
func between(a, b *mat.Dense, n int) []*mat.Dense {
	var steps []*mat.Dense
	for s := range n {
		t := float64(s) / float64(n-1)
		step := mat.DenseCopyOf(a)
		step.Apply(func(i, j int, v float64) float64 {
			return v*math.Cos(t*math.Pi/2) + b.At(i, j)*math.Sin(t*math.Pi/2)
		}, step)
		steps = append(steps, step)
	}
	return steps
}
