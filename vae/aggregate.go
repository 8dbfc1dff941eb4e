package vae

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/parallel"
	"genlab/nn"
)

// Latents returns one sample z ~ q(z|x) for each row of x (n x d, in the data's coordinates): n x
// latent. It panics if x does not have d columns.
func (m *Model) Latents(x mat.Matrix, rng *rand.Rand) *mat.Dense {
	if m.flow != nil {
		_, h := m.encodeRows(x)
		n, _ := x.Dims()
		noise, z := make([]float32, n*m.cfg.Latent), make([]float32, n*m.cfg.Latent)
		for i := range noise {
			noise[i] = float32(rng.NormFloat64())
		}
		must(m.draw.Run(n, nn.Columns{"posterior": h, "noise": noise}, z))
		return widen(n, m.cfg.Latent, z)
	}
	z, factor := m.Encode(x) // z = mean + L·noise
	n, k := z.Dims()
	noise := make([]float64, k)
	for i := range n {
		for j := range noise {
			noise[j] = rng.NormFloat64()
		}
		row, l := z.RawRowView(i), factor.RawRowView(i)
		for j := range row {
			for c := range j + 1 {
				row[j] += l[j*k+c] * noise[c]
			}
		}
	}
	return z
}

// AggregateRatios samples z ~ q(z|x) for each row of x (n x d) and returns log q(z) - log p(z), n
// values in nats, where the aggregate posterior q(z) = E q(z|x) is estimated from the posteriors of
// others (m x d), independent of x. Their mean estimates KL(q(z) || p(z)), the cost of a prior that
// does not match the aggregate posterior. The estimate is biased low, by Jensen's inequality, by about
// 1/(2k) where k of the posteriors overlap a sample; a sample that none overlaps gives -Inf. The cost is
// n·m Gaussian densities. It panics if x or others do not have d columns, or q(z|x) is a [Flow].
func (m *Model) AggregateRatios(x, others mat.Matrix, rng *rand.Rand) []float64 {
	if m.flow != nil {
		panic("vae: AggregateRatios of a flow posterior, want a Gaussian one")
	}
	z := m.Latents(x, rng)
	n, k := z.Dims()
	prior := make([]float32, n)
	m.decodeRows(narrow(z, k), prior)
	mean, factor := m.Encode(others)
	all, _ := mean.Dims()
	peak := make([]float64, all) // log-density of each Gaussian at its mean
	for i := range peak {
		peak[i] = -float64(k) / 2 * math.Log(2*math.Pi)
		for j := range k {
			peak[i] -= math.Log(factor.At(i, j*k+j))
		}
	}
	ratios := make([]float64, n)
	parallel.Rows(n, 16, func(lo, hi int) {
		logs, u := make([]float64, 0, all), make([]float64, k)
		for i := lo; i < hi; i++ {
			at := z.RawRowView(i)
			logs = logs[:0]
			for o := range all {
				centre, l := mean.RawRowView(o), factor.RawRowView(o)
				if math.Abs(at[0]-centre[0]) < cutoffSigmas*l[0] { // skips most of them
					logs = append(logs, peak[o]-halfSquare(at, centre, l, u))
				}
			}
			ratios[i] = math.Inf(-1)
			if len(logs) > 0 {
				ratios[i] = logMean(logs) + math.Log(float64(len(logs))/float64(all)) - float64(prior[i])
			}
		}
	})
	return ratios
}

// cutoffSigmas is the distance beyond which a Gaussian is negligible: e^-50.
const cutoffSigmas = 10

// halfSquare is |L⁻¹(z - m)|²/2; u is a buffer of len(z) values.
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
