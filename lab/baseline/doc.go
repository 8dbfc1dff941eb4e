// Package baseline has the models that need no network: what they reach is trivial, and a
// model that does not beat them has learnt nothing.
//
//	Gaussian   N(m, S), the mean and covariance of a sample
//	Mixture    Σₖ wₖ N(mₖ, Sₖ), a maximum of the likelihood of a sample [dempster1977]
//
// Both have exact densities. A Mixture is a local maximum: expectation maximisation begins with
// centres drawn far from each other [arthur2007], keeps the best of a few such starts, and
// promises no more.
package baseline
