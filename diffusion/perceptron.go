package diffusion

import (
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/nn"
	"genlab/internal/state"
)

// perceptron is the network of points: it sees a point, Fourier features of it, features of the
// noise level, and of a conditional model the context. The first layer's weights have their rows
// in this order.
type perceptron struct {
	params nn.Params
	waves  *nn.Fourier // of the point
	freqs  []float32   // of the noise level
	net    nn.MLP
	d      int
	width  int // of the context
}

// inputs is the number of a perceptron's inputs without the context.
func (c Config) inputs(d int) int { return d + 2*c.Features + c.TimeFeatures }

func newPerceptron(cfg Config, d, width int, rng *rand.Rand) *perceptron {
	p := &perceptron{d: d, width: width, freqs: frequencies(cfg.TimeFeatures / 2)}
	p.waves = nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng)
	widths := []int{cfg.inputs(d) + width}
	for range cfg.Layers {
		widths = append(widths, cfg.Hidden)
	}
	p.net = nn.NewMLP(&p.params, "layer", append(widths, d), kernel.SiLU, nn.Zero, rng)
	return p
}

// Parameters implements Network.
func (p *perceptron) Parameters() *nn.Params { return &p.params }

// FLOPs implements Network.
func (p *perceptron) FLOPs() int { return p.net.FLOPs() + 2*p.waves.Frequencies.Count() }

// Fixed implements Network: the features' frequencies.
func (p *perceptron) Fixed() []state.Tensor { return p.waves.Frequencies.State("features") }

// frequencies fall by a constant ratio from 3 to 0.1 radians a unit of u, in the manner of
// [vaswani2017]; u has a range of about 11.
func frequencies(n int) []float32 {
	f := make([]float32, n)
	for i := range f {
		f[i] = float32(3 * math.Pow(1.0/30, float64(i)/float64(n)))
	}
	return f
}

// levelFeatures appends sin, then cos, of each frequency times u.
func levelFeatures(dst []float32, freqs []float32, u float64) []float32 {
	for _, wave := range []func(float64) float64{math.Sin, math.Cos} {
		for _, f := range freqs {
			dst = append(dst, float32(wave(float64(f)*u)))
		}
	}
	return dst
}

// Predict implements Network.
func (p *perceptron) Predict(g *nn.Graph, x, u, context *G.Node) *G.Node {
	beside := G.Nodes{nn.SinCos(nn.MatMul(u, g.Table("frequencies", 1, len(p.freqs), p.freqs), false, false))}
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
		bias := nn.Linear(g.Table("beside", 1, len(a.beside), a.beside), g.ParamRows(first.W, at, first.W.Rows), g.Param(first.B), kernel.Identity)
		h := nn.Linear(p.waves.Beside(g, g.Input("x", p.d)), g.ParamRows(first.W, 0, at), bias, first.Act)
		return G.Nodes{p.net[1:].Apply(g, h)}
	})
	return a, err
}

func (a *alike) run(n int, x []float32, u float64, context, out []float32) error {
	known := levelFeatures(a.beside[:0], a.of.freqs, u)
	clear(a.beside[len(known):])
	copy(a.beside[len(known):], context)
	a.columns["x"] = x
	return a.forward.Run(n, a.columns, out)
}
