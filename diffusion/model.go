package diffusion

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// Model is a denoising network and the distribution that its reverse process draws
// from. It is not for use by several goroutines at once.
type Model struct {
	cfg   Config
	parts Parts
	sched Schedule
	net   Network
	scale standardize.Map

	forward  evaluator
	each     evaluator // of rows in contexts of their own; nil until it is used
	jacobian *nn.Forward
	in, out  []float32
	workers  []Denoiser // the model, and its like on other cores
}

// New returns a model with fresh weights for points standardised by scale.
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	return NewWith(cfg, Parts{}, scale, rng)
}

// NewConditional is New for points with labels, whole numbers from 0 below classes. Given returns
// the distribution of a label; the model itself is that of no label, all points together, which
// it learns from the points whose label Config.LabelDropout hides.
func NewConditional(cfg Config, scale standardize.Map, classes int, rng *rand.Rand) (*Model, error) {
	if classes == 0 {
		return New(cfg, scale, rng)
	}
	return NewWith(cfg, Parts{Context: Labels(classes)}, scale, rng)
}

// NewWith is New for a model of other parts.
func NewWith(cfg Config, parts Parts, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	width := parts.Width()
	if width < 0 || cfg.Conditional != (width > 0) {
		return nil, fmt.Errorf("diffusion: a context of %d values for a model with conditional %v", width, cfg.Conditional)
	}
	m := &Model{cfg: cfg, parts: parts, sched: parts.schedule(cfg), scale: scale}
	if err := CheckSchedule(m.sched); err != nil {
		return nil, err
	}
	var err error
	if m.net, err = parts.network(cfg, m.dim(), rng); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return m, m.compile()
}

// like returns a model of another configuration, of the same network, with m's weights.
func (m *Model) like(cfg Config) (*Model, error) {
	other, err := NewWith(cfg, m.parts, m.scale, rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	if err != nil {
		return nil, err
	}
	other.net.Parameters().CopyFrom(m.net.Parameters())
	return other, checkpoint.Copy(other.net.Fixed(), m.net.Fixed())
}

// compile makes what Denoise runs, and its memory.
func (m *Model) compile() (err error) {
	m.in, m.out, m.each = nil, nil, nil
	m.forward, err = evaluatorOf(m.net, m.dim(), m.parts.Width())
	return err
}

// Workers implements Parallel: they share the model's weights.
func (m *Model) Workers(n int) []Denoiser {
	if m.workers == nil {
		m.workers = []Denoiser{m}
	}
	for len(m.workers) < n {
		w := *m
		w.jacobian, w.workers = nil, nil
		if err := w.compile(); err != nil {
			panic(err) // it compiled for m
		}
		m.workers = append(m.workers, &w)
	}
	return m.workers[:n]
}

func (m *Model) dim() int { return len(m.scale.Shift) }

// Dim is the number of coordinates of the points.
func (m *Model) Dim() int { return m.dim() }

// Config returns what the model was made from.
func (m *Model) Config() Config { return m.cfg }

// Parts returns what the model was made of.
func (m *Model) Parts() Parts { return m.parts }

// Parameters are what training moves: the network's.
func (m *Model) Parameters() *nn.Params { return m.net.Parameters() }

// Fixed is what training does not move, but a checkpoint holds: of the network, and the standardisation.
func (m *Model) Fixed() []checkpoint.Tensor {
	return slices.Concat(m.net.Fixed(), m.scale.State("scale"))
}

// Params is the number of trained parameters.
func (m *Model) Params() int { return m.net.Parameters().Count() }

// FLOPs is what a pass of the network takes for one point.
func (m *Model) FLOPs() int { return m.net.FLOPs() }

// TrainingFLOPs is what the training of the configuration takes: a step three times a pass for each
// point, forward and to the gradients of points and of parameters.
func (m *Model) TrainingFLOPs() float64 {
	return 3 * float64(m.cfg.Steps*m.cfg.Batch) * float64(m.FLOPs())
}

// Schedule is the model's noise schedule.
func (m *Model) Schedule() Schedule { return m.sched }

// DenoiseTrace implements Differentiable in standardised coordinates, given no context.
func (m *Model) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	m.denoiseTrace(dst, x, t, trace, nil)
}

