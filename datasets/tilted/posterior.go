// Package tilted computes what the labels of a distribution say of its points: the exact posterior p(c | x), and the
// distribution that classifier-free guidance is said to sample.
//
//	q, err := tilted.New(moons, 0, 3) // p(x)^(1-3) p(x | 0)^3 / Z, with density, sampler and entropy
//	labels := tilted.LikeliestLabel(moons, x)
//
// # Definition
//
// The tilted distribution of a label c and a scale w is
//
//	q(x) = p(x)^(1-w) p(x | c)^w / Z ∝ p(x | c)·p(c | x)^(w-1).
//
// # What is not guaranteed
//
// Z and the entropy are quadratures, converged to 1e-6; everything else is exact. Where the labels hardly overlap,
// p(c | x) is 1 at the points of a label, and q is p(x | c) for every w ≥ 1.
package tilted

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
)

// LogPosterior returns log p(k | x) for each row of x (n x 2) and each label k, n x len(Labels), by Bayes' rule from
// the densities of the components, which have equal weights: the probability that a point came from a
// component, where the nearest mode is only a guess. Rows of zero density are NaN. It panics if the distribution has no
// labels or its components no densities.
func LogPosterior(d *datasets.Dataset, x mat.Matrix) *mat.Dense {
	of, ok := d.Sampler.(datasets.Components)
	if !ok || len(d.Labels) == 0 {
		panic(fmt.Sprintf("tilted: LogPosterior of %s, whose components have no densities", d.Name))
	}
	n, _ := x.Dims()
	out := mat.NewDense(n, len(d.Labels), nil)
	for k := range d.Labels {
		out.SetCol(k, of.Component(k).LogProb(x))
	}
	for i := range n {
		row := out.RawRowView(i)
		floats.AddConst(-floats.LogSumExp(row), row)
	}
	return out
}

// LikeliestLabel returns the label of the highest posterior probability for each row of x (n x 2), -1 for one
// where none is defined. It panics where LogPosterior does.
func LikeliestLabel(d *datasets.Dataset, x mat.Matrix) []int {
	posterior := LogPosterior(d, x)
	n, _ := x.Dims()
	labels := make([]int, n)
	for i := range labels {
		row := posterior.RawRowView(i)
		if labels[i] = floats.MaxIdx(row); floats.HasNaN(row) {
			labels[i] = -1
		}
	}
	return labels
}
