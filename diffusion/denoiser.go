package diffusion

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Denoiser computes the posterior mean of the data, E[x_0 | x_t]. A trained [Model] is one, and so is
// the closed form for a [Mixture] of Gaussians; what modifies a denoiser, such as guidance, wraps it and
// is one again.
type Denoiser interface {
	// Denoise writes E[x_0 | x_t = x] for each row of x (n x d, at time t in (0, 1]) to dst of
	// the same shape. dst may be x.
	Denoise(dst, x *mat.Dense, t float64)
}

// Parallel is a denoiser that can be evaluated by several goroutines.
type Parallel interface {
	// Workers returns denoisers of the same function, at most n, each for one goroutine at a time. Calls
	// may return the same ones, and the denoiser itself may be among them.
	Workers(n int) []Denoiser
}

// Mixture is the exact denoiser of a mixture of spherical Gaussians, which isolates the error of a sampler
// from that of a network. With component means μ_k, weights w_k and standard deviation s, component k of
// x_t is N(α·μ_k, v·I) with v = α²·s² + σ², and
//
//	E[x_0 | x_t = x] = Σ r_k·(μ_k + α·s²/v·(x - α·μ_k)),   r_k ∝ w_k·exp(-|x - α·μ_k|²/2v).
type Mixture struct {
	Schedule Schedule
	Means    *mat.Dense // k x d
	Weights  []float64  // k, summing to 1
	Sigma    float64    // s, of every component
}

// Denoise implements [Denoiser].
func (m Mixture) Denoise(dst, x *mat.Dense, t float64) {
	n, _ := x.Dims()
	post := make([]float64, len(m.Weights))
	for i := range n {
		m.denoise(dst.RawRowView(i), x.RawRowView(i), t, post)
	}
}

// Workers implements [Parallel]: a mixture has no state.
func (m Mixture) Workers(n int) []Denoiser { return slices.Repeat([]Denoiser{m}, n) }

// DenoiseTrace implements [Differentiable]: ∂D/∂x = α·s²/v·I + α/v·(1 - α²s²/v)·Cov_r(μ), since
// D = Σ r_k·((1 - α²s²/v)·μ_k + αs²/v·x) and ∂r_k/∂x = α/v·r_k·(μ_k - Σ r_j·μ_j).
func (m Mixture) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	n, d := x.Dims()
	post := make([]float64, len(m.Weights))
	mean := make([]float64, d)
	for i := range n {
		m.denoise(dst.RawRowView(i), x.RawRowView(i), t[i], post)
		if trace == nil {
			continue
		}
		alpha, sigma := m.Schedule.At(t[i])
		v := alpha*alpha*m.Sigma*m.Sigma + sigma*sigma
		clear(mean)
		var square float64
		for k, r := range post {
			for j, mu := range m.Means.RawRowView(k) {
				mean[j] += r * mu
				square += r * mu * mu
			}
		}
		for _, v := range mean {
			square -= v * v
		}
		pull := alpha * m.Sigma * m.Sigma / v
		trace[i] = float64(d)*pull + alpha/v*(1-alpha*pull)*square
	}
}

// denoise writes D of one row to dst, and the posterior weights r to post.
func (m Mixture) denoise(dst, x []float64, t float64, post []float64) {
	alpha, sigma := m.Schedule.At(t)
	v := alpha*alpha*m.Sigma*m.Sigma + sigma*sigma
	pull := alpha * m.Sigma * m.Sigma / v
	largest := math.Inf(-1)
	for k, w := range m.Weights {
		var sq float64
		for j, mu := range m.Means.RawRowView(k) {
			diff := x[j] - alpha*mu
			sq += diff * diff
		}
		post[k] = math.Log(w) - sq/(2*v)
		largest = math.Max(largest, post[k])
	}
	var total float64
	for k := range post {
		post[k] = math.Exp(post[k] - largest)
		total += post[k]
	}
	for k := range post {
		post[k] /= total
	}
	for j, v := range x {
		var mu float64
		for k, r := range post {
			mu += r * m.Means.At(k, j)
		}
		dst[j] = mu + pull*(v-alpha*mu)
	}
}
