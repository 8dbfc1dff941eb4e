package vae

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/nn"
)

// Prior is p(z), the law of the latent variable. One that learns adds its parameters to the
// model's before the first graph.
type Prior interface {
	// LogProb is log p of each row of z, rows x latent -> rows x 1, nats.
	LogProb(g *nn.Graph, z *G.Node) *G.Node
	// Sample draws n rows of latent columns.
	Sample(n, latent int, rng *rand.Rand) *mat.Dense
}

// Normal is the prior N(0, I) [kingma2014].
type Normal struct{}

// LogProb implements Prior.
func (Normal) LogProb(_ *nn.Graph, z *G.Node) *G.Node {
	return logNormal(z, z.Shape()[1])
}

// Sample implements Prior.
func (Normal) Sample(n, latent int, rng *rand.Rand) *mat.Dense {
	z := mat.NewDense(n, latent, nil)
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
