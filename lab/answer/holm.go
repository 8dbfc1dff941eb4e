package answer

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"genlab/metrics"
)

// Difference is a mean of paired differences with its 95 % interval and the p-value of the two-sided t test.
type Difference struct {
	Mean     Number `json:"mean"`
	Half     Number `json:"half"`     // of the interval; null for one pair
	P        Number `json:"p"`        // null for one pair
	Adjusted Number `json:"adjusted"` // p-value after the correction for the number of comparisons
}

// Significant reports whether the difference is told from 0 after the correction, at 5 %.
func (d Difference) Significant() bool { return float64(d.Adjusted) <= 0.05 }

// paired returns the difference of b from a over values of the same seeds.
func paired(a, b []float64) Difference {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = b[i] - a[i]
	}
	return differenceOf(metrics.Mean(d))
}

// differenceOf returns the difference of an estimate over n seeds.
func differenceOf(e metrics.Estimate) Difference {
	lo, hi := metrics.Interval(e, 0.95)
	return Difference{Number(e.Value), Number((hi - lo) / 2), Number(tTest(e.Value, e.SE, float64(e.N-1))), Number(math.NaN())}
}

// tTest returns the two-sided p-value of a mean with its standard error, NaN without degrees of freedom.
func tTest(mean, se, degrees float64) float64 {
	switch {
	case degrees < 1 || math.IsNaN(se):
		return math.NaN()
	case se == 0 && mean == 0:
		return 1
	case se == 0:
		return 0
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.CDF(-math.Abs(mean/se))
}

// holm sets the adjusted p-values of differences that belong to a family of m comparisons, all those that are not
// listed having no smaller p-value than they [holm1979]: p_(j) becomes the largest (m - i + 1) p_(i), i up to j, at
// most 1. Where the list is not the whole family, this is at least the value of the whole one.
func holm(list []*Difference, m int) {
	sorted := slices.DeleteFunc(slices.Clone(list), func(d *Difference) bool { return math.IsNaN(float64(d.P)) })
	slices.SortStableFunc(sorted, func(a, b *Difference) int { return cmp.Compare(a.P, b.P) })
	largest := 0.0
	for i, d := range sorted {
		largest = max(largest, min(1, float64(m-i)*float64(d.P)))
		d.Adjusted = Number(largest)
	}
}
