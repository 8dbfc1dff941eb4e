// Package diffusion trains denoising diffusion models and samples from them.
//
//	m, err := diffusion.New(diffusion.DefaultConfig(), scale, rng) // scale: standardize.Fit(data)
//	t, err := diffusion.NewTrainer(m)
//	for range steps {
//		losses, err := t.Learn(data.Sample(512, rng), rng)
//	}
//	x := t.Average().Sample(1000, rng)               // 1000 x d
//	logp := t.Average().ProbabilityFlow().LogProb(x) // nats, one per row
//
// # Definition
//
// A [Schedule] mixes data with Gaussian noise over a time t from 0 to 1,
//
//	x_t = α(t)·x_0 + σ(t)·ε,   ε ~ N(0, I),   α² + σ² = 1,
//
// so that x_0 is the data and x_1 is, up to α(1)² < 1e-4, pure noise. A [Denoiser] computes the
// posterior mean of the data,
//
//	D(x, t) = E[x_0 | x_t = x],
//
// which determines the score of x_t, ∇log p_t(x) = (α·D(x, t) - x)/σ². A [Network] learns it by
// regression with mean squared error on one [Parameterization]: the noise ε [ho2020], the data x_0,
// or the velocity α·ε - σ·x_0 [salimans2022]. On standardised data the velocity with equal weights is
// the preconditioning of [karras2022]. The target is the mean of these quantities given x_t and the batch,
// which has the same minimum as that of a single point and less variance [xu2023stf]. The network is conditioned on the log noise-to-signal ratio
// u = log(σ/α), whose [NoiseDistribution] in training can be chosen independently. The default network is
// a perceptron that also takes random Fourier features of the point [tancik2020].
//
// A [Sampler] steps from t = 1 to 0 over the grid of a [TimestepSchedule]:
//
//	DDPM: x_s ~ q(x_s | x_t, x_0 = D(x_t, t))                       [ho2020]
//	DDIM: x_s = α_s·D + √(σ_s² - c²)·(x_t - α_t·D)/σ_t + c·ξ        [song2021ddim]
//
// where c is proportional to η: with η = 0 the step is deterministic, an Euler step of the probability flow;
// with η = 1 it has DDPM's distribution. [Heun] [karras2022], [DPMSolver] [lu2022pp] and [UniPC] [zhao2023]
// integrate the same flow with orders 2 to 4.
//
// A conditional model takes a [Context], a label or a vector, as input and learns D(x, t | c) and, by
// dropping the context from some rows, D(x, t | ∅). [Model.Given] returns the distribution in a context;
// [Guided] extrapolates between the two (classifier-free guidance). Without a context, a conditional
// model represents ∅: its samples and its density are those of all data together.
//
// # What is not guaranteed
//
// A [Model] is a genlab.Sampler but not a genlab.LogProber. Its [ProbabilityFlow] is one, with a
// numerical tolerance: it is the distribution of the deterministic samplers in the limit of many steps.
// Samples in few steps, by a stochastic sampler, or with guidance have a different distribution. [Bound] is
// the variational bound of the discrete chain of T Gaussian steps, and is not a density either. [Mixture] is an
// exact denoiser: with it, the sampler's error is the only one.
//
// Package diffusion/matching learns velocities along other paths, such as straight ones, instead of denoised points.
//
// # Extending
//
// A new schedule is added to schedules (schedule.go), a sampler to samplers (sampler.go), and a noise
// distribution to noiseDistributions (noise_distribution.go). From outside the package,
// [Components] replaces the network, the schedule, the noise distribution and the context of a model,
// and [Sampling] takes any Sampler. A type that modifies a Denoiser wraps one and is a
// Denoiser itself.
package diffusion
