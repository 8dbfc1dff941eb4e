package diffusion

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/affine"
	"genlab/internal/kernel"
	"genlab/internal/nn"
)

// Model is a denoising network and the distribution that its reverse process draws
// from. It is not for use by several goroutines at once.
type Model struct {
	cfg    Config
	sched  Schedule
	params nn.Params
	waves  *nn.Fourier // of the point
	net    nn.MLP
	scale  affine.Map

	classes int // labels that it knows

	freqs    []float32 // of the noise level
	context  []float32 // that forward is run with: features of the noise level, and the label
	forward  *nn.Forward
	jacobian *nn.Forward
	in, out  []float32
	columns  nn.Columns // of in
	workers  []Denoiser // the model, and its like on other cores
}

// New returns a model with fresh weights for points standardised by scale.
func New(cfg Config, scale affine.Map, rng *rand.Rand) (*Model, error) {
	return NewConditional(cfg, scale, 0, rng)
}

// NewConditional is New for points with labels, whole numbers from 0 below classes. Given returns
// the distribution of a label; the model itself is that of no label, all points together, which
// it learns from the points whose label Config.LabelDropout hides.
func NewConditional(cfg Config, scale affine.Map, classes int, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	if classes < 0 || cfg.Conditional != (classes > 0) {
		return nil, fmt.Errorf("diffusion: %d classes for a model with conditional %v", classes, cfg.Conditional)
	}
	m := &Model{cfg: cfg, sched: cfg.Schedule.schedule(), scale: scale, classes: classes}
	if err := CheckSchedule(m.sched); err != nil {
		return nil, err
	}
	d := m.dim()
	m.waves = nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng)
	widths := []int{cfg.inputs(d) + classes}
	for range cfg.Layers {
		widths = append(widths, cfg.Hidden)
	}
	m.net = nn.NewMLP(&m.params, "layer", append(widths, d), kernel.SiLU, nn.Zero, rng)
	m.freqs = frequencies(cfg.TimeFeatures / 2)
	if err := m.compile(); err != nil {
		return nil, err
	}
	var err error
	m.jacobian, err = nn.NewForward(m.predictWithTrace)
	return m, err
}

// like returns a model of another configuration, of the same network, with m's weights.
func (m *Model) like(cfg Config) (*Model, error) {
	other, err := NewConditional(cfg, m.scale, m.classes, rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	if err != nil {
		return nil, err
	}
	other.params.CopyFrom(&m.params)
	other.waves.Frequencies.CopyFrom(&m.waves.Frequencies)
	return other, nil
}

// compile makes what Denoise runs, and its memory.
func (m *Model) compile() (err error) {
	m.in, m.out, m.columns = nil, nil, nn.Columns{}
	m.context = make([]float32, m.cfg.TimeFeatures+m.classes)
	m.forward, err = nn.NewForward(m.predictInOneContext)
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

// Params is the number of trained parameters.
func (m *Model) Params() int { return m.params.Count() }

// Schedule is the model's noise schedule.
func (m *Model) Schedule() Schedule { return m.sched }

// DenoiseTrace implements Differentiable in standardised coordinates, given no label.
func (m *Model) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	m.denoiseTrace(dst, x, t, trace, noLabel)
}

func (m *Model) denoiseTrace(dst, x *mat.Dense, t, trace []float64, label int) {
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
	levels := make([]float32, n)
	for i, t := range t {
		levels[i] = float32(-logSNR(m.sched, t))
	}
	columns := nn.Columns{"x": in, "noise level": levels}
	if m.classes > 0 {
		columns["label"] = make([]float32, n*m.classes)
		for i := range n {
			m.mark(columns["label"][i*m.classes:], label)
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

// Denoise implements Denoiser in standardised coordinates, given no label.
func (m *Model) Denoise(dst, x *mat.Dense, t float64) { m.denoise(dst, x, t, noLabel) }

func (m *Model) denoise(dst, x *mat.Dense, t float64, label int) {
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
	levelFeatures(m.context[:0], m.freqs, -logSNR(m.sched, t))
	m.mark(m.context[m.cfg.TimeFeatures:], label)
	m.columns["x"] = in
	if err := m.forward.Run(n, m.columns, out); err != nil {
		panic(err) // shapes are fixed at New: an operation cannot fail
	}
	a, b := m.cfg.Prediction.data(m.sched.At(t))
	ds := dst.RawMatrix().Data
	for i, v := range out {
		ds[i] = a*xs[i] + b*float64(v)
	}
}

// Sample draws with Sampling: n x d, in the data's coordinates, given no label.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense { return m.Sampling().Sample(n, rng) }

// Bound is the variational bound of the discrete model of Config.Levels steps.
func (m *Model) Bound() Bound {
	return Bound{Denoiser: m, Schedule: m.sched, Scale: m.scale, T: m.cfg.Levels}
}
