package main

import (
	"math"

	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
)

// boundPoints is the number of fresh points that the bound of a diffusion model is averaged over:
// each takes as many evaluations as the model has levels.
const boundPoints = 2000

// diffusionRemarks is the variational bound of the discrete model, a row of its own beside the
// probability flow's exact value. Where p is known it is the entropy plus the mean of log p less
// the bound, point by point, whose error is far below the bound's own.
func diffusionRemarks(m sampled, ds *datasets.Dataset, seed uint64) ([]likelihood, string) {
	bound, rng := diffusionModel(m).Bound(), train.NewStream(seed, "bound").Rand
	x := ds.Law.Sample(boundPoints, train.NewStream(seed, "likelihood").Rand)
	var e metrics.Estimate
	if ds.Density != nil {
		e = meanDifference(ds.Density.LogProb(x), bound.LogBound(x, rng))
		e.Value += ds.Entropy
	} else {
		e = metrics.NLLBound(bound, x, rng)
	}
	return []likelihood{{"nll_discrete_bound", figure{number(e.Value), number(e.SE), number(math.NaN()), e.N, "bound", "lower"}}}, ""
}
