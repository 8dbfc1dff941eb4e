package flow

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/internal/config"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// Config describes a model and its training. Its defaults, DefaultConfig's, are tuned on all of the
// distributions together for two CPU cores.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=12000 batch=512 lr=0.003 warmup=200 clip=5"`
	Hidden         int           `yaml:"hidden" default:"48" range:"[1, 16384]" help:"width of each hidden layer of the conditioners" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"6" range:"[1, 1000]" help:"bijectors in the chain" group:"model" main:""`
	Depth          int           `yaml:"depth" default:"2" range:"[1, 100]" help:"hidden layers of each conditioner" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"silu" help:"activation of the hidden layers" group:"model"`
	Structure      Structure     `yaml:"structure" default:"autoregressive" help:"dependence of each coordinate's map on the others" group:"model" main:""`
	Transform      Transform     `yaml:"transform" default:"spline" help:"map of each coordinate" group:"model" main:""`
	Bins           int           `yaml:"bins" default:"24" range:"[2, 500]" help:"bins of a spline" group:"model" main:""`
	Bound          float64       `yaml:"bound" default:"4" range:"(0, inf)" help:"bound in standard deviations beyond which a spline is the identity" group:"model"`
	Mixing         bool          `yaml:"mixing" default:"true" help:"learned linear map before each layer but the first" group:"model"`

	Conditional bool `yaml:"conditional" default:"false" help:"training on the labels of the data, for samples of a given label" group:"data" main:""`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate names the first field that is out of its range.
func (c Config) Validate() error { return cmp.Or(config.Check(&c), c.Settings.Validate()) }

// Model is a chain of bijectors from data to its base, and the distribution that the base
// becomes on the way back. It is not for use by several goroutines at once.
type Model struct {
	cfg    Config
	params nn.Params
	chain  Chain
	base   Normal
	scale  standardize.Map

	shift, rate []float32 // of the scale: what LogProbNode standardises by

	classes int
	prior   *nn.Param // 1 x classes: log π up to a constant; nil without classes
}

// New returns a model with fresh weights for points standardised by scale. It begins as the
// normal distribution of the data's means and variances.
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	return NewConditional(cfg, scale, 0, rng)
}

