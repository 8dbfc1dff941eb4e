// Package matching trains generative models by flow matching, samples from them and computes their density. It is the
// part of diffusion models that learns velocities instead of denoised points.
//
//	m, err := matching.New(matching.DefaultConfig(), scale, rng) // scale: standardize.Fit(data)
//	t, err := matching.NewTrainer(m)
//	for range steps {
//		losses, err := t.Learn(data.Sample(512, rng), rng)
//	}
//	x := t.Average().Sample(1000, rng)              // 1000 x d
//	logp := t.Average().ContinuousFlow().LogProb(x) // nats, one per row
//
// # Definition
//
// A [Path] mixes data with Gaussian noise over a time t from 0 to 1, x_t = α(t)·x_0 + σ(t)·ε, from the data at t = 0 to pure
// noise at t = 1. Most papers on flow matching count time the other way. The velocity
//
//	v(x, t) = E[α'·x_0 + σ'·ε | x_t = x]
//
// transports the distribution of x_1 to that of x_0 along dx/dt = v: the probability flow of a diffusion model with the
// same α/σ, in another time. A [Trainer] learns it by regression on α'·x_0 + σ'·ε, conditional flow matching
// [lipman2023]. Along the [Straight] path, α = 1 - t and σ = t, that is ε - x_0.
//
// The velocity depends on how data and noise are coupled, and so does the curvature of the paths. With the independent
// coupling they are curved where data are far apart. [Couple] pairs the points of a batch by optimal transport
// [tong2024]. Rectification [liu2023] couples noise with the points to which a trained model transports it.
//
// A [Solver] integrates the velocity: Runge-Kutta methods with fixed steps (Euler, midpoint, Heun, RK4), or
// Dormand-Prince with steps that it adapts. [ContinuousFlow] integrates the density along with the points.
//
// # One or a few evaluations
//
// A [FlowMap] learns displacements over whole intervals of time: u(x, r, t)·(t - r) is the way from time r to t. Its two
// objectives are [MeanFlow] [geng2025] and [Shortcut] [frans2025].
//
// # What is not guaranteed
//
// A [Model] is a genlab.Sampler but not a genlab.LogProber. Its [ContinuousFlow] is one, to the tolerance of its solver. Samples
// in few steps have another distribution. Minibatch optimal transport couples the points of a batch, not the
// distributions: with blocks of few rows it is biased towards the independent coupling. [Mixture] is an exact
// velocity: with it, the solver's error is the only one. A [FlowMap] has no density.
package matching
