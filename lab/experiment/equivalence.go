package experiment

import (
	"fmt"
	"math"

	"genlab/metrics"
)

// Difference is the 95 % confidence interval of the mean of a - b over seeds, paired: models of one seed have the data and
// the training in common. It is infinite without at least two pairs of numbers.
type Difference struct{ Mean, Lo, Hi float64 }

// Differ returns the difference of two measurements.
func Differ(a, b Measurement) Difference {
	none := Difference{math.NaN(), math.Inf(-1), math.Inf(1)}
	if len(a.Values) != len(b.Values) || len(a.Values) < 2 {
		return none
	}
	e := metrics.PairedMean(a.floats(), b.floats())
	lo, hi := metrics.Interval(e, 0.95)
	if math.IsNaN(lo) || math.IsNaN(hi) {
		return none
	}
	return Difference{e.Value, lo, hi}
}

// Within reports whether the whole interval lies within a margin on both sides: the two measurements are equivalent.
// That two intervals overlap is no evidence of it, since they do so the more, the fewer the seeds.
// This is the test of [schuirmann1987] at a level of 2.5 %.
func (d Difference) Within(margin float64) bool { return -margin < d.Lo && d.Hi < margin }

// Below reports whether the whole interval lies below a margin: the first measurement, of which less is better, is not
// worse than the second by as much.
func (d Difference) Below(margin float64) bool { return d.Hi < margin }

// Above reports whether the whole interval lies above -margin: the first measurement, of which more is better, is not
// worse than the second by as much.
func (d Difference) Above(margin float64) bool { return -margin < d.Lo }

// String returns the interval.
func (d Difference) String() string { return fmt.Sprintf("%.2g to %.2g", d.Lo, d.Hi) }
