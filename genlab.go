// Package genlab defines the interfaces that generative models and data sets share. A model
// implements what its paradigm provides, and the compiler checks the rest:
//
//	Sampler      every model and data set
//	LogProber    exact density: distributions, normalizing flows, autoregressive models
//	LogBounder   lower bound on the log density: variational autoencoders
//	Conditional  family of distributions indexed by a context
//	Learner      trainer of any model
//
// A generative adversarial network, for example, is a Sampler only: code that asks for its
// likelihood does not compile. A bound has its own interface and never stands for an exact value.
//
// Points are *mat.Dense, n x d, one per row, in the original coordinates of the data. Log densities
// are in nats. Randomness is always an argument.
package genlab

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sampler is a distribution that can be sampled.
type Sampler interface {
	// Sample returns n independent samples, n x d. The same state of rng gives the same rows. It
	// panics if n < 1.
	Sample(n int, rng *rand.Rand) *mat.Dense
}

// LogProber is a distribution with an exact density.
type LogProber interface {
	// LogProb returns log p of each row of x (n x d): n values in nats, -Inf outside the support.
	// It panics if x does not have d columns.
	LogProb(x mat.Matrix) []float64
}

// LogBounder is a distribution with a lower bound on its log density: E[LogBound(x)] <= log p(x), the
// expectation taken over rng.
type LogBounder interface {
	// LogBound returns an unbiased estimate of the bound for each row of x (n x d), in nats. It
	// panics if x does not have d columns.
	LogBound(x mat.Matrix, rng *rand.Rand) []float64
}

// Conditional is a family of distributions p(x | context). D is the interface that survives
// conditioning: a Conditional[LogProber] has a density for every context, a Conditional[Sampler] can
// only be sampled.
type Conditional[D any] interface {
	// Given returns the distribution for a context: one row (1 x c) for all samples, or n rows
	// (n x c), one for each. It panics on another width.
	Given(context mat.Matrix) D
}

// Learner is a trainer: a model with an optimiser.
type Learner interface {
	// Learn takes one optimisation step on a batch (n x d) and returns the losses before the update,
	// in a fixed order. On an error, such as a value that is not finite, the parameters are
	// unchanged. It panics if the batch has the wrong shape.
	Learn(batch *mat.Dense, rng *rand.Rand) (Losses, error)
}

// Loss is a named training loss or diagnostic, in the unit that the paradigm documents.
type Loss struct {
	Name  string
	Value float64
}

// Losses are the values of one training step; the first is the objective.
type Losses []Loss
