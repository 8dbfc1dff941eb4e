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

// Critic is a function of the plane whose mean over the data lies above that over the
// generator's samples. Of Wasserstein's game it is a potential up to a constant, of the original
// game the log odds that a point is data. It is no log density.
type Critic struct {
	params nn.Params
	waves  *nn.Fourier
	net    nn.MLP
	scale  standardize.Map

	forward *nn.Forward
}

// NewCritic returns a critic with fresh weights of points standardised by scale. Of cfg count
// Hidden, Layers, Activation, Features and FeatureScale.
func NewCritic(cfg Config, scale standardize.Map, rng *rand.Rand) (*Critic, error) {
	d := len(scale.Shift)
	c := &Critic{scale: scale, waves: nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng)}
	c.net = nn.NewMLP(&c.params, "layer", cfg.widths(d+2*cfg.Features, 1), cfg.Activation, nn.Xavier, rng)
	var err error
	c.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		x := g.Input("x", d)
		value := c.apply(g, x)
		return G.Nodes{value, slope(g, value, x)}
	})
	return c, err
}

func (c *Critic) dim() int { return len(c.scale.Shift) }

// Given is the formula of points that come from outside, the input "made": standardised, rows x d.
func (c *Critic) Given(g *nn.Graph) *G.Node { return g.Input("made", c.dim()) }

// Parameters are what training moves.
func (c *Critic) Parameters() *nn.Params { return &c.params }

// Fixed is what training does not move, but a checkpoint holds: the features' frequencies.
func (c *Critic) Fixed() []checkpoint.Tensor { return c.waves.Frequencies.State("features") }

// apply is the network: a value, rows x 1, for each row of standardised points.
func (c *Critic) apply(g *nn.Graph, x *G.Node) *G.Node {
	return c.net.ApplyTwice(g, c.waves.Beside(g, x))
}

// slope is the norm of the gradient at each of the points where the critic has the given values,
// rows x 1.
func slope(g *nn.Graph, values, points *G.Node) *G.Node {
	ones := make([]float32, g.Rows())
	for i := range ones {
		ones[i] = 1
	}
	gradient, err := g.Grad(values, g.Table("ones", g.Rows(), 1, ones), points)
	if err != nil {
		panic(err) // the formula is fixed: it has a gradient or it has not
	}
	return nn.RowNorm(gradient[0])
}

// At returns the critic's value at each row of x (n x d, in the data's coordinates) and the norm
// of its gradient there, with respect to standardised coordinates: one is the slope that
// Wasserstein's penalty asks for.
func (c *Critic) At(x mat.Matrix) (values, slopes []float64) {
	n, d := x.Dims()
	if want := c.dim(); d != want {
		panic(fmt.Sprintf("gan: points of %d columns for a critic of %d", d, want))
	}
	z := mat.DenseCopyOf(x)
	c.scale.FromData(z)
	in, value, slope := make([]float32, n*d), make([]float32, n), make([]float32, n)
	narrow(in, z)
	if err := c.forward.Run(n, nn.Columns{"x": in}, value, slope); err != nil {
		panic(err) // shapes are fixed at New: an operation cannot fail
	}
	return widen(value), widen(slope)
}

func widen(v []float32) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}
