// Package vae implements variational autoencoders: latent-variable models with lower bounds on their
// density. A model is trained, sampled and scored like this:
//
//	model, err := vae.New(cfg, scale, rng) // scale: standardize.Fit(points)
//	trainer, err := vae.NewTrainer(model)
//	for p, err := range train.Run(ctx, trainer, data, cfg.Options(), train.NewStreams(seed)) { ... }
//	x, bound := trainer.Average().Sample(1000, rng), trainer.Average().LogBound(points, rng)
//
// # Definition
//
// The model samples z from a prior and x from a decoder, a Gaussian whose mean and standard deviations
// are functions of z [kingma2014]:
//
//	p(x) = ∫ p(z)·p(x|z) dz,   p(z) = N(0, I),   p(x|z) = N(μ(z), diag σ(z)²),   σ(z) > floor
//
// The integral has no closed form. It is the mean of importance weights w_k under an encoder
// q(z|x) = N(m(x), L(x)·L(x)ᵀ), and Jensen's inequality gives bounds that tighten with the number of
// samples K [burda2016]:
//
//	w_k = p(x|z_k)·p(z_k)/q(z_k|x),   z_k ~ q(z|x)
//	ELBO = E[log w_1] ≤ E[log (1/K Σ w_k)] ≤ log p(x)
//	ELBO = E[log p(x|z)] - KL(q(z|x) || p(z)) = log p(x) - KL(q(z|x) || p(z|x))
//
// Training maximises one of these bounds, the [Objective], over encoder and decoder jointly, with
// reparameterised samples z = m + L·ε. Where the true posterior is not Gaussian, as where a decoder maps regions of the
// latent plane to separated modes, the family itself costs likelihood: with the posterior [Flow], q(z|x) is a conditional
// normalizing flow [rezende2015]. All values are in nats of the data's coordinates: they include
// the Jacobian of the standardisation.
//
// # What is not guaranteed
//
// A [Model] is a [genlab.Sampler] and a [genlab.LogBounder], and not a [genlab.LogProber]. LogBound is
// random, and a lower bound in expectation only: a single value may exceed log p(x). An
// [ImportanceBound] approaches log p(x) as its samples increase, slowly where the posterior is far from
// Gaussian. A [Quadrature] integrates over a two-dimensional z numerically, and calls the result
// LogMarginal. With beta other than 1, or while the KL term is annealed, the training loss is not a
// bound; LogBound always is.
//
// Training may end in posterior collapse: the decoder ignores z, and the model is a single Gaussian.
// Initialising encoder and decoder as the identity ([Identity]) avoids this in two dimensions.
//
// # Extensions
//
// A [Prior] builds its log-density as a graph: one with parameters is trained with the model
// ([NewWithPrior]), and [Model.WithPrior] replaces the prior of a trained model. Another posterior is a
// case in posterior.go, another objective one in objective.go.
package vae
