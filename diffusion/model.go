package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// Model is a denoising network and the distribution that its reverse process samples from. It is a
// genlab.Sampler, a [Denoiser] and genlab.Conditional. A Model is not safe for concurrent use.
type Model struct {
	cfg   Config
	parts Components
	sched Schedule
	net   Network
	scale standardize.Map
	// precision is that of the matrix products of Denoise.
	precision nn.Precision

	forward  evaluator
	each     evaluator   // of rows that each have a context; nil until it is used
	rows     *nn.Forward // of rows that each have a noise level; nil until it is used
	jacobian *nn.Forward // the same with the trace of the Jacobian
	in, out  []float32
	workers  []Denoiser // the model, and copies that share its weights
}

// New returns an unconditional model with random weights for points of len(scale.Shift) coordinates,
// which scale standardises. It returns an error if cfg is invalid.
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	return NewWith(cfg, Components{}, scale, rng)
}

// NewConditional returns a model of points with integer labels from 0 to classes-1, or an unconditional
// one if classes is 0. [Model.Given] returns the distribution of a label. The model itself is the
// distribution without a label, which it learns from the points whose label Config.LabelDropout drops.
func NewConditional(cfg Config, scale standardize.Map, classes int, rng *rand.Rand) (*Model, error) {
	if classes == 0 {
		return New(cfg, scale, rng)
	}
	return NewWith(cfg, Components{Context: Labels(classes)}, scale, rng)
}

// NewWith returns a model with some components replaced. It returns an error if cfg is invalid, if
// cfg.Conditional disagrees with parts.Context, or if parts.Schedule fails [CheckSchedule].
func NewWith(cfg Config, parts Components, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	width := parts.ContextWidth()
	if width < 0 || cfg.Conditional != (width > 0) {
		return nil, fmt.Errorf("diffusion: a context of width %d and conditional %v: a conditional model needs a context, another must have none", width, cfg.Conditional)
	}
	m := &Model{cfg: cfg, parts: parts, sched: parts.Schedule, scale: scale}
	if m.sched == nil {
		m.sched = must(schedules.Lookup("schedule", cfg.Schedule))
	}
	if err := CheckSchedule(m.sched); err != nil {
		return nil, err
	}
	var err error
	if m.net, err = parts.network(cfg, m.dim(), rng); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return m, m.compile()
}

// clone returns a copy of m under another configuration of the same network.
func (m *Model) clone(cfg Config) (*Model, error) {
	other, err := NewWith(cfg, m.parts, m.scale, rand.New(rand.NewPCG(0, 0))) // the weights are replaced
	if err != nil {
		return nil, err
	}
	other.net.Parameters().CopyFrom(m.net.Parameters())
	return other, checkpoint.Copy(other.net.Fixed(), m.net.Fixed())
}

// compile builds the evaluator that Denoise runs.
func (m *Model) compile() (err error) {
	m.in, m.out, m.each = nil, nil, nil
	if m.forward, err = evaluatorOf(m.net, m.dim(), m.parts.ContextWidth()); err != nil {
		return err
	}
	m.forward.setPrecision(m.precision)
	return nil
}

// WithPrecision returns the model with another precision of the matrix products of its samplers, over the
// same weights: with nn.BFloat16 as they are now, packed for many evaluations. Its density is computed in
// float32, whatever its precision.
func (m *Model) WithPrecision(p nn.Precision) *Model {
	if p == m.precision {
		return m
	}
	w := m.sharing()
	w.precision = p
	w.mustCompile()
	return w
}

// sharing returns a model over the same weights, to be compiled.
func (m *Model) sharing() *Model {
	w := *m
	w.rows, w.jacobian, w.workers = nil, nil, nil
	return &w
}

// mustCompile compiles a graph that compiled before.
func (m *Model) mustCompile() {
	if err := m.compile(); err != nil {
		panic(err)
	}
}

// Workers implements [Parallel]; the workers share the model's weights.
func (m *Model) Workers(n int) []Denoiser {
	if m.workers == nil {
		m.workers = []Denoiser{m}
	}
	for len(m.workers) < n {
		w := m.sharing()
		w.mustCompile()
		m.workers = append(m.workers, w)
	}
	return m.workers[:n]
}

func (m *Model) dim() int { return len(m.scale.Shift) }

// Dim returns the number of coordinates of a point.
func (m *Model) Dim() int { return m.dim() }

// Config returns the configuration of the model.
func (m *Model) Config() Config { return m.cfg }

// Components returns the components that replace default ones.
func (m *Model) Components() Components { return m.parts }

// Parameters returns the trained parameters of the network.
func (m *Model) Parameters() *nn.Params { return m.net.Parameters() }

// Fixed returns the tensors of a checkpoint that are not trained: the network's and the standardisation.
func (m *Model) Fixed() []checkpoint.Tensor {
	return slices.Concat(m.net.Fixed(), m.scale.State("scale"))
}

// Params returns the number of trained parameters.
func (m *Model) Params() int { return m.net.Parameters().Count() }

