package vae

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/nn"
)

// Prior is p(z), the distribution of the latent variable: samples are n x latent. A prior with a method
// Parameters() *nn.Params is trained with the model.
type Prior interface {
	genlab.Sampler
	// LogProbNode builds log p of each row of z: rows x latent -> rows x 1, in nats.
	LogProbNode(g *nn.Graph, z *G.Node) *G.Node
}

// NewPrior makes an untrained prior in the given number of latent dimensions. Its errors are those of
// [NewWithPrior].
type NewPrior func(latent int, rng *rand.Rand) (Prior, error)

// trainable is a Prior with parameters. No graph has been built over them yet.
type trainable interface{ Parameters() *nn.Params }

// Normal is the prior N(0, I) in Latent dimensions [kingma2014].
type Normal struct{ Latent int }

// StandardNormal makes the prior N(0, I). It never fails.
func StandardNormal(latent int, _ *rand.Rand) (Prior, error) { return Normal{latent}, nil }

// LogProbNode implements [Prior].
func (p Normal) LogProbNode(_ *nn.Graph, z *G.Node) *G.Node { return logNormal(z, p.Latent) }

// Sample returns n samples, n x Latent. It panics if n < 1.
func (p Normal) Sample(n int, rng *rand.Rand) *mat.Dense {
	z := mat.NewDense(n, p.Latent, nil)
	for i := range z.RawMatrix().Data {
		z.RawMatrix().Data[i] = rng.NormFloat64()
	}
	return z
}

// logNormal is log N(u; 0, I) of each row of u: rows x d -> rows x 1.
func logNormal(u *G.Node, d int) *G.Node {
	return nn.Shift(-float64(d)/2*math.Log(2*math.Pi), nn.Scale(-0.5, nn.RowSum(nn.Square(u))))
}
