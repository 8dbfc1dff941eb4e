package diffusion

import (
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// perceptron is the network of points: it sees a point, Fourier features of it, features of the
// noise level, and of a conditional model the context. The first layer's weights have their rows
// in this order.
type perceptron struct {
	params nn.Params
	waves  *nn.Fourier // of the point
	freqs  LevelFeatures
	net    nn.MLP
	d      int
	width  int // of the context
}

// inputs is the number of a perceptron's inputs without the context.
func (c Config) inputs(d int) int { return d + 2*c.Features + c.TimeFeatures }

func newPerceptron(cfg Config, d, width int, rng *rand.Rand) *perceptron {
	p := &perceptron{d: d, width: width, freqs: NewLevelFeatures(cfg.TimeFeatures)}
	p.waves = nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng)
	widths := []int{cfg.inputs(d) + width}
	for range cfg.Layers {
		widths = append(widths, cfg.Hidden)
	}
	p.net = nn.NewMLP(&p.params, "layer", append(widths, d), cfg.Activation, nn.Zero, rng)
	return p
}

// Parameters implements Network.
func (p *perceptron) Parameters() *nn.Params { return &p.params }

// FLOPs implements Network.
func (p *perceptron) FLOPs() int { return p.net.FLOPs() + 2*p.waves.Frequencies.Count() }

// Fixed implements Network: the features' frequencies.
func (p *perceptron) Fixed() []checkpoint.Tensor { return p.waves.Frequencies.State("features") }

// LevelFeatures are sines and cosines of the noise level: their frequencies.
type LevelFeatures []float32

// NewLevelFeatures returns n of them, an even number. Frequencies fall by a constant ratio from 3 to
// 0.1 radians a unit of u, in the manner of [vaswani2017]; u has a range of about 11.
func NewLevelFeatures(n int) LevelFeatures {
	f := make(LevelFeatures, n/2)
	for i := range f {
		f[i] = float32(3 * math.Pow(1.0/30, float64(i)/float64(len(f))))
	}
	return f
}

// Apply is the features of noise levels u, rows x 1 -> rows x n: the sines, then the cosines.
func (f LevelFeatures) Apply(g *nn.Graph, u *G.Node) *G.Node {
	return nn.SinCos(nn.MatMul(u, g.Table("frequencies", 1, len(f), f), false, false))
}

// of appends the features of one level.
func (f LevelFeatures) of(dst []float32, u float64) []float32 {
	for _, wave := range []func(float64) float64{math.Sin, math.Cos} {
		for _, w := range f {
			dst = append(dst, float32(wave(float64(w)*u)))
		}
	}
	return dst
}

// Predict implements Network.
func (p *perceptron) Predict(g *nn.Graph, x, u, context *G.Node) *G.Node {
	beside := G.Nodes{p.freqs.Apply(g, u)}
	if context != nil {
		beside = append(beside, context)
	}
	return p.net.Apply(g, p.waves.Beside(g, x, beside...))
}

// alike evaluates a perceptron on rows of one level and one context: what the first layer makes of
// those is computed once.
type alike struct {
	of      *perceptron
	beside  []float32 // features of the level, and the context
	forward *nn.Forward
	columns nn.Columns
}

func (p *perceptron) evaluator() (evaluator, error) {
	a := &alike{of: p, beside: make([]float32, 2*len(p.freqs)+p.width), columns: nn.Columns{}}
	var err error
	a.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		first := p.net[0]
		at := first.W.Rows - len(a.beside)
		bias := nn.Linear(g.Table("beside", 1, len(a.beside), a.beside), g.ParamRows(first.W, at, first.W.Rows), g.Param(first.B), nn.Identity)
		h := nn.Linear(p.waves.Beside(g, g.Input("x", p.d)), g.ParamRows(first.W, 0, at), bias, first.Act)
		return G.Nodes{p.net[1:].Apply(g, h)}
	})
	return a, err
}

func (a *alike) run(n int, x []float32, u float64, context, out []float32) error {
	known := a.of.freqs.of(a.beside[:0], u)
	clear(a.beside[len(known):])
	copy(a.beside[len(known):], context)
	a.columns["x"] = x
	return a.forward.Run(n, a.columns, out)
}
