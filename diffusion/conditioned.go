package diffusion

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Given returns the distribution of points given a context: of one row, for all samples, or of n rows,
// one for each of n samples. The columns are those of the model's [Context]; with [Labels] it is one
// column of integers. A row of NaN is no context. Given panics where [Model.EncodeContexts] does.
func (m *Model) Given(context mat.Matrix) *Conditioned {
	encoded := m.EncodeContexts(context)
	n, _ := context.Dims()
	width := len(encoded) / n
	all := &Conditioned{model: m, cfg: m.cfg, n: n, encoded: encoded}
	for i := range n {
		row := mat.Row(nil, i, context)
		k, found := slices.BinarySearchFunc(all.groups, row, func(g group, row []float64) int { return slices.Compare(g.context, row) })
		if !found {
			all.groups = slices.Insert(all.groups, k, group{context: row, encoded: encoded[i*width : (i+1)*width]})
		}
		all.groups[k].rows = append(all.groups[k].rows, i)
	}
	return all
}

// Conditioned is the distribution of a model given contexts, with a way to sample from it.
type Conditioned struct {
	model   *Model
	cfg     Config
	n       int
	encoded []float32 // n x the context's width
	groups  []group   // by context, sorted
	sampler Sampler   // replaces the configuration's, over grid; nil: does not
	grid    []float64
}

// group is the rows that share a context.
type group struct {
	context []float64
	encoded []float32
	rows    []int
}

// With returns the distribution sampled as c says, of which the fields Sampler, Eta, NFE, Spacing and
// Guidance count. Sampling panics if c is not valid.
func (l *Conditioned) With(c Config) *Conditioned {
	with := *l
	with.cfg, with.sampler, with.grid = c, nil, nil
	return &with
}

// WithSampler returns the distribution sampled by s over a grid of decreasing times from 1 to 0, without
// guidance.
func (l *Conditioned) WithSampler(s Sampler, grid []float64) *Conditioned {
	c := *l
	c.cfg.Guidance, c.sampler, c.grid = 1, s, grid
	return &c
}

// Denoiser returns E[x_0 | x_t, context] with the configured guidance, for n rows at a time, each in its
// own context. It is not [Parallel]: shards would separate rows from their contexts.
func (l *Conditioned) Denoiser() Denoiser {
	return &Guided{With: struct{ Denoiser }{given{l.model, l.encoded}}, Without: l.model, Scale: l.cfg.Guidance}
}

// NetworkEvaluations returns the number of forward passes of the network per sample: two for each
// denoiser evaluation with guidance, else one.
func (l *Conditioned) NetworkEvaluations() int {
	evaluations := l.cfg.NFE
	if l.sampler != nil {
		evaluations = len(l.grid) - 1
	}
	return evaluations * l.guided(l.groups[0]).NetworkEvaluations()
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates. It panics if there are several
// contexts and n is not their number.
func (l *Conditioned) Sample(n int, rng *rand.Rand) *mat.Dense {
	if l.n == 1 {
		return l.Sampling().Sample(n, rng)
	}
	if n != l.n {
		panic(fmt.Sprintf("diffusion: %d samples of a distribution given %d contexts: want %d, one for each", n, l.n, l.n))
	}
	x := mat.NewDense(n, l.model.dim(), nil)
	for _, g := range l.groups {
		part := l.sampling(g).Sample(len(g.rows), rng)
		for k, i := range g.rows {
			x.SetRow(i, part.RawRowView(k))
		}
	}
	return x
}

// Sampling returns the sampling process in the one context. It panics if there are several.
func (l *Conditioned) Sampling() Sampling { return l.sampling(l.only()) }

func (l *Conditioned) sampling(g group) Sampling {
	s := l.model.SamplingWith(l.cfg)
	s.Denoiser = l.guided(g)
	if l.sampler != nil {
		s.Sampler, s.Grid = l.sampler, l.grid
	}
	return s
}

func (l *Conditioned) guided(g group) *Guided {
	return &Guided{With: given{l.model, g.encoded}, Without: l.model, Scale: l.cfg.Guidance}
}

func (l *Conditioned) only() group {
	if l.n != 1 {
		panic(fmt.Sprintf("diffusion: a distribution given %d contexts: want 1", l.n))
	}
	return l.groups[0]
}

// ProbabilityFlow returns the probability flow in the one context: the distribution without guidance. It
// panics if there are several contexts.
func (l *Conditioned) ProbabilityFlow() ProbabilityFlow {
	f := l.model.ProbabilityFlow()
	f.Denoiser = given{l.model, l.only().encoded}
	return f
}

func (l *Conditioned) String() string {
	s := l.sampling(l.groups[0])
	if g := l.guided(l.groups[0]); g.NetworkEvaluations() > 1 {
		return fmt.Sprintf("%v, %v", s, g)
	}
	return s.String()
}

// given is the denoiser of a model in one context, or of rows that each have their own.
type given struct {
	model   *Model
	context []float32 // encoded, of all rows or of each
}

// Denoise implements [Denoiser].
func (g given) Denoise(dst, x *mat.Dense, t float64) { g.model.denoise(dst, x, t, g.context) }

// DenoiseTrace implements [Differentiable].
func (g given) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	g.model.denoiseTrace(dst, x, t, trace, g.context)
}

// Workers implements [Parallel].
func (g given) Workers(n int) []Denoiser {
	all := make([]Denoiser, n)
	for i, w := range g.model.Workers(n) {
		all[i] = given{w.(*Model), g.context}
	}
	return all
}
