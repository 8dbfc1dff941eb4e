package models

import (
	"fmt"
	"math"

	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
)

// Numbers of fresh points that the variational bound is averaged over; each takes as many network evaluations as the
// model has discrete levels. Where p is not known, the variance of log p between the points takes more of them.
const (
	boundPoints        = 512
	boundPointsUnknown = 2000
)

// Report implements [registry.Reporter]: the variational bound of the discrete-time model. Where p is known it is
// computed as the entropy plus the mean of log p minus the bound, which has a far smaller standard error.
func (r diffusionRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	bound, rng := r.Bound(), train.NewStream(seed, "bound").Rand
	n := boundPoints
	if ds.Density == nil {
		n = boundPointsUnknown
	}
	x := ds.Fresh(n, train.NewStream(seed, "likelihood").Rand)
	var e metrics.Estimate
	if ds.Density != nil {
		e = metrics.PairedMean(ds.Density.LogProb(x), bound.LogBound(x, rng))
		e.Value += ds.Entropy
	} else {
		e = metrics.NLLBound(bound, x, rng)
	}
	note := fmt.Sprintf("nll_discrete_bound is the variational bound of a different model, the Markov chain of %d discrete steps. It bounds the NLL of that chain, not nll, the value of the probability-flow ODE, and may be lower than it.", bound.T)
	return []metrics.Row{e.Row("nll_discrete_bound", math.NaN(), "bound", "lower")}, note
}
