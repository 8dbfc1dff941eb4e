package vae

import (
	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/suggest"
	"genlab/nn"
)

// Posterior is the family of q(z|x), N(m, L·Lᵀ) with a lower triangular L: which entries of L
// the encoder gives for each point.
type Posterior string

// The posteriors there are.
const (
	// Diagonal has independent latent coordinates, as in [kingma2014].
	Diagonal Posterior = "diagonal"
	// Full has every entry below the diagonal as well: ellipses at any angle. The posterior of
	// a smooth decoder with little noise is one.
	Full Posterior = "full"
)

// Choices lists the names in the order shown to users.
func (Posterior) Choices() []string { return []string{string(Full), string(Diagonal)} }

// UnmarshalText accepts the Choices.
func (p *Posterior) UnmarshalText(text []byte) error { return suggest.Set("posterior", p, text) }

// smallest keeps the diagonal of L away from zero, whose logarithm is not a number.
const smallest = 1e-5

// columns is the number of columns that describe a posterior: the mean, the diagonal of L
// before softplus, and L's entries below the diagonal, row by row.
func (p Posterior) columns(latent int) int {
	if p == Full {
		return 2*latent + latent*(latent-1)/2
	}
	return 2 * latent
}

// draw is a draw z = m + L·ε from the posteriors in h, rows x columns(latent), and log q(z|x),
// rows x 1, for noise of rows x latent.
func (p Posterior) draw(h, noise *G.Node, latent int) (z, logq *G.Node) {
	diagonal := scaleOf(nn.Cols(h, latent, 2*latent), smallest)
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

// factor writes L, latent x latent row by row, from a row of the encoder's output.
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
		dst[i*latent+i] = smallest + softplus(float64(h[latent+i]))
	}
}

// scaleOf is a positive scale above floor from what a network gives: floor + log(1 + exp(raw)).
// It grows linearly, where an exponential would throw a training far off in a step.
func scaleOf(raw *G.Node, floor float64) *G.Node {
	return nn.Shift(floor, nn.Act(raw, kernel.Softplus))
}
