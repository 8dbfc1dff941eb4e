package main

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/metrics"
	"genlab/internal/train"
	"genlab/vae"
)

// likelihoodSamples is the largest number of fresh points that likelihoods are averaged over.
const likelihoodSamples = 100000

// likelihood is a row of the table under its own heading: an exact value and a bound never
// stand in one column.
type likelihood struct {
	name string
	figure
}

// likelihoods returns what q can say of fresh points of the truth, in nats a point: the negative
// log likelihood beside the entropy, and KL(p||q) from the same points where p is known; or
// the negative bound; or nothing. There are ten points for each of the n samples,
// or one where a density takes an integral. This is the project's one question for a capability.
func likelihoods(r *opened, q genlab.Sampler, ds *datasets.Dataset, n int) []likelihood {
	if _, integral := q.(diffusionRun); !integral {
		n = min(10*n, likelihoodSamples)
	}
	fresh := func() *mat.Dense { return ds.Law.Sample(n, train.NewStream(r.seed, "likelihood").Rand) }
	row := func(name string, e metrics.Estimate, oracle float64, kind string) likelihood {
		return likelihood{name, figure{number(e.Value), number(e.SE), number(oracle), e.N, kind, "lower"}}
	}
	switch q := q.(type) {
	case genlab.LogProber:
		x := fresh()
		rows := []likelihood{row("nll", metrics.NLL(q, x), ds.Entropy, "exact")}
		if ds.Density != nil {
			rows = append(rows, row("kl", metrics.KL(ds.Density, q, x), 0, "exact"))
		}
		return rows
	case genlab.LogBounder:
		x, rng := fresh(), train.NewStream(r.seed, "bound").Rand
		rows := []likelihood{row("nll_bound", metrics.NLLBound(q, x, rng), math.NaN(), "bound")}
		if m, ok := q.(*vae.Model); ok { // it knows tighter ones
			rows = append(rows, vaeLikelihoods(m, x, ds, rng)...)
		}
		return rows
	}
	return nil
}
