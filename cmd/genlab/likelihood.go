package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
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
// or one where a density takes an integral.
func likelihoods(r *opened, q genlab.Sampler, ds *datasets.Dataset, n int) []likelihood {
	if _, integral := q.(diffusionRun); !integral {
		n = min(10*n, likelihoodSamples)
	}
	x := ds.Law.Sample(n, train.NewStream(r.seed, "likelihood").Rand)
	row := func(name string, e metrics.Estimate, oracle float64, kind string) likelihood {
		return likelihood{name, figure{number(e.Value), number(e.SE), number(oracle), e.N, kind, "lower"}}
	}
	rng := train.NewStream(r.seed, "bound").Rand
	logq, kind := logDensity(q, x, rng)
	switch kind {
	case exactly:
		rows := []likelihood{row("nll", meanDifference(make([]float64, n), logq), ds.Entropy, "exact")}
		if ds.Density != nil {
			rows = append(rows, row("kl", meanDifference(ds.Density.LogProb(x), logq), 0, "exact"))
		}
		return rows
	case below:
		rows := []likelihood{row("nll_bound", meanDifference(make([]float64, n), logq), math.NaN(), "bound")}
		if m, ok := q.(*vae.Model); ok { // it knows tighter ones
			rows = append(rows, vaeLikelihoods(m, x, ds, rng)...)
		}
		return rows
	}
	return nil
}

// known says how a model knows its density.
type known int

const (
	unable  known = iota // not at all
	below                // by a lower bound
	exactly              // itself
)

// logDensity returns what q can say of the density at each row of x (n x 2), in nats, and which
// kind of value that is; nil where q can say nothing. This is the project's one question for
// a capability.
func logDensity(q genlab.Sampler, x *mat.Dense, rng *rand.Rand) ([]float64, known) {
	switch q := q.(type) {
	case genlab.LogProber:
		return q.LogProb(x), exactly
	case genlab.LogBounder:
		return q.LogBound(x, rng), below
	}
	return nil, unable
}

// meanDifference is the mean of a - b, paired.
func meanDifference(a, b []float64) metrics.Estimate {
	d := make([]float64, len(a))
	for i, v := range a {
		d[i] = v - b[i]
	}
	return metrics.Mean(d)
}