// FLOPs returns the cost of a forward pass for one point, in floating-point operations.
func (m *Model) FLOPs() int { return m.net.FLOPs() }

// TrainingFLOPs returns the cost of training as configured: three forward passes per point and step, since
// a backward pass costs two.
func (m *Model) TrainingFLOPs() float64 {
	return 3 * float64(m.cfg.Steps*m.cfg.Batch) * float64(m.FLOPs())
}

// Schedule returns the noise schedule.
func (m *Model) Schedule() Schedule { return m.sched }

// DenoiseTrace implements [Differentiable] in standardised coordinates, without a context.
func (m *Model) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	m.denoiseTrace(dst, x, t, trace, nil)
}

func (m *Model) denoiseTrace(dst, x *mat.Dense, t, trace []float64, context []float32) {
	n, d := m.check(x)
	in, out := make([]float32, n*d), make([]float32, n*d)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			in[i*d+j] = float32(v)
		}
	}
	columns := nn.Columns{"x": in}
	fillInputs(columns, n, 0, context, m.parts.ContextWidth())
	levels := make([]float64, 2*n) // α and σ of each row
	for i, t := range t {
		alpha, sigma := m.sched.At(t)
		levels[2*i], levels[2*i+1] = alpha, sigma
		columns["noise level"][i] = float32(math.Log(sigma / alpha))
	}
	outs, forward := [][]float32{out}, &m.rows
	build := func(g *nn.Graph) G.Nodes { return G.Nodes{predict(g, m.net, d, m.parts.ContextWidth())} }
	if trace != nil {
		outs, forward = append(outs, make([]float32, n)), &m.jacobian
		build = func(g *nn.Graph) G.Nodes { return predictWithTrace(g, m.net, d, m.parts.ContextWidth()) }
	}
	if *forward == nil {
		var err error
		if *forward, err = nn.NewForward(build); err != nil {
			panic(err) // the network was differentiated for training
		}
	}
	if err := (*forward).Run(n, columns, outs...); err != nil {
		panic(err) // the shapes are fixed
	}
	for i := range n {
		a, b := m.cfg.Prediction.data(levels[2*i], levels[2*i+1])
		row := dst.RawRowView(i)
		for j, v := range x.RawRowView(i) {
			row[j] = a*v + b*float64(out[i*d+j])
		}
		if trace != nil {
			trace[i] = float64(d)*a + b*float64(outs[1][i])
		}
	}
}

// ProbabilityFlow returns the distribution of the deterministic samplers in the limit of many steps, with
// its density, at [DefaultTolerance].
func (m *Model) ProbabilityFlow() ProbabilityFlow {
	return ProbabilityFlow{Denoiser: m, Schedule: m.sched, Scale: m.scale, Tolerance: DefaultTolerance}
}

// Denoise implements [Denoiser] in standardised coordinates, without a context.
func (m *Model) Denoise(dst, x *mat.Dense, t float64) { m.denoise(dst, x, t, nil) }

func (m *Model) denoise(dst, x *mat.Dense, t float64, context []float32) {
	n, d := m.check(x)
	if cap(m.in) < n*d {
		m.in, m.out = make([]float32, n*d), make([]float32, n*d)
	}
	xs := x.RawMatrix().Data
	in, out := m.in[:n*d], m.out[:n*d]
	for i, v := range xs[:n*d] {
		in[i] = float32(v)
	}
	if err := m.evaluator(n, context).run(n, in, -logSNR(m.sched, t), context, out); err != nil {
		panic(err) // the shapes are fixed
	}
	a, b := m.cfg.Prediction.data(m.sched.At(t))
	ds := dst.RawMatrix().Data
	for i, v := range out {
		ds[i] = a*xs[i] + b*float64(v)
	}
}

// check returns the size of x, which must have the model's columns.
func (m *Model) check(x *mat.Dense) (n, d int) {
	if n, d = x.Dims(); d != m.dim() {
		panic(fmt.Sprintf("diffusion: points of %d columns for a model of %d dimensions", d, m.dim()))
	}
	return n, d
}

// evaluator returns the evaluator of n rows in one context, or in one each.
func (m *Model) evaluator(n int, context []float32) evaluator {
	width := m.parts.ContextWidth()
	if len(context) <= width {
		return m.forward
	}
	if len(context) != n*width {
		panic(fmt.Sprintf("diffusion: %d values of contexts for %d rows: want %d", len(context), n, n*width))
	}
	if m.each == nil {
		var err error
		if m.each, err = newRowByRow(m.net, m.dim(), width); err != nil {
			panic(err) // the same graph compiled for training
		}
		m.each.setPrecision(m.precision)
	}
	return m.each
}

// Sample implements genlab.Sampler with [Model.Sampling], without a context: n x d, in the data's
// coordinates. It panics if n < 1.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense { return m.Sampling().Sample(n, rng) }

// Bound returns the variational bound of the discrete model of Config.Timesteps steps.
func (m *Model) Bound() Bound {
	return Bound{Denoiser: m, Schedule: m.sched, Scale: m.scale, T: m.cfg.Timesteps}
}
