package vae

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Latents draws one z ~ q(z|x) for each row of x (n x d): n x latent.
func (m *Model) Latents(x mat.Matrix, rng *rand.Rand) *mat.Dense {
	mean, factor := m.Encode(x)
	return m.draw(mean, factor, rng)
}

// draw adds noise of each row's covariance to means, in place.
func (m *Model) draw(mean, factor *mat.Dense, rng *rand.Rand) *mat.Dense {
	n, k := mean.Dims()
	noise := make([]float64, k)
	for i := range n {
		for j := range noise {
			noise[j] = rng.NormFloat64()
		}
		z, l := mean.RawRowView(i), factor.RawRowView(i)
		for j := range z {
			for c := range j + 1 {
				z[j] += l[j*k+c] * noise[c]
			}
		}
	}
	return mean
}

// AggregateRatios draws z ~ q(z|x) for each row of x (n x d) and returns log q(z) - log p(z) in
// nats, where q(z) = E q(z|x) is estimated from the posteriors of others (m x d), which are no
// rows of x. Their mean estimates KL(q(z) || p(z)), the price of a prior that is not where the
// posteriors are. It is low by about half of one over the number of others whose posteriors
// reach a draw, for the logarithm of a mean is low; draws that none reaches give -Inf. It takes
// n·m Gaussians.
func (m *Model) AggregateRatios(x, others mat.Matrix, rng *rand.Rand) []float64 {
	z := m.Latents(x, rng)
	n, k := z.Dims()
	prior := make([]float32, n)
	m.decodeRows(narrow("z", z, k), prior)
	mean, factor := m.Encode(others)
	all, _ := mean.Dims()
	norm := make([]float64, all) // log of each Gaussian's peak
	for i := range norm {
		norm[i] = -float64(k) / 2 * math.Log(2*math.Pi)
		for j := range k {
			norm[i] -= math.Log(factor.At(i, j*k+j))
		}
	}
	ratios := make([]float64, n)
	some := func(lo, hi int) {
		logs, u := make([]float64, 0, all), make([]float64, k)
		for i := lo; i < hi; i++ {
			at := z.RawRowView(i)
			logs = logs[:0]
			for o := range all {
				centre, l := mean.RawRowView(o), factor.RawRowView(o)
				if math.Abs(at[0]-centre[0]) < distantSigmas*l[0] { // most are told apart by this
					logs = append(logs, norm[o]-halfSquare(at, centre, l, u))
				}
			}
			ratios[i] = math.Inf(-1)
			if len(logs) > 0 {
				ratios[i] = logMean(logs) + math.Log(float64(len(logs))/float64(all)) - float64(prior[i])
			}
		}
	}
	onCores(n, some)
	return ratios
}

// distantSigmas is where a Gaussian is nothing: e^-50.
const distantSigmas = 10

// halfSquare is |L⁻¹(z - m)|²/2; u is room for the solution.
func halfSquare(z, m, l, u []float64) (sum float64) {
	k := len(z)
	for j := range u {
		u[j] = z[j] - m[j]
		for c := range j {
			u[j] -= l[j*k+c] * u[c]
		}
		u[j] /= l[j*k+j]
		sum += u[j] * u[j]
	}
	return sum / 2
}
