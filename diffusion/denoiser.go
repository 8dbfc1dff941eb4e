package diffusion

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Denoiser knows the mean of the data behind noisy points: E[x_0 | x_t]. A trained network
// is one, the exact answer for a mixture of Gaussians is another, and what modifies one
// (guidance, for example) wraps it and is one again.
type Denoiser interface {
	// Denoise writes E[x_0 | x_t = x] for each row of x (n x d, at time t in (0, 1]) to dst of
	// the same shape. dst may be x.
	Denoise(dst, x *mat.Dense, t float64)
}

// Parallel is a denoiser that works on several cores.
type Parallel interface {
	// Workers returns n denoisers of the same function, each for a goroutine of its own, and the
	// same ones at every call. The denoiser itself may be one of them.
	Workers(n int) []Denoiser
}

// Mixture is the exact denoiser of a mixture of spherical Gaussians: with it a sampler shows
// its own error, and nothing of a network's.
//
// With x_t = alpha·x_0 + sigma·ε, each component k of x_t is N(alpha·μ_k, v), v = alpha²·s² +
// sigma², its posterior weight is r_k ∝ w_k·exp(-|x - alpha·μ_k|²/2v), and
// E[x_0 | x] = Σ r_k (μ_k + alpha·s²/v · (x - alpha·μ_k)).
type Mixture struct {
	Schedule Schedule
	Means    *mat.Dense // k x d
	Weights  []float64  // k, summing to 1
	Sigma    float64    // s, of every component
}

// Denoise implements Denoiser.
func (m Mixture) Denoise(dst, x *mat.Dense, t float64) {
	n, _ := x.Dims()
	post := make([]float64, len(m.Weights))
	for i := range n {
		m.denoise(dst.RawRowView(i), x.RawRowView(i), t, post)
	}
}

// Workers implements Parallel: a mixture has no memory.
func (m Mixture) Workers(n int) []Denoiser { return slices.Repeat([]Denoiser{m}, n) }

// DenoiseTrace implements Differentiable. D is affine in each component and the posterior
// weights move with x: ∂D/∂x = α·s²/v·I + α/v·Cov(μ_k under r), up to the factor 1 - α²s²/v of
// the second, since D_k = (1 - α²s²/v)·μ_k + αs²/v·x.
func (m Mixture) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	n, d := x.Dims()
	post := make([]float64, len(m.Weights))
	mean := make([]float64, d)
	for i := range n {
		m.denoise(dst.RawRowView(i), x.RawRowView(i), t[i], post)
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

// denoise is one row; it leaves the posterior weights in post.
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
