// Package baseline fits density models without a network, for comparison: a model that does not beat them has
// learned nothing.
//
//	Gaussian   N(m, S) with the mean and covariance of a sample
//	Mixture    Σₖ wₖ N(mₖ, Sₖ), fitted by expectation maximisation [dempster1977]
//
// Both have exact densities. Not guaranteed: a Mixture is a local maximum of the likelihood, the best of a few
// starts with k-means++ centres [arthur2007].
package baseline
