package flow

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/internal/parallel"
	"genlab/nn"
	"genlab/standardize"
)

// Model is a normalizing flow: a [genlab.Sampler] and, exactly, a [genlab.LogProber]. It is not safe
// for concurrent use.
type Model struct {
	cfg    Config
	params nn.Params
	chain  Chain
	base   Normal
	scale  standardize.Map

	shift, shiftLow, rate []float32 // of scale, the shift in two parts: LogProbNode standardises by them

	classes int
	prior   *nn.Param // 1 x classes: unnormalised log π; nil without classes
}

// New returns an untrained model of the points that scale standardises: the normal distribution with
// the mean and variances of scale. It fails if cfg is invalid (see [Config.Validate]) or if the points
// have fewer than two coordinates.
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	return NewConditional(cfg, scale, 0, rng)
}

// NewConditional is [New] for points with labels 0, 1, ..., classes-1: every layer is conditioned on
// the label, and the class probabilities π are learned as well. It also fails if classes < 0; 0 means
// no labels. [Model.Given] returns the distribution of one class; the model itself is their mixture.
func NewConditional(cfg Config, scale standardize.Map, classes int, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	d := len(scale.Shift)
	if d < 2 || classes < 0 {
		return nil, fmt.Errorf("flow: invalid model of points with %d columns in %d classes: at least 2 columns and 0 classes are needed", d, classes)
	}
	m := &Model{cfg: cfg, scale: scale, base: Normal{d}, classes: classes}
	for i, s := range scale.Scale {
		shift := float32(scale.Shift[i])
		m.shift, m.shiftLow = append(m.shift, shift), append(m.shiftLow, float32(scale.Shift[i]-float64(shift)))
		m.rate = append(m.rate, float32(1/s))
	}
	for i := range cfg.Layers {
		if cfg.Mixing && i > 0 {
			m.chain = append(m.chain, newLinear(&m.params, fmt.Sprintf("mixing%d", i+1), d, 0))
		}
		m.chain = append(m.chain, newTriangular(&m.params, fmt.Sprintf("layer%d", i+1), cfg, d, classes, i%2 == 1, rng))
	}
	if classes > 0 {
		m.prior = m.params.New("prior", 1, classes)
	}
	return m, nil
}

// Classes returns the number of classes, 0 for an unconditional model.
func (m *Model) Classes() int { return m.classes }

func (m *Model) dim() int { return len(m.scale.Shift) }

// Config returns the configuration that the model was made with.
func (m *Model) Config() Config { return m.cfg }

// Params returns the number of trained parameters.
func (m *Model) Params() int { return m.params.Count() }

// Bijectors returns the chain from standardised points to the base.
func (m *Model) Bijectors() Chain { return m.chain }

// Base returns the base distribution.
func (m *Model) Base() Normal { return m.base }

// Parameters returns the trained parameters; see [train.Model].
func (m *Model) Parameters() *nn.Params { return &m.params }

// Fixed returns a copy of the standardisation, which a checkpoint holds and training does not change.
func (m *Model) Fixed() []checkpoint.Tensor { return m.scale.State("scale") }

// logDensity is log q of standardised points x up to the constants of base and standardisation:
// rows x d -> 1 x rows. label is classes x rows, one-hot, nil without classes.
func (m *Model) logDensity(g *nn.Graph, x, label *G.Node) *G.Node {
	return m.base.node(m.chain.node(g, initialState(g, x), label))
}

// initialState is the state that layers map: x as columns, and a row of log-determinants of 0.
func initialState(g *nn.Graph, x *G.Node) *G.Node {
	return nn.PadRows(nn.Transpose(x), 0, x.Shape()[1]+1)
}

// nll is the loss of a step, 1 x 1: the mean of -log q, up to constants; with classes, of point and
// label jointly.
func (m *Model) nll(g *nn.Graph) *G.Node {
	x := g.Input("x", m.dim())
	if m.prior == nil {
		return nn.Scale(-1, nn.Mean(m.logDensity(g, x, nil)))
	}
	label := nn.Transpose(g.Input("label", m.classes))
	logPi := nn.MatMul(nn.LogSoftmax(g.Param(m.prior)), label, false, false)
	return nn.Scale(-1, nn.Mean(nn.Add(m.logDensity(g, x, label), logPi)))
}

