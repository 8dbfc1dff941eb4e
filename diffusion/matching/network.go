package matching

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/nn"
	"genlab/standardize"
)

// network is a perceptron that predicts a velocity from a point and one or two times. Its inputs are the point,
// random Fourier features of it [tancik2020], and an embedding of the level of each time.
type network struct {
	params    nn.Params
	fourier   *nn.Fourier
	embedding diffusion.NoiseEmbedding
	net       nn.MLP
	scale     standardize.Map
}

func newNetwork(cfg NetworkConfig, times int, scale standardize.Map, rng *rand.Rand) *network {
	d := len(scale.Shift)
	n := &network{scale: scale, embedding: diffusion.NewNoiseEmbedding(cfg.TimeFeatures)}
	n.fourier = nn.NewFourier(d, cfg.Features, cfg.FeatureScale, rng)
	widths := []int{d + 2*cfg.Features + times*cfg.TimeFeatures}
	for range cfg.Layers {
		widths = append(widths, cfg.Hidden)
	}
	n.net = nn.NewMLP(&n.params, "layer", append(widths, d), cfg.Activation, nn.Zero, rng)
	return n
}

// timeFloor keeps the level of a time finite at 0 and 1.
const timeFloor = 1e-3

// level returns log(t/(1-t)), bounded by the floor, and its derivative by t. It resolves times near 0, where the
// velocity changes over as short a time as the data have structure.
func level(t float64) (u, rate float64) {
	a, b := t+timeFloor, 1-t+timeFloor
	return math.Log(a / b), 1/a + 1/b
}

// inputs returns the input of the network for points (rows x d) and levels (rows x 1).
func (n *network) inputs(g *nn.Graph, x *G.Node, levels ...*G.Node) *G.Node {
	var rest []*G.Node
	for _, u := range levels {
		rest = append(rest, n.embedding.Apply(g, u))
	}
	return n.fourier.Beside(g, x, rest...)
}

// predict builds the velocity, rows x d.
func (n *network) predict(g *nn.Graph, x *G.Node, levels ...*G.Node) *G.Node {
	return n.net.Apply(g, n.inputs(g, x, levels...))
}

// predictTwice is predict with operations that [nn.Graph.JVP] can differentiate.
func (n *network) predictTwice(g *nn.Graph, x *G.Node, levels ...*G.Node) *G.Node {
	return n.net.ApplyTwice(g, n.inputs(g, x, levels...))
}

// Dim returns the number of coordinates of a point.
func (n *network) Dim() int { return len(n.scale.Shift) }

// Parameters returns the trained parameters.
func (n *network) Parameters() *nn.Params { return &n.params }

// Params returns the number of trained parameters.
func (n *network) Params() int { return n.params.Count() }

// Fixed returns the tensors of a checkpoint that are not trained: the Fourier frequencies and the standardisation.
func (n *network) Fixed() []checkpoint.Tensor {
	return slices.Concat(n.fourier.Frequencies.State("features"), n.scale.State("scale"))
}

// FLOPs returns the cost of a forward pass for one point, in floating-point operations.
func (n *network) FLOPs() int { return n.net.FLOPs() + 2*n.fourier.Frequencies.Count() }

// restore copies the saved tensors that are not trained.
func (n *network) restore(saved []checkpoint.Tensor) error {
	fixed := n.Fixed()
	if err := checkpoint.Copy(fixed, checkpoint.Like(fixed, saved)); err != nil {
		return fmt.Errorf("matching: %w", err)
	}
	return nil
}
