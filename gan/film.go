package gan

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
)

// film is what became of a fixed set of latents while the generator trained: their images at a
// few steps, the first before training. It is part of a trainer's state, so that a resumed run has
// the whole of it.
type film struct {
	steps   []int     // of each frame, rising
	d       int       // coordinates of an image
	latents []float32 // points x latent
	images  []float32 // frames x points x d, in standardised coordinates
	taken   []float32 // the number of frames so far, alone
}

const (
	filmFrames = 48
	filmPoints = 600
)

func newFilm(cfg Config, d int, rng *rand.Rand) *film {
	f := &film{steps: filmSteps(cfg.Steps), d: d, latents: make([]float32, filmPoints*cfg.Latent), taken: make([]float32, 1)}
	for i := range f.latents {
		f.latents[i] = float32(rng.NormFloat64())
	}
	f.images = make([]float32, len(f.steps)*filmPoints*d)
	return f
}

// filmSteps are the steps of the frames, from 0 to the last and denser early, where most happens.
func filmSteps(last int) []int {
	steps := []int{0}
	for i := range filmFrames {
		done := float64(i) / (filmFrames - 1)
		steps = append(steps, int(math.Round(done*done*float64(last))))
	}
	return slices.Compact(steps)
}

// take keeps what the model makes of the latents, if the step has a frame.
func (f *film) take(step int, m *Model) {
	if i, ok := slices.BinarySearch(f.steps, step); ok {
		m.run(f.latents, f.frame(i))
		f.taken[0] = float32(i + 1)
	}
}

func (f *film) frame(i int) []float32 {
	size := filmPoints * f.d
	return f.images[i*size : (i+1)*size]
}

// state returns the live memory under prefix.
func (f *film) state(prefix string) []checkpoint.Tensor {
	return []checkpoint.Tensor{
		{Name: prefix + "/latents", Shape: []int{filmPoints, len(f.latents) / filmPoints}, Data: f.latents},
		{Name: prefix + "/images", Shape: []int{len(f.steps), filmPoints, f.d}, Data: f.images},
		{Name: prefix + "/taken", Shape: []int{1}, Data: f.taken},
	}
}

// Film yields the steps of training at which a film of it was taken, and what the generator made
// there of one set of latents: n x d, in the data's coordinates.
func (m *Model) Film() iter.Seq2[int, *mat.Dense] {
	return func(yield func(int, *mat.Dense) bool) {
		for i, step := range m.film.steps[:int(m.film.taken[0])] {
			x := mat.NewDense(filmPoints, m.film.d, widen(m.film.frame(i)))
			m.scale.ToData(x)
			if !yield(step, x) {
				return
			}
		}
	}
}