// LogProbNode returns [Model.LogProb] as a graph, for a flow that is part of another model: x is
// rows x d in the data's coordinates, the result rows x 1 in nats. The graph is float32, so it is
// inexact for data that float32 does not resolve. It panics for a model with classes.
func (m *Model) LogProbNode(g *nn.Graph, x *G.Node) *G.Node {
	if m.prior != nil {
		panic("flow: LogProbNode of a model with classes")
	}
	row := func(name string, v []float32) *G.Node { return g.Table("flow "+name, 1, m.dim(), v) }
	x = nn.Sub(x, nn.Rows(row("shift", m.shift), g.Rows()))
	if slices.ContainsFunc(m.shiftLow, func(v float32) bool { return v != 0 }) {
		x = nn.Sub(x, nn.Rows(row("shift low", m.shiftLow), g.Rows()))
	}
	x = nn.MulRow(x, row("rate", m.rate))
	return nn.Shift(m.base.constant()-m.scale.LogScale(), nn.Transpose(m.logDensity(g, x, nil)))
}

// LogProb returns log q of each row of x (n x d, in the data's coordinates), in nats; with classes,
// log Σ π_c q(x|c). The value is -Inf for a point so far out that its image overflows, and NaN for
// one with a NaN. It panics if x does not have d columns.
func (m *Model) LogProb(x mat.Matrix) []float64 {
	if m.prior == nil {
		return m.logProb(x, nil)
	}
	return m.mixture(x)
}

// logProb is the density given the label of each row; labels are nil without classes.
func (m *Model) logProb(x mat.Matrix, labels []int) []float64 {
	n, d := x.Dims()
	if d != m.dim() {
		panic(fmt.Sprintf("flow: points with %d columns for a model of %d", d, m.dim()))
	}
	z, det := mat.DenseCopyOf(x), make([]float64, n)
	m.scale.FromData(z)
	inBlocks(n, labels, func(lo, hi int, labels []int) {
		m.chain.Forward(z.Slice(lo, hi, 0, d).(*mat.Dense), labels, det[lo:hi])
	})
	logp := m.base.LogProb(z)
	for i := range logp {
		logp[i] += det[i] - m.scale.LogScale()
		if math.IsNaN(logp[i]) && !floats.HasNaN(mat.Row(nil, i, x)) {
			logp[i] = math.Inf(-1) // so far out that z is not finite
		}
	}
	return logp
}

// inBlocks calls f for blocks of n rows with their labels, nil where labels are, on all processors.
func inBlocks(n int, labels []int, f func(lo, hi int, labels []int)) {
	parallel.Rows(n, blockRows, func(lo, hi int) {
		if labels == nil {
			f(lo, hi, nil)
		} else {
			f(lo, hi, labels[lo:hi])
		}
	})
}

// Sample returns n samples, n x d in the data's coordinates; with classes, from the mixture. It panics
// if n < 1.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("flow: Sample of n = %d, want n >= 1", n))
	}
	if m.prior == nil {
		return m.sample(n, nil, rng)
	}
	return m.sample(n, m.sampleLabels(n, rng), rng)
}

func (m *Model) sample(n int, labels []int, rng *rand.Rand) *mat.Dense {
	x, logDet := m.base.Sample(n, rng), make([]float64, n)
	inBlocks(n, labels, func(lo, hi int, labels []int) {
		m.chain.Inverse(x.Slice(lo, hi, 0, m.dim()).(*mat.Dense), labels, logDet[lo:hi])
	})
	m.scale.ToData(x)
	return x
}

// Trajectory yields the images of base points z (n x d, unchanged) on the way to the data: (0, z), then
// after each inverted bijector the number of those and the points so far, up to the samples that z
// gives. All are shifted and scaled like the data. labels has one label per row, nil for a model
// without classes.
func (m *Model) Trajectory(z *mat.Dense, labels []int) iter.Seq2[int, *mat.Dense] {
	return func(yield func(int, *mat.Dense) bool) {
		x := mat.DenseCopyOf(z)
		logDet := make([]float64, x.RawMatrix().Rows)
		for i := range len(m.chain) + 1 {
			if i > 0 {
				m.chain[len(m.chain)-i].Inverse(x, labels, logDet)
			}
			scaled := mat.DenseCopyOf(x)
			m.scale.ToData(scaled)
			if !yield(i, scaled) {
				return
			}
		}
	}
}
