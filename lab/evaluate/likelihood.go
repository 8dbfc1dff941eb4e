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

// MaxPoints is the largest number of fresh points that a likelihood is averaged over.
const MaxPoints = 100000

// likelihoods returns the rows of a model's likelihood at fresh points of the true distribution, in nats per
// point: the NLL, with the entropy as its oracle, and KL(p‖q) at the same points where p is known; or the
// negative bound and the tighter ones; or none. It takes 10 n points, or n where a density is the solution
// of an ODE.
func likelihoods(q genlab.Sampler, ds *datasets.Dataset, seed uint64, n int) []metrics.Row {
	if _, ode := q.(registry.ODELogProber); !ode {
		n = min(10*n, MaxPoints)
	}
	x := FreshPoints(ds, seed, n)
	rng := train.NewStream(seed, "bound").Rand
	logq, kind := LogDensity(q, x, rng)
	if kind == None {
		return nil
	}
	if kind == Exact {
		return densityRows(ds, x, logq)
	}
	rows := []metrics.Row{metrics.PairedMean(make([]float64, n), logq).Row("nll_bound", math.NaN(), "bound", "lower")}
	if m, ok := q.(registry.TightBounder); ok {
		rows = append(rows, m.TighterBounds(x, ds, rng)...)
	}
	return rows
}

// densityRows returns the NLL of a density and, where p is known, KL(p‖q), from log q at points x of p.
func densityRows(ds *datasets.Dataset, x *mat.Dense, logq []float64) []metrics.Row {
	rows := []metrics.Row{metrics.PairedMean(make([]float64, len(logq)), logq).Row("nll", ds.Entropy, "exact", "lower")}
	if ds.Density != nil {
		rows = append(rows, metrics.PairedMean(ds.Density.LogProb(x), logq).Row("kl", 0, "exact", "lower"))
	}
	return rows
}

// Kind is the kind of a model's likelihood.
type Kind int

// Kinds of likelihood.
const (
	None  Kind = iota // no likelihood
	Bound             // a lower bound on log p
	Exact             // log p
)

// LogDensity returns the log-density of q, or its lower bound, at each row of x (n x d), in nats, and the kind
// of the values; nil and [None] where q has neither. It is the only place where the project asks a model for
// its likelihood.
func LogDensity(q genlab.Sampler, x *mat.Dense, rng *rand.Rand) ([]float64, Kind) {
	switch q := q.(type) {
	case genlab.LogProber:
		return q.LogProb(x), Exact
	case genlab.LogBounder:
		return q.LogBound(x, rng), Bound
	}
	return nil, None
}