// NewConditional is New for points with labels, whole numbers from 0 below classes: every map
// depends on the label, and the model learns the labels' probabilities π as well. Given returns
// the distribution of one label; the model itself is the mixture of them all.
func NewConditional(cfg Config, scale standardize.Map, classes int, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	d := len(scale.Shift)
	if d < 2 || classes < 0 {
		return nil, fmt.Errorf("flow: points of %d columns in %d classes, at least 2 and 0 are needed", d, classes)
	}
	m := &Model{cfg: cfg, scale: scale, base: Normal{d}, classes: classes}
	for i, s := range scale.Scale {
		m.shift, m.rate = append(m.shift, float32(scale.Shift[i])), append(m.rate, float32(1/s))
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

// Classes is the number of labels that the model knows, 0 where it was made without.
func (m *Model) Classes() int { return m.classes }

func (m *Model) dim() int { return len(m.scale.Shift) }

// Config returns what the model was made from.
func (m *Model) Config() Config { return m.cfg }

// Params is the number of trained parameters.
func (m *Model) Params() int { return m.params.Count() }

// Bijectors returns the chain from standardised points to the base, in its order.
func (m *Model) Bijectors() Chain { return m.chain }

// nll is the mean of -log q over a graph's rows of standardised points, in nats and in the
// data's coordinates, but for a constant; with classes, of the point and its label together.
func (m *Model) nll(g *nn.Graph) *G.Node {
	var label *G.Node
	if m.prior != nil {
		label = g.Input("label", m.classes)
	}
	z, logDet := m.chain.node(g, g.Input("x", m.dim()), label)
	logq := nn.Add(m.base.node(z), logDet)
	if m.prior != nil {
		logq = nn.Add(logq, nn.RowSum(nn.Mul(label, nn.Rows(nn.LogSoftmax(g.Param(m.prior)), g.Rows()))))
	}
	return nn.Scale(-1, nn.Mean(logq))
}

// LogProbNode is LogProb as a formula, for a flow that is part of another model: rows x d in the
// data's coordinates -> rows x 1. It panics where the model has classes.
func (m *Model) LogProbNode(g *nn.Graph, x *G.Node) *G.Node {
	if m.prior != nil {
		panic("flow: LogProbNode of a model with classes")
	}
	row := func(name string, v []float32) *G.Node { return g.Table("flow "+name, 1, m.dim(), v) }
	x = nn.MulRow(nn.Sub(x, nn.Rows(row("shift", m.shift), g.Rows())), row("rate", m.rate))
	z, logDet := m.chain.node(g, x, nil)
	return nn.Shift(m.base.constant()-m.scale.LogScale(), nn.Add(m.base.node(z), logDet))
}

// Parameters are what training changes.
func (m *Model) Parameters() *nn.Params { return &m.params }

// Fixed is what training does not move, but a checkpoint holds: the standardisation.
func (m *Model) Fixed() []checkpoint.Tensor { return m.scale.State("scale") }

// chunk is the number of rows that go through the chain at a time: what a layer keeps of them
// stays in the cache.
const chunk = 4096

// LogProb returns log q of each row of x (n x d), in nats and in the data's coordinates; with
// classes, log Σ π_c q(x | c).
func (m *Model) LogProb(x mat.Matrix) []float64 {
	if m.prior == nil {
		return m.logProb(x, nil)
	}
	return m.mixture(x)
}

// logProb is the density given the label of each row; nil where there are no classes.
func (m *Model) logProb(x mat.Matrix, labels []int) []float64 {
	n, d := x.Dims()
	if d != m.dim() {
		panic(fmt.Sprintf("flow: points of %d columns for a model of %d", d, m.dim()))
	}
	logp := make([]float64, 0, n)
	for lo := 0; lo < n; lo += chunk {
		hi := min(n, lo+chunk)
		z := mat.NewDense(hi-lo, d, nil)
		for i := range hi - lo {
			for j := range d {
				z.Set(i, j, x.At(lo+i, j))
			}
		}
		m.scale.FromData(z)
		det := make([]float64, hi-lo)
		m.chain.Forward(z, part(labels, lo, hi), det)
		for i, l := range m.base.LogProb(z) {
			l += det[i] - m.scale.LogScale()
			if math.IsNaN(l) && !hasNaN(x, lo+i) {
				l = math.Inf(-1) // so far out that z is not finite
			}
			logp = append(logp, l)
		}
	}
	return logp
}

func hasNaN(x mat.Matrix, i int) bool {
	_, d := x.Dims()
	for j := range d {
		if math.IsNaN(x.At(i, j)) {
			return true
		}
	}
	return false
}

// Sample draws n x d points, in the data's coordinates; with classes, of all of them.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("flow: a sample of %d points", n))
	}
	if m.prior == nil {
		return m.sample(n, nil, rng)
	}
	return m.sample(n, m.sampleLabels(n, rng), rng)
}

func (m *Model) sample(n int, labels []int, rng *rand.Rand) *mat.Dense {
	z := m.base.Sample(n, rng)
	for lo := 0; lo < n; lo += chunk {
		hi := min(n, lo+chunk)
		m.chain.Inverse(z.Slice(lo, hi, 0, m.dim()).(*mat.Dense), part(labels, lo, hi), make([]float64, hi-lo))
	}
	m.scale.ToData(z)
	return z
}

// Path yields what becomes of points z of the base (n x d, left as they are) on their way to the
// data: z itself with 0, and what is left after each bijector has been undone, with their number. All are
// shifted and scaled as data are, the last is the sample that z gives. labels are those of the
// rows, nil where the model has no classes.
func (m *Model) Path(z *mat.Dense, labels []int) iter.Seq2[int, *mat.Dense] {
	return func(yield func(int, *mat.Dense) bool) {
		x := mat.DenseCopyOf(z)
		logDet := make([]float64, x.RawMatrix().Rows)
		for i := range len(m.chain) + 1 {
			if i > 0 {
				m.chain[len(m.chain)-i].Inverse(x, labels, logDet)
			}
			shown := mat.DenseCopyOf(x)
			m.scale.ToData(shown)
			if !yield(i, shown) {
				return
			}
		}
	}
}

// Base is the distribution at the far end of the chain.
func (m *Model) Base() Normal { return m.base }

// rows calls f for each row, on all cores where there are many.
func rows(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/256)
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				f(i)
			}
		})
	}
	wait.Wait()
}
