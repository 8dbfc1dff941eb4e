package vae

import (
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/suggest"
	"genlab/nn"
)

// Objective is the bound that training maximises, with K = Config.Samples samples z_k ~ q(z|x) per
// point and weights w_k = p(x|z_k)·p(z_k)/q(z_k|x).
type Objective string

// The objectives.
const (
	// ELBO is the mean of log w_k [kingma2014]: more samples reduce its variance, not its gap.
	ELBO Objective = "elbo"
	// IWAE is log (1/K Σ w_k) [burda2016]: the bound tightens as K grows, and constrains the
	// posterior less.
	IWAE Objective = "iwae"
)

// Choices lists the names in the order shown to users.
func (Objective) Choices() []string { return []string{string(ELBO), string(IWAE)} }

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (o *Objective) UnmarshalText(text []byte) error { return suggest.Set("objective", o, text) }

// loss is the negative bound, 1 x 1, from log p(x|z_k) and log p(z_k) - log q(z_k|x), each rows x K,
// and beta, 1 x 1.
func (o Objective) loss(reconstruction, ratio, beta *G.Node) *G.Node {
	if o == IWAE {
		return nn.Scale(-1, nn.Mean(logMeanExp(nn.Add(reconstruction, ratio))))
	}
	return nn.Scale(-1, nn.Add(nn.Mean(reconstruction), nn.Mul(beta, nn.Mean(ratio))))
}

// logMeanExp is the logarithm of the mean of exp along each row: rows x k -> rows x 1.
func logMeanExp(a *G.Node) *G.Node {
	sum := nn.Sub(nn.Cols(a, 0, 1), nn.Cols(nn.LogSoftmax(a), 0, 1))
	return nn.Shift(-math.Log(float64(a.Shape()[1])), sum)
}
