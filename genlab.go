// Package genlab defines what a generative model can do, as small interfaces: a model implements what its
// paradigm can compute, and nothing else.
//
// A dataset, a normalizing flow and an autoregressive model are a Sampler and a LogProber: they sample, and
// they compute their exact density. A variational autoencoder is a Sampler and a LogBounder: it computes a lower
// bound on log p(x), which is never presented as an exact value. A diffusion model is a Sampler, and its
// probability flow a LogProber. A generative adversarial network is a Sampler and nothing else, so asking for
// its likelihood does not compile.
//
// Points are passed between packages as *mat.Dense, n x d, one point per row, in the original coordinates of
// the data. Densities are in nats. Random generators are always arguments.
//
// The example trains a flow on a user-defined distribution, compares their densities, and saves and loads the
// flow. docs/library.md explains how to use genlab from another module, docs/architecture.md where everything is.
package genlab

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sampler can be sampled: every model and every dataset is one.
type Sampler interface {
	// Sample returns n independent samples, n x d, one per row. It panics if n < 1.
	// The same state of rng gives the same rows.
	Sample(n int, rng *rand.Rand) *mat.Dense
}

// LogProber is a distribution with an exact density.
type LogProber interface {
	// LogProb returns log p of each row of x (n x d): n values in nats, -Inf outside the support
	// and NaN only for a row with a NaN. It panics if x does not have d columns.
	LogProb(x mat.Matrix) []float64
}

// LogBounder computes a lower bound on its log-density: E[LogBound(x)] <= log p(x), where the
// expectation is over rng.
type LogBounder interface {
	// LogBound returns one estimate of the bound for each row of x (n x d): n values in nats. It panics
	// if x does not have d columns.
	LogBound(x mat.Matrix, rng *rand.Rand) []float64
}

// Conditional is a family of distributions indexed by a context. D is what the distribution for a
// context can do: for a Conditional[LogProber] it has a density, for a Conditional[Sampler] it can only be
// sampled.
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

// Loss is a named value of a training step; the model's package states its unit.
type Loss struct {
	Name  string
	Value float64
}

// Losses are the values of one training step; the first is the objective.
type Losses []Loss
