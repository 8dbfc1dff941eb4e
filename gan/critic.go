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
	pack    int        // points that are valued together [lin2018]
	norms   []spectral // of the layers; nil without spectral normalisation

	forward *nn.Forward
}

// NewCritic returns an untrained critic of the points that scale standardises. It uses Hidden, Layers,
// Activation, Features and FeatureScale of cfg, which must be valid.
func NewCritic(cfg Config, scale standardize.Map, rng *rand.Rand) (*Critic, error) {
	d := len(scale.Shift)
	c := &Critic{scale: scale, fourier: nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng), pack: max(1, cfg.Pack)}
	c.net = nn.NewMLP(&c.params, "layer", cfg.widths(c.pack*(d+2*cfg.Features), 1), cfg.Activation, nn.Xavier, rng)
	if cfg.Objective.spectral() {
		c.norms = newSpectral(c.net)
	}
	var err error
	c.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		x := g.Input("x", d)
		value := c.evaluate(g, nn.Concat(repeat(c.fourier.Beside(g, x), c.pack)...), nil)
		return G.Nodes{value, nn.RowNorm(inputGradient(g, value, ones(g, g.Rows()), x, 1))}
	})
	return c, err
}

func (c *Critic) dim() int { return len(c.scale.Shift) }

// FakeInput declares the input "fake" of standardised points, rows x d: for [NewCriticTrainer], where the
// caller provides generated points as values.
func (c *Critic) FakeInput(g *nn.Graph) *G.Node { return g.Input("fake", c.dim()) }

// Parameters returns the trained parameters; see [train.Model].
func (c *Critic) Parameters() *nn.Params { return &c.params }

// Fixed returns what a checkpoint holds besides the parameters: the frequencies of the Fourier features, and the
// singular vectors of spectral normalisation. The memory is live.
func (c *Critic) Fixed() []checkpoint.Tensor {
	fixed := c.fourier.Frequencies.State("features")
	for i, n := range c.norms {
		fixed = append(fixed, n.state(fmt.Sprintf("spectral/%d", i+1))...)
	}
	return fixed
}

// apply evaluates the network at standardised points, rows x d: a value for each pack of consecutive points, rows/pack x 1.
func (c *Critic) apply(g *nn.Graph, x *G.Node) *G.Node { return c.applyWith(g, x, nil) }

// applyWith is apply with other weights, those of each layer and its bias in order; nil for the critic's own.
func (c *Critic) applyWith(g *nn.Graph, x *G.Node, weights G.Nodes) *G.Node {
	h := c.fourier.Beside(g, x)
	if c.pack > 1 {
		h = nn.Reshape(h, c.pack*h.Shape()[1])
	}
	return c.evaluate(g, h, weights)
}

// evaluate is applyWith for the network's input.
func (c *Critic) evaluate(g *nn.Graph, h *G.Node, weights G.Nodes) *G.Node {
	if weights == nil && c.norms == nil {
		return c.net.ApplyTwice(g, h)
	}
	for i, layer := range c.net {
		var w, b *G.Node
		if weights != nil {
			w, b = weights[2*i], weights[2*i+1]
		} else {
			w, b = g.Param(layer.W), g.Param(layer.B)
		}
		if c.norms != nil {
			w = c.norms[i].normalise(g, w, i)
		}
		switch layer.Act {
		case nn.Identity, nn.ReLU, nn.LeakyReLU: // see nn.MLP.ApplyTwice
			h = nn.Linear(h, w, b, layer.Act)
		default:
			h = nn.Act(nn.Linear(h, w, b, nn.Identity), layer.Act)
		}
	}
	return h
}

// weights returns the nodes of the critic's parameters, for applyWith.
func (c *Critic) weights(g *nn.Graph) (all G.Nodes) {
	for _, layer := range c.net {
		all = append(all, g.Param(layer.W), g.Param(layer.B))
	}
	return all
}

// ones returns a column of ones: the seed of a gradient of each row's value. A graph has one.
func ones(g *nn.Graph, rows int) *G.Node {
	values := make([]float32, rows)
	for i := range values {
		values[i] = 1
	}
	return g.Table("ones", rows, 1, values)
}

// inputGradient returns the gradient of values, of packs of so many points, with respect to the points: a row for each pack,
// with the coordinates of all its points.
func inputGradient(g *nn.Graph, values, ones, points *G.Node, pack int) *G.Node {
	gradient, err := g.Grad(values, ones, points)
	if err != nil {
		panic(err) // the network is differentiable by construction
	}
	if pack > 1 {
		return nn.Reshape(gradient[0], pack*points.Shape()[1])
	}
	return gradient[0]
}

// At returns the critic's value at each row of x (n x d, in the data's coordinates) and the norm of its
// gradient with respect to standardised coordinates, which the penalty of [Wasserstein] holds near one.
// With packing it is that of a pack of copies of the row. It panics if x does not have d columns.
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
