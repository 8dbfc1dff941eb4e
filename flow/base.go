package flow

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Normal is the base: N(0, I) in d dimensions.
type Normal struct{ D int }

var logTwoPi = math.Log(2 * math.Pi)

// Sample returns n x d draws.
func (b Normal) Sample(n int, rng *rand.Rand) *mat.Dense {
	z := mat.NewDense(n, b.D, nil)
	for i := range n {
		for j := range b.D {
			z.Set(i, j, rng.NormFloat64())
		}
	}
	return z
}

// LogProb returns -|z|²/2 - d/2·log 2π of each row of z (n x d), in nats.
func (b Normal) LogProb(z mat.Matrix) []float64 {
	n, _ := z.Dims()
	logp := make([]float64, n)
	for i := range logp {
		for j := range b.D {
			v := z.At(i, j)
			logp[i] -= (v*v + logTwoPi) / 2
		}
	}
	return logp
}

// node is LogProb but for its constant: rows x 1.
func (b Normal) node(z *G.Node) *G.Node { return nn.Scale(-0.5, nn.RowSum(nn.Square(z))) }

// constant is what node leaves out.
func (b Normal) constant() float64 { return -float64(b.D) / 2 * logTwoPi }