func (m *Model) denoiseTrace(dst, x *mat.Dense, t, trace []float64, context []float32) {
	n, d := x.Dims()
	if d != m.dim() {
		panic(fmt.Sprintf("diffusion: points of %d columns for a model of %d", d, m.dim()))
	}
	in, out, slope := make([]float32, n*d), make([]float32, n*d), make([]float32, n)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			in[i*d+j] = float32(v)
		}
	}
	columns := nn.Columns{"x": in}
	fill(columns, n, 0, context, m.parts.Width())
	for i, t := range t {
		columns["noise level"][i] = float32(-logSNR(m.sched, t))
	}
	if m.jacobian == nil {
		var err error
		if m.jacobian, err = nn.NewForward(func(g *nn.Graph) G.Nodes { return predictWithTrace(g, m.net, d, m.parts.Width()) }); err != nil {
			panic(err) // a network that trains has a gradient
		}
	}
	if err := m.jacobian.Run(n, columns, out, slope); err != nil {
		panic(err) // shapes are fixed at New: an operation cannot fail
	}
	for i := range n {
		a, b := m.cfg.Prediction.data(m.sched.At(t[i]))
		row := dst.RawRowView(i)
		for j, v := range x.RawRowView(i) {
			row[j] = a*v + b*float64(out[i*d+j])
		}
		trace[i] = float64(d)*a + b*float64(slope[i])
	}
}

// Flow is the model's probability flow: its samples' law in the limit of many DDIM steps, with
// an exact density.
func (m *Model) Flow() Flow {
	return Flow{Denoiser: m, Schedule: m.sched, Scale: m.scale, Tolerance: DefaultTolerance}
}

// Denoise implements Denoiser in standardised coordinates, given no context.
func (m *Model) Denoise(dst, x *mat.Dense, t float64) { m.denoise(dst, x, t, nil) }

func (m *Model) denoise(dst, x *mat.Dense, t float64, context []float32) {
	n, d := x.Dims()
	if d != m.dim() {
		panic(fmt.Sprintf("diffusion: points of %d columns for a model of %d", d, m.dim()))
	}
	if cap(m.in) < n*d {
		m.in, m.out = make([]float32, n*d), make([]float32, n*d)
	}
	xs := x.RawMatrix().Data
	in, out := m.in[:n*d], m.out[:n*d]
	for i, v := range xs[:n*d] {
		in[i] = float32(v)
	}
	if err := m.evaluator(n, context).run(n, in, -logSNR(m.sched, t), context, out); err != nil {
		panic(err) // shapes are fixed at New: an operation cannot fail
	}
	a, b := m.cfg.Prediction.data(m.sched.At(t))
	ds := dst.RawMatrix().Data
	for i, v := range out {
		ds[i] = a*xs[i] + b*float64(v)
	}
}

// evaluator is what runs n rows in one context, or in one for each.
func (m *Model) evaluator(n int, context []float32) evaluator {
	width := m.parts.Width()
	if len(context) <= width {
		return m.forward
	}
	if len(context) != n*width {
		panic(fmt.Sprintf("diffusion: contexts of %d values for %d rows of %d", len(context), n, width))
	}
	if m.each == nil {
		var err error
		if m.each, err = newRowByRow(m.net, m.dim(), width); err != nil {
			panic(err) // it compiled for training
		}
	}
	return m.each
}

// Sample draws with Sampling: n x d, in the data's coordinates, given no context.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense { return m.Sampling().Sample(n, rng) }

// Bound is the variational bound of the discrete model of Config.Levels steps.
func (m *Model) Bound() Bound {
	return Bound{Denoiser: m, Schedule: m.sched, Scale: m.scale, T: m.cfg.Levels}
}
