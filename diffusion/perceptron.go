package diffusion

import (
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// perceptron is the default network. Its inputs are the point, Fourier features of it, the embedding of
// the noise level and the context, in the order of the rows of the first layer's weights.
type perceptron struct {
	params    nn.Params
	fourier   *nn.Fourier // of the point
	embedding NoiseEmbedding
	net       nn.MLP
	d         int
	width     int // of the context
}

// inputs returns the number of inputs of a perceptron without its context.
func (c Config) inputs(d int) int { return d + 2*c.Features + c.TimeFeatures }

func newPerceptron(cfg Config, d, width int, rng *rand.Rand) *perceptron {
	p := &perceptron{d: d, width: width, embedding: NewNoiseEmbedding(cfg.TimeFeatures)}
	p.fourier = nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng)
	widths := []int{cfg.inputs(d) + width}
	for range cfg.Layers {
		widths = append(widths, cfg.Hidden)
	}
	p.net = nn.NewMLP(&p.params, "layer", append(widths, d), cfg.Activation, nn.Zero, rng)
	return p
}

// Parameters implements [Network].
func (p *perceptron) Parameters() *nn.Params { return &p.params }

// FLOPs implements [Network].
func (p *perceptron) FLOPs() int { return p.net.FLOPs() + 2*p.fourier.Frequencies.Count() }

// Fixed implements [Network]: the Fourier frequencies.
func (p *perceptron) Fixed() []checkpoint.Tensor { return p.fourier.Frequencies.State("features") }

// NoiseEmbedding is a sinusoidal embedding of the noise level u = log(σ/α), given by its frequencies.
type NoiseEmbedding []float32

// The first frequency of the embedding, in radians per unit of u, and how many times smaller the one after the last
// would be.
const (
	firstFrequency = 3
	frequencyRatio = 30
)

// NewNoiseEmbedding returns the embedding of n features; n must be even. Its frequencies fall
// geometrically from 3 to 0.1 radians per unit of u, as in [vaswani2017]; u has a range of about 11.
func NewNoiseEmbedding(n int) NoiseEmbedding {
	f := make(NoiseEmbedding, n/2)
	for i := range f {
		f[i] = float32(firstFrequency * math.Pow(1.0/frequencyRatio, float64(i)/float64(len(f))))
	}
	return f
}

// Apply builds the embedding of noise levels u, rows x 1 -> rows x n: the sines, then the cosines.
func (f NoiseEmbedding) Apply(g *nn.Graph, u *G.Node) *G.Node {
	return nn.SinCos(nn.MatMul(u, g.Table("frequencies", 1, len(f), f), false, false))
}

// append appends the embedding of one level.
func (f NoiseEmbedding) append(dst []float32, u float64) []float32 {
	for _, wave := range []func(float64) float64{math.Sin, math.Cos} {
		for _, w := range f {
			dst = append(dst, float32(wave(float64(w)*u)))
		}
	}
	return dst
}

// Predict implements [Network].
func (p *perceptron) Predict(g *nn.Graph, x, u, context *G.Node) *G.Node {
	rest := G.Nodes{p.embedding.Apply(g, u)}
	if context != nil {
		rest = append(rest, context)
	}
	return p.net.Apply(g, p.fourier.Beside(g, x, rest...))
}

// sharedRows evaluates a perceptron on rows that share a noise level and a context: their contribution to
// the first layer is computed once.
type sharedRows struct {
	of      *perceptron
	shared  []float32 // embedding of the level, and the context
	forward *nn.Forward
	columns nn.Columns
}

func (p *perceptron) evaluator() (evaluator, error) {
	a := &sharedRows{of: p, shared: make([]float32, 2*len(p.embedding)+p.width), columns: nn.Columns{}}
	var err error
	a.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		first := p.net[0]
		at := first.W.Rows - len(a.shared)
		bias := nn.Linear(g.Table("shared", 1, len(a.shared), a.shared), g.ParamRows(first.W, at, first.W.Rows), g.Param(first.B), nn.Identity)
		h := nn.Linear(p.fourier.Beside(g, g.Input("x", p.d)), g.ParamRows(first.W, 0, at), bias, first.Act)
		return G.Nodes{p.net[1:].Apply(g, h)}
	})
	return a, err
}

func (a *sharedRows) setPrecision(p nn.Precision) { a.forward.SetPrecision(p) }

func (a *sharedRows) run(n int, x []float32, u float64, context, out []float32) error {
	known := a.of.embedding.append(a.shared[:0], u)
	clear(a.shared[len(known):])
	copy(a.shared[len(known):], context)
	a.columns["x"] = x
	return a.forward.Run(n, a.columns, out)
}
