package evaluate

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// likelihoodSamples is the largest number of fresh points that likelihoods are averaged over.
const likelihoodSamples = 100000

// likelihoods returns what a model can say of fresh points of the true distribution, in nats a point:
// the negative log likelihood beside the entropy, and KL(p||q) from the same points where p is
// known; or the negative bound and those tighter than it; or nothing. There are ten points for each of
// the n samples, or one where a density takes the solution of an ODE.
func likelihoods(q genlab.Sampler, ds *datasets.Dataset, seed uint64, n int) []metrics.Row {
	if _, ode := q.(registry.Integrated); !ode {
		n = min(10*n, likelihoodSamples)
	}
	x := ds.Sampler.Sample(n, train.NewStream(seed, "likelihood").Rand)
	rng := train.NewStream(seed, "bound").Rand
	logq, kind := LogDensity(q, x, rng)
	if kind == None {
		return nil
	}
	nll := metrics.PairedMean(make([]float64, n), logq)
	if kind == Exact {
		rows := []metrics.Row{nll.Row("nll", ds.Entropy, "exact", "lower")}
		if ds.Density != nil {
			rows = append(rows, metrics.PairedMean(ds.Density.LogProb(x), logq).Row("kl", 0, "exact", "lower"))
		}
		return rows
	}
	rows := []metrics.Row{nll.Row("nll_bound", math.NaN(), "bound", "lower")}
	if m, ok := q.(registry.TightBounder); ok {
		rows = append(rows, m.TighterBounds(x, ds, rng)...)
	}
	return rows
}

// Kind says how a model knows its density.
type Kind int

// The kinds.
const (
	None  Kind = iota // not at all
	Bound             // by a lower bound
	Exact             // itself
)

// LogDensity returns what q can say of the density at each row of x (n x d), in nats, and which
// kind of value that is; nil where q can say nothing. This is the project's one question for
// a capability.
func LogDensity(q genlab.Sampler, x *mat.Dense, rng *rand.Rand) ([]float64, Kind) {
	switch q := q.(type) {
	case genlab.LogProber:
		return q.LogProb(x), Exact
	case genlab.LogBounder:
		return q.LogBound(x, rng), Bound
	}
	return nil, None
}
