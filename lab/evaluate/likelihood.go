package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// MaxPoints is the largest number of fresh points that a likelihood is averaged over.
const MaxPoints = 100000

// likelihoods returns the rows of a model's likelihood at fresh points of the true distribution, or at the held-out
// rows of a file, in nats per point: the NLL, with the entropy as its oracle, and KL(p‖q) at the same points where p
// is known; or the negative bound and the tighter ones; or none. Beside a held-out value is that of the training
// rows. It takes 10 n points, or half of n where a density is the solution
// of an ODE, and each row of a file once.
func likelihoods(q genlab.Sampler, p registry.Points, seed uint64, n int) []metrics.Row {
	if _, ode := q.(registry.ODELogProber); ode {
		n = (n + 1) / 2
	} else {
		n = min(10*n, MaxPoints)
	}
	ds := p.Evaluated()
	x := FreshPoints(p, seed, n)
	rng := train.NewStream(seed, "bound").Rand
	logq, kind := LogDensity(q, x, rng)
	if kind == None {
		return nil
	}
	rows, name := densityRows(ds, x, logq), "nll"
	if kind == Bound {
		name = "nll_bound"
		rows = []metrics.Row{NLL(logq).Row(name, math.NaN(), kind.String(), "lower")}
	}
	if own, ok := training(q, p, seed, n); ok {
		rows = slices.Insert(rows, 1, own.Row(name+"_train", math.NaN(), kind.String(), ""))
	}
	if m, ok := q.(registry.TightBounder); ok && kind == Bound {
		rows = append(rows, m.TighterBounds(x, ds, rng)...)
	}
	return rows
}

// densityRows returns the NLL of a density and, where p is known, KL(p‖q), from log q at points x of p.
func densityRows(ds *datasets.Dataset, x *mat.Dense, logq []float64) []metrics.Row {
	rows := []metrics.Row{NLL(logq).Row("nll", ds.Entropy, Exact.String(), "lower")}
	if ds.Density != nil {
		rows = append(rows, metrics.PairedMean(ds.Density.LogProb(x), logq).Row("kl", 0, Exact.String(), "lower"))
	}
	return rows
}

// training returns the NLL of q, or the bound on it, at up to n training rows, false where no rows are held out:
// then the evaluated points are themselves fresh or the training rows.
func training(q genlab.Sampler, p registry.Points, seed uint64, n int) (metrics.Estimate, bool) {
	if p.HeldOut == nil {
		return metrics.Estimate{}, false
	}
	x := p.Fresh(n, train.NewStream(seed, "training likelihood").Rand)
	logq, _ := LogDensity(q, x, train.NewStream(seed, "training bound").Rand)
	return NLL(logq), true
}

// NLL returns the mean of −log q over points with these log-densities, or bounds on them.
func NLL(logq []float64) metrics.Estimate {
	return metrics.PairedMean(make([]float64, len(logq)), logq)
}

// Kind is the kind of a model's likelihood.
type Kind int

// Kinds of likelihood.
const (
	None  Kind = iota // no likelihood
	Bound             // a lower bound on log p
	Exact             // log p
)

// String returns the kind as a row of metrics names it.
func (k Kind) String() string { return [...]string{"", "bound", "exact"}[k] }

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
