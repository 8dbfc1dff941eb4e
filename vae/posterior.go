package vae

import (
	G "gorgonia.org/gorgonia"

	"genlab/internal/suggest"
	"genlab/nn"
)

// Posterior is the family of the approximate posterior q(z|x): N(m, L·Lᵀ) with L lower triangular, of which it
// determines the entries that the encoder predicts, or a flow.
type Posterior string

// The posteriors.
const (
	// Diagonal has independent latent coordinates, as in [kingma2014].
	Diagonal Posterior = "diagonal"
	// Full has the entries below the diagonal as well: a full covariance matrix, which matches the
	// true posterior of a smooth decoder with little noise.
	Full Posterior = "full"
	// Flow is a conditional normalizing flow, see [flowPosterior]: it matches posteriors that are not Gaussian.
	Flow Posterior = "flow"
)

// Choices lists the names in the order shown to users.
func (Posterior) Choices() []string { return []string{string(Full), string(Diagonal), string(Flow)} }

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (p *Posterior) UnmarshalText(text []byte) error { return suggest.Set("posterior", p, text) }

// minScale keeps the diagonal of L, whose logarithm is taken, away from zero.
const minScale = 1e-5

// columns is the number of encoder outputs: the mean, the diagonal of L before the softplus, and the
// entries of L below the diagonal, row by row, or the features that a flow is conditioned on.
func (p Posterior) columns(latent int) int {
	switch p {
	case Full:
		return 2*latent + latent*(latent-1)/2
	case Flow:
		return 2*latent + flowFeatures
	}
	return 2 * latent
}

// sample returns the reparameterised sample z = m + L·ε, rows x latent, and log q(z|x), rows x 1, for
// encoder outputs h, rows x columns(latent), and noise ε, rows x latent.
func (p Posterior) sample(h, noise *G.Node, latent int) (z, logq *G.Node) {
	diagonal := scaleOf(nn.Cols(h, latent, 2*latent), minScale)
	z = nn.Add(nn.Cols(h, 0, latent), nn.Mul(diagonal, noise))
	if p == Full && latent > 1 {
		var below G.Nodes
		at := 2 * latent
		for i := range latent {
			if i == 0 {
				below = append(below, nn.Scale(0, nn.Cols(noise, 0, 1)))
				continue
			}
			below = append(below, nn.RowSum(nn.Mul(nn.Cols(h, at, at+i), nn.Cols(noise, 0, i))))
			at += i
		}
		z = nn.Add(z, nn.Concat(below...))
	}
	return z, nn.Sub(logNormal(noise, latent), nn.RowSum(nn.Log(diagonal)))
}

// factor writes L, latent x latent row by row, from a row of encoder outputs.
func (p Posterior) factor(dst []float64, h []float32, latent int) {
	clear(dst)
	at := 2 * latent
	for i := range latent {
		for j := range i {
			if p == Full {
				dst[i*latent+j] = float64(h[at])
				at++
			}
		}
		dst[i*latent+i] = minScale + softplus(float64(h[latent+i]))
	}
}
