package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// framed is a perceptron that sees nothing of a context but two answers: where, and which of a few
// shapes. The place is a displacement m = context·W of the whole law, which the perceptron
// looks at from there,
//
//	D(x, u | c) = m + D'(x - α·m, u | s),   s = softmax(context·S),
//
// as moving the data by m does to E[x_0 | x_t]. Of a context that is a sum of a word for the place and
// one for the shape, both answers hold for pairs that it was not seen with; a perceptron that
// sees the context itself learns the pairs by heart. The frame is that of a spatial transformer
// [jaderberg2015], the shapes are attended to [vaswani2017].
type framed struct {
	inner      *perceptron // over the shape; its parameters include the others
	where      *nn.Param   // W, the context's width x d
	which      *nn.Param   // S, the context's width x shapes
	prediction Prediction
}

const (
	// haste makes the frame learn so many times faster than the rest, which else learns the places
	// itself before: Adam moves all weights at one rate.
	haste = 10
	// certainty divides the temperature of the choice among the shapes, for the same reason.
	certainty = 3
)

// Framed makes networks for points that a context may move as a whole and that have one of so many
// shapes, or something between them.
func Framed(shapes int) NewNetwork {
	return func(cfg Config, d, width int, rng *rand.Rand) (Network, error) {
		if shapes < 1 || width < 1 {
			return nil, fmt.Errorf("a frame for %d shapes in contexts of %d values", shapes, width)
		}
		n := &framed{inner: newPerceptron(cfg, d, shapes, rng), prediction: cfg.Prediction}
		n.where = n.inner.params.New("where", width, d)
		n.which = n.inner.params.New("which", width, shapes)
		for i := range n.which.Value {
			n.which.Value[i] = float32(0.3 / math.Sqrt(float64(width)) * rng.NormFloat64())
		}
		return n, nil
	}
}

// Parameters implements Network.
func (n *framed) Parameters() *nn.Params { return n.inner.Parameters() }

// FLOPs implements Network.
func (n *framed) FLOPs() int { return n.inner.FLOPs() + 2*(len(n.where.Value)+len(n.which.Value)) }

// Fixed implements Network.
func (n *framed) Fixed() []checkpoint.Tensor { return n.inner.Fixed() }

// Predict implements Network.
func (n *framed) Predict(g *nn.Graph, x, u, context *G.Node) *G.Node {
	m := nn.Scale(haste, nn.MatMul(context, g.Param(n.where), false, false))
	shape := nn.Softmax(nn.Scale(certainty, nn.MatMul(context, g.Param(n.which), false, false)))
	ratio := nn.Exp(u)
	alpha := nn.Exp(nn.Scale(-0.5, nn.Log(nn.Shift(1, nn.Square(ratio)))))
	out := n.inner.Predict(g, nn.Sub(x, nn.MulCol(m, alpha)), u, shape)
	switch n.prediction {
	case Noise: // the same from everywhere
		return out
	case Data:
		return nn.Add(out, m)
	}
	return nn.Sub(out, nn.MulCol(m, nn.Mul(ratio, alpha)))
}
