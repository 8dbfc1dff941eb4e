// Package genlab is the vocabulary that small generative models on the plane share: what a
// model can do is what it implements, and nothing implements what its paradigm cannot give.
//
// A distribution, a normalizing flow and an autoregressive model are Samplers and
// LogProbers. A variational autoencoder is a Sampler and a LogBounder: it knows a lower bound
// on log p(x), and a bound never stands where an exact value is asked for. A generative
// adversarial network is a Sampler and nothing else, so that asking for its likelihood does
// not compile.
//
// Between packages points travel as *mat.Dense, n x d, a row for each point, in the original
// coordinates of the distribution. Densities are natural logarithms (nats). Randomness is
// always an argument.
package genlab

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sampler draws from a distribution: every model and every data set is one.
type Sampler interface {
	// Sample returns n independent draws, n x d, a row for each. It panics if n < 1.
	// The same state of rng gives the same rows.
	Sample(n int, rng *rand.Rand) *mat.Dense
}

// LogProber knows its density exactly.
type LogProber interface {
	// LogProb returns log p of each row of x (n x d): n values in nats, -Inf outside the
	// support. It panics if x does not have d columns.
	LogProb(x mat.Matrix) []float64
}

// LogBounder knows a lower bound on its log density: E[LogBound(x)] <= log p(x), the
// expectation taken over rng.
type LogBounder interface {
	// LogBound returns one estimate of the bound for each row of x (n x d), in nats.
	LogBound(x mat.Matrix, rng *rand.Rand) []float64
}

// Conditional is a family of distributions indexed by a context. D says what survives
// conditioning: a Conditional[LogProber] has a density for every context, a
// Conditional[Sampler] can only be sampled.
type Conditional[D any] interface {
	// Given returns the distribution for a context of one row (1 x c, applied to every
	// sample) or of n rows (n x c, row by row).
	Given(context mat.Matrix) D
}

// Learner takes one optimisation step.
type Learner interface {
	// Learn fits the parameters to a batch (n x d) and returns the step's losses before the
	// update, in a fixed order. On an error the parameters are those of before the step.
	Learn(batch *mat.Dense, rng *rand.Rand) (Losses, error)
}

// Loss is a named training figure; the unit is in the paradigm's documentation.
type Loss struct {
	Name  string
	Value float64
}

// Losses are the figures of one training step; the first is the objective.
type Losses []Loss
