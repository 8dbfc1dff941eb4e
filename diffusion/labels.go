package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// noLabel is the label of points whose label is not known: ∅.
const noLabel = -1

// mark writes a label as the network sees it.
func (m *Model) mark(dst []float32, label int) {
	clear(dst[:m.classes])
	if label != noLabel {
		dst[label] = 1
	}
}

// label is the label that a number means; it panics where there is none.
func (m *Model) label(v float64) int {
	if !(v >= 0 && v < float64(m.classes)) || v != math.Trunc(v) {
		panic(fmt.Sprintf("diffusion: the label %v for a model of %d classes", v, m.classes))
	}
	return int(v)
}

// Given returns the distribution of points with the label in context: 1 x 1 for all rows, or
// n x 1. Labels are whole numbers from 0, below the number of classes.
func (m *Model) Given(context mat.Matrix) *Labelled {
	n, c := context.Dims()
	if c != 1 {
		panic(fmt.Sprintf("diffusion: a context of %d columns, want 1, the label", c))
	}
	l := &Labelled{m, m.cfg, make([]int, n)}
	for i := range n {
		l.labels[i] = m.label(context.At(i, 0))
	}
	return l
}

// Labelled is a model's distribution given labels, seen through one way to draw from it.
type Labelled struct {
	model  *Model
	cfg    Config
	labels []int
}

// With returns the same with another way to draw: of c the fields Sampler, Eta, NFE, Spacing and
// Guidance count. Sampling panics where Validate would refuse them.
func (l *Labelled) With(c Config) *Labelled { return &Labelled{l.model, c, l.labels} }

// Passes is the number of network passes that a sample takes.
func (l *Labelled) Passes() int { return l.cfg.NFE * l.guided(0).Passes() }

// Sample implements genlab.Sampler: n x d, in the data's coordinates. Rows of one label are drawn
// together.
func (l *Labelled) Sample(n int, rng *rand.Rand) *mat.Dense {
	if len(l.labels) == 1 {
		return l.sampling(l.labels[0]).Sample(n, rng)
	}
	if n != len(l.labels) {
		panic(fmt.Sprintf("diffusion: %d rows for %d labels", n, len(l.labels)))
	}
	x := mat.NewDense(n, l.model.dim(), nil)
	for label := range l.model.classes {
		var rows []int
		for i, of := range l.labels {
			if of == label {
				rows = append(rows, i)
			}
		}
		if rows == nil {
			continue
		}
		part := l.sampling(label).Sample(len(rows), rng)
		for k, i := range rows {
			x.SetRow(i, part.RawRowView(k))
		}
	}
	return x
}

// sampling is the way to sample one label.
func (l *Labelled) sampling(label int) Sampling {
	s := l.model.SamplingWith(l.cfg)
	s.Denoiser = l.guided(label)
	return s
}

func (l *Labelled) guided(label int) *Guided {
	return &Guided{With: given{l.model, label}, Without: l.model, Scale: l.cfg.Guidance}
}

// Flow is the probability flow of the one label: its law without guidance.
func (l *Labelled) Flow() Flow {
	if len(l.labels) != 1 {
		panic(fmt.Sprintf("diffusion: the flow of %d labels, want 1", len(l.labels)))
	}
	f := l.model.Flow()
	f.Denoiser = given{l.model, l.labels[0]}
	return f
}

func (l *Labelled) String() string {
	s := l.model.SamplingWith(l.cfg)
	if g := l.guided(0); g.Passes() > 1 {
		return fmt.Sprintf("%v, %v", s, g)
	}
	return s.String()
}

// given is a model's denoiser of one label.
type given struct {
	model *Model
	label int
}

// Denoise implements Denoiser.
func (g given) Denoise(dst, x *mat.Dense, t float64) { g.model.denoise(dst, x, t, g.label) }

// DenoiseTrace implements Differentiable.
func (g given) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	g.model.denoiseTrace(dst, x, t, trace, g.label)
}

// Workers implements Parallel.
func (g given) Workers(n int) []Denoiser {
	all := make([]Denoiser, n)
	for i, w := range g.model.Workers(n) {
		all[i] = given{w.(*Model), g.label}
	}
	return all
}
