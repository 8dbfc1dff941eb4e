package matching

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
)

// Field is the velocity of a probability path, v(x, t) = E[dx_t/dt | x_t = x]: along dx/dt = v the points of x_1 move
// to those of x_0 with the marginals of the path between.
type Field interface {
	// Velocity writes v at each row of x (n x d), at the row's time in t (n values, in [0, 1]), to dst (n x d), and its
	// divergence by x to divergence (n values) unless that is nil. dst is not x.
	Velocity(dst, x *mat.Dense, t, divergence []float64)
}

// Mixture is the exact velocity of a mixture of spherical Gaussians, which isolates the error of a solver from that of
// a network. With component means μ_k, weights w_k and standard deviation s, component k of x_t is N(α·μ_k, V·I) with
// V = α²·s² + σ², and
//
//	v(x, t) = Σ r_k·(α'·μ_k + (α·α'·s² + σ·σ')/V·(x - α·μ_k)),   r_k ∝ w_k·exp(-|x - α·μ_k|²/2V).
type Mixture struct {
	Path    Path
	Means   *mat.Dense // k x d
	Weights []float64  // k, summing to 1
	Sigma   float64    // s, of every component
}

// Denoiser returns the exact denoiser E[x_0 | x_t] of the same path.
func (m Mixture) Denoiser() diffusion.Mixture {
	return diffusion.Mixture{Schedule: m.Path, Means: m.Means, Weights: m.Weights, Sigma: m.Sigma}
}

// Denoise implements diffusion.Denoiser.
func (m Mixture) Denoise(dst, x *mat.Dense, t float64) { m.Denoiser().Denoise(dst, x, t) }

// Velocity implements [Field]. Since ∂r_k/∂x = α/V·r_k·(μ_k - Σ r_j·μ_j), the divergence is that of the linear map of each
// component and α/V·(α' - α·c)·tr Cov_r(μ), with c = (α·α'·s² + σ·σ')/V.
func (m Mixture) Velocity(dst, x *mat.Dense, t, divergence []float64) {
	_, d := x.Dims()
	logs := make([]float64, len(m.Weights))
	mean := make([]float64, d)
	for i, t := range t {
		alpha, sigma := m.Path.At(t)
		da, ds := m.Path.Rate(t)
		v := alpha*alpha*m.Sigma*m.Sigma + sigma*sigma
		c := (alpha*da*m.Sigma*m.Sigma + sigma*ds) / v
		row := x.RawRowView(i)
		largest := math.Inf(-1)
		for k, w := range m.Weights {
			var square float64
			for j, mu := range m.Means.RawRowView(k) {
				square += (row[j] - alpha*mu) * (row[j] - alpha*mu)
			}
			logs[k] = math.Log(w) - square/(2*v)
			largest = max(largest, logs[k])
		}
		clear(mean)
		var total, spread float64
		for k, l := range logs {
			r := math.Exp(l - largest)
			total += r
			for j, mu := range m.Means.RawRowView(k) {
				mean[j] += r * mu
				spread += r * mu * mu
			}
		}
		spread /= total
		for j := range mean {
			mean[j] /= total
			spread -= mean[j] * mean[j]
			dst.Set(i, j, (da-alpha*c)*mean[j]+c*row[j])
		}
		if divergence != nil {
			divergence[i] = float64(d)*c + alpha/v*(da-alpha*c)*spread
		}
	}
}
