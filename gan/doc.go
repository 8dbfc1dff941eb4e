// Package gan implements generative adversarial networks: a generator learns to sample by competing
// with a critic. A model is trained and sampled like this:
//
//	model, err := gan.New(cfg, scale, rng) // scale: standardize.Fit(points)
//	trainer, err := gan.NewTrainer(model)
//	for p, err := range train.Run(ctx, trainer, data, cfg.Options(), train.NewStreams(seed)) { ... }
//	x := trainer.Average().Sample(1000, rng)
//
// # Definition
//
// With latents z ~ N(0, I), a sample x = G(z) is one evaluation of the generator. The original minimax
// objective [goodfellow2014] eq. 1 is
//
//	min_G max_D  E log s(D(x)) + E log(1 - s(D(G(z)))),   s(v) = 1/(1 + e⁻ᵛ),
//
// whose inner maximum is 2·JSD(p‖q) - log 4. With [NonSaturating] the generator minimises
// -E log s(D(G(z))) instead. The [Wasserstein] objective [gulrajani2017] eq. 3 is
//
//	min_G max_D  E D(x) - E D(G(z)) - λ·E(|∇D(y)| - 1)²,   y = u·x + (1 - u)·G(z),  u ~ U(0, 1),
//
// whose inner maximum approximates the distance W1(p, q). It gives the generator a gradient even where
// the two distributions do not overlap. Training differentiates through a gradient, a quarter of the work of a
// step, which Config.PenaltyEvery restricts to a part of the points. The one-sided
// penalty λ·E max(0, |∇D(y)| - 1)² [petzka2018] is the default: the two-sided penalty requires a
// gradient norm of one even where p and q agree. Over five seeds the two perform alike
// (experiments/games).
//
// [Relativistic] compares data with samples in pairs and penalises |∇D|² at both [huang2024], [Hinge] normalises the critic's
// weights by their largest singular values [miyato2018]. With any of them the critic may value packs of samples together
// (Config.Pack, PacGAN [lin2018]), and the generator of the original game may look some steps of the critic ahead
// (Config.Unroll [metz2017]).
//
// Both networks take Fourier features of their input v, sin(B·v) and cos(B·v) for a fixed random matrix
// B [tancik2020], beside v itself. Without them the critic does not resolve fine structure, and the
// continuous generator leaves wide bridges between modes.
//
// Generator and critic have different learning-rate schedules, a two time-scale update rule
// [heusel2017]: the generator's rate decays to 0 and the critic's stays constant, so that at the end the
// generator follows a critic that has converged. If both decay, the modes end up shifted and too narrow.
//
// # What is not guaranteed
//
// A [Model] has no density and no bound on it: it is a [genlab.Sampler] and nothing else. The image of a
// connected latent space is connected, so some samples lie between the modes. [Model.Truncate] samples
// without the latents at which the generator is steepest, which are those [tanielian2020]. Training need not
// converge, and mode collapse is possible and, with the original objective, common. The losses describe
// the balance of the two networks, not the quality of the samples. The Wasserstein loss is the
// current critic's estimate in standardised coordinates, not an exact distance.
//
// # Extensions
//
// Another objective is a type that implements [Objective] and a line in the table of objective_name.go.
// [Model.Probe] finds the latent direction along which an [Attribute] grows.
package gan
