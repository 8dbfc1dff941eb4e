package flow

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Normal is the base distribution N(0, I) in D dimensions.
type Normal struct{ D int }

var logTwoPi = math.Log(2 * math.Pi)

// Sample returns n samples, n x D. It panics if n < 1.
func (b Normal) Sample(n int, rng *rand.Rand) *mat.Dense {
	z := mat.NewDense(n, b.D, nil)
	for i := range z.RawMatrix().Data {
		z.RawMatrix().Data[i] = rng.NormFloat64()
	}
	return z
}

// LogProb returns -|z|²/2 - D/2·log 2π of each row of z (n x D), in nats. It panics if z has fewer
// columns.
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

// node is LogProb without its constant, points in columns, plus the log-determinants in the last row of
// the state: (D+1) x points -> 1 x points.
func (b Normal) node(state *G.Node) *G.Node {
	z, logDet := nn.RowRange(state, 0, b.D), nn.RowRange(state, b.D, b.D+1)
	return nn.Add(nn.Scale(-0.5, nn.ColSum(nn.Square(z))), logDet)
}

// constant is the term that node omits.
func (b Normal) constant() float64 { return -float64(b.D) / 2 * logTwoPi }
