// Package vae learns a latent variable behind the data, and knows its density up to a bound.
//
// # Definition
//
// The model draws z from a prior and x from a decoder, a Gaussian whose mean and standard
// deviations are functions of z [kingma2014]:
//
//	p(x) = ∫ p(z)·p(x|z) dz,   p(z) = N(0, I),   p(x|z) = N(μ(z), diag σ(z)²),   σ(z) > floor
//
// The integral has no closed form. An encoder q(z|x) = N(m(x), L(x)·L(x)ᵀ) gives weights whose
// mean it is, and by Jensen's inequality bounds [burda2016] that rise with the number of draws:
//
//	w_k = p(x|z_k)·p(z_k)/q(z_k|x),   z_k ~ q(z|x)
//	ELBO = E[log w_1] ≤ E[log (1/K Σ w_k)] ≤ log p(x)
//	ELBO = E[log p(x|z)] - KL(q(z|x) || p(z)) = log p(x) - KL(q(z|x) || p(z|x))
//
// An Objective is the bound that training maximises, over encoder and decoder at once, through
// draws z = m + L·ε. All figures are in nats of the data's coordinates: the Jacobian of the
// standardisation is in them.
//
// # What is not guaranteed
//
// A Model is a genlab.Sampler and a genlab.LogBounder and no genlab.LogProber. LogBound is
// random, and a lower bound in expectation alone: a single value may lie above log p(x). An
// ImportanceBound reaches log p(x) only as the draws grow, slowly where the posterior is far
// from a Gaussian. Quadrature integrates over z where z is a plane, as closely as its cells
// are small, and calls the result LogMarginal. With beta other than 1, or during the KL term's
// warm-up, the loss bounds nothing; LogBound does always.
//
// Training may end in a collapse, where z is ignored and the model is one Gaussian. Starting
// from the identity (Start) avoids it in the plane.
//
// # Room for more
//
// A Prior says what it needs of a graph (prior.go): one with parameters learns with the model
// (NewWithPrior), and WithPrior puts another in its place. A posterior is
// a case in posterior.go, an objective one in objective.go.
package vae
