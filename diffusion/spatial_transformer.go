package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// spatialTransformer is a translation-equivariant conditional network. Of the context it predicts two
// things, a translation m = c·W of the whole distribution and a soft choice s among a few shapes, and
// denoises in the translated frame:
//
//	D(x, u | c) = m + D'(x - α·m, u | s),   s = softmax(c·S).
//
// This is exact: translating the data by m does the same to E[x_0 | x_t]. If the context is the sum of an
// embedding of the place and one of the shape, the network generalises to unseen pairs; a perceptron
// that takes the context itself memorises the pairs. The frame is that of a spatial transformer
// [jaderberg2015], the choice is attention over shapes [vaswani2017].
type spatialTransformer struct {
	inner       *perceptron // D', conditioned on s; its parameters include the others
	translation *nn.Param   // W, context width x d
	shape       *nn.Param   // S, context width x shapes
	prediction  Parameterization
}

const (
	// lrMultiplier scales the translation, so that Adam, whose steps have the same size for all weights,
	// learns it faster than the inner network can learn the places itself.
	lrMultiplier = 10
	// inverseTemperature of the softmax over shapes, for the same reason.
	inverseTemperature = 3
)

// SpatialTransformer returns a constructor of networks for conditional distributions that share a number
// of shapes up to translation: the context determines the translation and a mixture of the shapes.
// The constructor returns an error unless shapes and the context's width are at least 1.
func SpatialTransformer(shapes int) NewNetwork {
	return func(cfg Config, d, width int, rng *rand.Rand) (Network, error) {
		if shapes < 1 || width < 1 {
			return nil, fmt.Errorf("a spatial transformer of %d shapes and contexts of width %d: both must be at least 1", shapes, width)
		}
		n := &spatialTransformer{inner: newPerceptron(cfg, d, shapes, rng), prediction: cfg.Prediction}
		n.translation = n.inner.params.New("where", width, d)
		n.shape = n.inner.params.New("which", width, shapes)
		for i := range n.shape.Value {
			n.shape.Value[i] = float32(0.3 / math.Sqrt(float64(width)) * rng.NormFloat64())
		}
		return n, nil
	}
}

// Parameters implements [Network].
func (n *spatialTransformer) Parameters() *nn.Params { return n.inner.Parameters() }

// FLOPs implements [Network].
func (n *spatialTransformer) FLOPs() int {
	return n.inner.FLOPs() + 2*(len(n.translation.Value)+len(n.shape.Value))
}

// Fixed implements [Network].
func (n *spatialTransformer) Fixed() []checkpoint.Tensor { return n.inner.Fixed() }

// Predict implements [Network].
func (n *spatialTransformer) Predict(g *nn.Graph, x, u, context *G.Node) *G.Node {
	m := nn.Scale(lrMultiplier, nn.MatMul(context, g.Param(n.translation), false, false))
	s := nn.Softmax(nn.Scale(inverseTemperature, nn.MatMul(context, g.Param(n.shape), false, false)))
	ratio := nn.Exp(u)
	alpha := nn.Exp(nn.Scale(-0.5, nn.Log(nn.Shift(1, nn.Square(ratio)))))
	out := n.inner.Predict(g, nn.Sub(x, nn.MulCol(m, alpha)), u, s)
	switch n.prediction {
	case NoisePrediction: // translation-invariant
		return out
	case DataPrediction:
		return nn.Add(out, m)
	}
	return nn.Sub(out, nn.MulCol(m, nn.Mul(ratio, alpha)))
}
