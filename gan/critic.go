package gan

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// Critic is a scalar function of points that is trained to be larger on data than on generated samples:
// with [Wasserstein] a Kantorovich potential up to a constant, with [Minimax] and [NonSaturating] the log
// odds that a point is data. It is not a log-density. A Critic is not safe for concurrent use.
type Critic struct {
	params  nn.Params
	fourier *nn.Fourier
	net     nn.MLP
	scale   standardize.Map

	forward *nn.Forward
}

// NewCritic returns an untrained critic of the points that scale standardises. It uses Hidden, Layers,
// Activation, Features and FeatureScale of cfg, which must be valid.
func NewCritic(cfg Config, scale standardize.Map, rng *rand.Rand) (*Critic, error) {
	d := len(scale.Shift)
	c := &Critic{scale: scale, fourier: nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng)}
	c.net = nn.NewMLP(&c.params, "layer", cfg.widths(d+2*cfg.Features, 1), cfg.Activation, nn.Xavier, rng)
	var err error
	c.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		x := g.Input("x", d)
		value := c.apply(g, x)
		return G.Nodes{value, gradientNorm(g, value, x)}
	})
	return c, err
}

func (c *Critic) dim() int { return len(c.scale.Shift) }

// FakeInput declares the input "fake" of standardised points, rows x d: for [NewCriticTrainer], where the
// caller provides generated points as values.
func (c *Critic) FakeInput(g *nn.Graph) *G.Node { return g.Input("fake", c.dim()) }

// Parameters returns the trained parameters; see [train.Model].
func (c *Critic) Parameters() *nn.Params { return &c.params }

// Fixed returns the frequencies of the Fourier features, which a checkpoint holds and training does not
// change. The memory is live.
func (c *Critic) Fixed() []checkpoint.Tensor { return c.fourier.Frequencies.State("features") }

// apply evaluates the network at standardised points, rows x d: rows x 1.
func (c *Critic) apply(g *nn.Graph, x *G.Node) *G.Node {
	return c.net.ApplyTwice(g, c.fourier.Beside(g, x))
}

// gradientNorm returns the norm of the gradient of values (rows x 1) with respect to points (rows x d),
// rows x 1.
func gradientNorm(g *nn.Graph, values, points *G.Node) *G.Node {
	ones := make([]float32, g.Rows())
	for i := range ones {
		ones[i] = 1
	}
	gradient, err := g.Grad(values, g.Table("ones", g.Rows(), 1, ones), points)
	if err != nil {
		panic(err) // the network is differentiable by construction
	}
	return nn.RowNorm(gradient[0])
}

// At returns the critic's value at each row of x (n x d, in the data's coordinates) and the norm of its
// gradient with respect to standardised coordinates, which the penalty of [Wasserstein] holds near one.
// It panics if x does not have d columns.
func (c *Critic) At(x mat.Matrix) (values, gradientNorms []float64) {
	n, d := x.Dims()
	if want := c.dim(); d != want {
		panic(fmt.Sprintf("gan: points with %d columns for a critic of %d", d, want))
	}
	in, value, norm := make([]float32, n*d), make([]float32, n), make([]float32, n)
	c.scale.FromDataTo(in, x)
	if err := c.forward.Run(n, nn.Columns{"x": in}, value, norm); err != nil {
		panic(err) // the shapes are fixed in NewCritic
	}
	return widen(value), widen(norm)
}

func widen(v []float32) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}
