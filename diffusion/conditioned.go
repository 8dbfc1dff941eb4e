package diffusion

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Given returns the distribution of points in a context of 1 row, for all of them, or of n rows, n
// x the columns of the model's Context: with Labels one column, whole numbers from 0 below the
// number of classes. A row of NaN is no context.
func (m *Model) Given(context mat.Matrix) *Conditioned {
	shown := m.Shown(context)
	n, _ := context.Dims()
	width := len(shown) / n
	all := &Conditioned{model: m, cfg: m.cfg, n: n, shown: shown}
	for i := range n {
		row := mat.Row(nil, i, context)
		k, found := slices.BinarySearchFunc(all.contexts, row, func(c inContext, row []float64) int { return slices.Compare(c.said, row) })
		if !found {
			all.contexts = slices.Insert(all.contexts, k, inContext{said: row, shown: shown[i*width : (i+1)*width]})
		}
		all.contexts[k].rows = append(all.contexts[k].rows, i)
	}
	return all
}

// Conditioned is a model's distribution given contexts, seen through one way to draw from it.
type Conditioned struct {
	model    *Model
	cfg      Config
	n        int
	shown    []float32   // n x the context's width
	contexts []inContext // the different ones, in order
	sampler  Sampler     // in the place of the configuration's, over grid; nil for none
	grid     []float64
}

// inContext is the rows that have one context.
type inContext struct {
	said  []float64
	shown []float32
	rows  []int
}

// With returns the same with another way to draw: of c the fields Sampler, Eta, NFE, Spacing and
// Guidance count. Sampling panics where Validate would refuse them.
func (l *Conditioned) With(c Config) *Conditioned {
	with := *l
	with.cfg, with.sampler, with.grid = c, nil, nil
	return &with
}

// By returns the same drawn by a sampler over falling times from 1 to 0, without guidance.
func (l *Conditioned) By(s Sampler, grid []float64) *Conditioned {
	c := *l
	c.cfg.Guidance, c.sampler, c.grid = 1, s, grid
	return &c
}

// Denoiser is E[x_0 | x_t, context] with the configuration's guidance, of n rows at a time, each in
// its own context.
func (l *Conditioned) Denoiser() Denoiser {
	return &Guided{With: struct{ Denoiser }{given{l.model, l.shown}}, Without: l.model, Scale: l.cfg.Guidance} // on one core: shards would part rows from contexts
}

// Passes is the number of network passes that a sample takes.
func (l *Conditioned) Passes() int {
	evaluations := l.cfg.NFE
	if l.sampler != nil {
		evaluations = len(l.grid) - 1
	}
	return evaluations * l.guided(l.contexts[0]).Passes()
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates. Rows of one context are drawn
// together.
func (l *Conditioned) Sample(n int, rng *rand.Rand) *mat.Dense {
	if l.n == 1 {
		return l.Sampling().Sample(n, rng)
	}
	if n != l.n {
		panic(fmt.Sprintf("diffusion: %d rows for %d contexts", n, l.n))
	}
	x := mat.NewDense(n, l.model.dim(), nil)
	for _, c := range l.contexts {
		part := l.sampling(c).Sample(len(c.rows), rng)
		for k, i := range c.rows {
			x.SetRow(i, part.RawRowView(k))
		}
	}
	return x
}

// Sampling is the way to sample in the one context.
func (l *Conditioned) Sampling() Sampling { return l.sampling(l.only()) }

func (l *Conditioned) sampling(c inContext) Sampling {
	s := l.model.SamplingWith(l.cfg)
	s.Denoiser = l.guided(c)
	if l.sampler != nil {
		s.Sampler, s.Grid = l.sampler, l.grid
	}
	return s
}

func (l *Conditioned) guided(c inContext) *Guided {
	return &Guided{With: given{l.model, c.shown}, Without: l.model, Scale: l.cfg.Guidance}
}

func (l *Conditioned) only() inContext {
	if l.n != 1 {
		panic(fmt.Sprintf("diffusion: %d contexts, want 1", l.n))
	}
	return l.contexts[0]
}

// Flow is the probability flow in the one context: its law without guidance.
func (l *Conditioned) Flow() Flow {
	f := l.model.Flow()
	f.Denoiser = given{l.model, l.only().shown}
	return f
}

func (l *Conditioned) String() string {
	s := l.sampling(l.contexts[0])
	if g := l.guided(l.contexts[0]); g.Passes() > 1 {
		return fmt.Sprintf("%v, %v", s, g)
	}
	return s.String()
}

// given is a model's denoiser in one context, or of rows that are each in their own.
type given struct {
	model   *Model
	context []float32 // as it is shown, to all rows or to each
}

// Denoise implements Denoiser.
func (g given) Denoise(dst, x *mat.Dense, t float64) { g.model.denoise(dst, x, t, g.context) }

// DenoiseTrace implements Differentiable.
func (g given) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	g.model.denoiseTrace(dst, x, t, trace, g.context)
}

// Workers implements Parallel.
func (g given) Workers(n int) []Denoiser {
	all := make([]Denoiser, n)
	for i, w := range g.model.Workers(n) {
		all[i] = given{w.(*Model), g.context}
	}
	return all
}
