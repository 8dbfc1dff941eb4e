// Package diffusion learns to undo noise, and samples by undoing pure noise step by step.
//
// # Definition
//
// A Schedule mixes data with noise over a time t from 0 to 1,
//
//	x_t = α(t)·x_0 + σ(t)·ε,   ε ~ N(0, I),   α² + σ² = 1,
//
// so that x_0 is the data and x_1, up to α(1)² < 1e-4, is N(0, I). A Denoiser knows
//
//	D(x, t) = E[x_0 | x_t = x],
//
// which is all that a reverse process needs: the score of x_t is (α·D(x, t) - x)/σ². A network
// learns it by regression on a Prediction: the mean squared error of ε [ho2020], of x_0, or of
// the velocity α·ε - σ·x_0 [salimans2022], is least at the conditional mean. It sees the noise as
// log(σ/α), drawn in training from the law of Levels, and on standardised data the velocity with
// equal weights is the preconditioning of [karras2022]. Beside the point it sees random Fourier
// features of it [tancik2020].
//
// A Sampler steps from t = 1 to 0 over a grid of times:
//
//	DDPM: x_s ~ q(x_s | x_t, x_0 = D(x_t, t))                       [ho2020]
//	DDIM: x_s = α_s·D + √(σ_s² - c²)·(x_t - α_t·D)/σ_t + c·ξ        [song2021ddim]
//
// where c grows with η: at 0 the step is deterministic, a step of Euler's method for the
// probability flow; at 1 it has DDPM's law. Heun [karras2022] and DPM-Solver++ [lu2022pp] follow the
// same flow with orders 2 and 3. Spacing chooses the grid.
//
// A conditional model is shown a Context, a label or a vector, and of some points not, so that one network knows
// D(x, t | c) and D(x, t | ∅). Model.Given is the distribution in a context, Guided their combination
// by a scale: at 1, its default, it is the conditional model itself. The model without a context is
// that of ∅, in its samples as in its density.
//
// # What is not guaranteed
//
// A Model is a genlab.Sampler and no genlab.LogProber. Its probability Flow is one: the law of
// its deterministic samples in the limit of many steps, by an integral with a tolerance. Samples of
// few steps, of a sampler with noise, or with guidance, have another law. Of the chain of T Gaussian
// steps there is a Bound, which is no density either. Mixture is exact, and has the samplers'
// errors alone.
//
// # Room for more
//
// A schedule is a line in schedules (schedule.go), a sampler a line in samplers (sampler.go)
// with a file of its own, a law of noise levels a line in levelLaws (levels.go), a prediction a case
// in prediction.go. Another network than the perceptron of points, and another context than labels,
// are Parts of a model (network.go, context.go). What changes a denoiser wraps
// one and is one.
package diffusion
