package vae

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/nn"
)

// Prior is p(z), the law of the latent variable: n x latent points. One with Parameters learns
// with the model.
type Prior interface {
	genlab.Sampler
	// LogProbNode is log p of each row of z as a formula, rows x latent -> rows x 1, nats.
	LogProbNode(g *nn.Graph, z *G.Node) *G.Node
}

// NewPrior makes a prior for a latent space, with fresh parameters if it learns.
type NewPrior func(latent int, rng *rand.Rand) (Prior, error)

// learned is a Prior that learns. No graph has been built over its parameters yet.
type learned interface{ Parameters() *nn.Params }

// Normal is the prior N(0, I) in Latent dimensions [kingma2014].
type Normal struct{ Latent int }

// Standard makes the prior N(0, I).
func Standard(latent int, _ *rand.Rand) (Prior, error) { return Normal{latent}, nil }

// LogProbNode implements Prior.
func (p Normal) LogProbNode(_ *nn.Graph, z *G.Node) *G.Node { return logNormal(z, p.Latent) }

// Sample implements Prior.
func (p Normal) Sample(n int, rng *rand.Rand) *mat.Dense {
	z := mat.NewDense(n, p.Latent, nil)
	for i := range n {
		row := z.RawRowView(i)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
	}
	return z
}

// logNormal is the log density of N(0, I) in d dimensions at each row of u: rows x 1.
func logNormal(u *G.Node, d int) *G.Node {
	return nn.Shift(-float64(d)/2*math.Log(2*math.Pi), nn.Scale(-0.5, nn.RowSum(nn.Square(u))))
}
