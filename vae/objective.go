package vae

import (
	G "gorgonia.org/gorgonia"

	"genlab/internal/suggest"
	"genlab/nn"
)

// Objective is what training maximises, with K = Config.Samples draws z_k ~ q(z|x) for each
// point and the weights w_k = p(x|z_k)·p(z_k)/q(z_k|x).
type Objective string

// The objectives there are.
const (
	// ELBO is the mean of log w_k [kingma2014]: more draws make it less noisy, not tighter.
	ELBO Objective = "elbo"
	// Importance is log (1/K Σ w_k) [burda2016]: a bound that tightens as K grows, and leaves
	// the posterior freer the larger it is.
	Importance Objective = "iwae"
)

// Choices lists the names in the order shown to users.
func (Objective) Choices() []string { return []string{string(ELBO), string(Importance)} }

// UnmarshalText accepts the Choices.
func (o *Objective) UnmarshalText(text []byte) error { return suggest.Set("objective", o, text) }

// loss is what a step minimises, 1 x 1, from log p(x|z_k) and log p(z_k) - log q(z_k|x), each
// rows x K, and beta, 1 x 1.
func (o Objective) loss(reconstruction, ratio, beta *G.Node) *G.Node {
	if o == Importance {
		return nn.Scale(-1, nn.Mean(logMeanExp(nn.Add(reconstruction, ratio))))
	}
	return nn.Scale(-1, nn.Add(nn.Mean(reconstruction), nn.Mul(beta, nn.Mean(ratio))))
}
