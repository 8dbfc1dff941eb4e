package nn

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
)

// Dense is a fully connected layer: act(x·W + b).
type Dense struct {
	W, B *Param
	Act  Activation
}

// NewDense adds a layer from in to out features to the parameters, with W sampled by init and b zero.
func NewDense(ps *Params, name string, in, out int, act Activation, init Init, rng *rand.Rand) Dense {
	d := Dense{W: ps.New(name+".weight", in, out), B: ps.New(name+".bias", 1, out), Act: act}
	for i := range d.W.Value {
		d.W.Value[i] = init(in, out, rng)
	}
	return d
}

// Apply returns the output of the layer: rows x in -> rows x out.
func (d Dense) Apply(g *Graph, x *G.Node) *G.Node {
	return Linear(x, g.Param(d.W), g.Param(d.B), d.Act)
}

// MLP is a multilayer perceptron.
type MLP []Dense

// NewMLP adds layers of the given widths (input, hidden ..., output) to the parameters: hidden layers
// with activation act and [He] initialisation, and a linear output layer initialised by last.
func NewMLP(ps *Params, name string, widths []int, act Activation, last Init, rng *rand.Rand) MLP {
	var m MLP
	for i := range len(widths) - 1 {
		a, init := act, Init(He)
		if i == len(widths)-2 {
			a, init = Identity, last
		}
		m = append(m, NewDense(ps, fmt.Sprintf("%s%d", name, i+1), widths[i], widths[i+1], a, init, rng))
	}
	return m
}

// FLOPs returns the floating-point operations a row, those of the matrix products.
func (m MLP) FLOPs() (n int) {
	for _, d := range m {
		n += 2 * d.W.Rows * d.W.Cols
	}
	return n
}

// Apply returns the output of the network: rows x in -> rows x out.
func (m MLP) Apply(g *Graph, x *G.Node) *G.Node {
	for _, d := range m {
		x = d.Apply(g, x)
	}
	return x
}

// ApplyTwice is [MLP.Apply] for a loss that differentiates the gradient again, such as a gradient
// penalty: curved activations are separate operations.
func (m MLP) ApplyTwice(g *Graph, x *G.Node) *G.Node {
	for _, d := range m {
		switch d.Act {
		case Identity, ReLU, LeakyReLU:
			x = d.Apply(g, x)
		default:
			x = Act(Linear(x, g.Param(d.W), g.Param(d.B), Identity), d.Act)
		}
	}
	return x
}
