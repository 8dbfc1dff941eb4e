package models

import (
	"fmt"
	"math"

	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
)

// boundPoints is the number of fresh points that the bound of a diffusion model is averaged over:
// each takes as many evaluations as the model has levels.
const boundPoints = 2000

// Report is the variational bound of the discrete model, a row of its own beside the
// probability flow's exact value. Where p is known it is the entropy plus the mean of log p less
// the bound, point by point, whose error is far below the bound's own.
func (r diffusionRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	bound, rng := r.Bound(), train.NewStream(seed, "bound").Rand
	x := ds.Sampler.Sample(boundPoints, train.NewStream(seed, "likelihood").Rand)
	var e metrics.Estimate
	if ds.Density != nil {
		e = metrics.PairedMean(ds.Density.LogProb(x), bound.LogBound(x, rng))
		e.Value += ds.Entropy
	} else {
		e = metrics.NLLBound(bound, x, rng)
	}
	note := fmt.Sprintf("nll_discrete_bound is the variational bound of another model, the Markov chain of %d discrete steps:\nit bounds that chain's NLL, not the probability flow's nll above, and may be the lower of the two.", bound.T)
	return []metrics.Row{e.Row("nll_discrete_bound", math.NaN(), "bound", "lower")}, note
}
