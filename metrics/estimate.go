package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Estimate is an estimated value with its standard error.
type Estimate struct {
	Value float64
	SE    float64 // standard error of Value; NaN if it cannot be estimated
	N     int     // number of rows (or values), of the first sample if there are two

	// NonFinite is the number of rows or values that are NaN or infinite. If it is not zero, Value
	// is NaN or infinite too, except in the counts of Modes.
	NonFinite int
}

// String formats the value and its standard error to one digit of that: "0.0021 ± 0.0003".
func (e Estimate) String() string {
	if !(e.SE > 0) || math.IsInf(e.SE, 0) {
		return fmt.Sprintf("%.4g", e.Value)
	}
	d := max(0, -int(math.Floor(math.Log10(e.SE))))
	return fmt.Sprintf("%.*f ± %.*f", d, e.Value, d, e.SE)
}

// Mean returns the mean of independent values and its standard error s/√n, NaN for one value. An
// infinite value makes the mean infinite, a NaN (or infinities of both signs) makes it NaN; both are
// counted in NonFinite and make the standard error NaN. It panics if there is no value.
func Mean(values []float64) Estimate {
	n := len(values)
	if n == 0 {
		panic("metrics: Mean of 0 values, at least 1 is needed")
	}
	e := Estimate{N: n}
	for _, v := range values {
		if !finite(v) {
			e.NonFinite++
		}
	}
	if e.NonFinite > 0 {
		for _, v := range values {
			e.Value += v / float64(n)
		}
		e.SE = math.NaN()
		return e
	}
	mean, variance := stat.MeanVariance(values, nil)
	e.Value, e.SE = mean, math.Sqrt(variance/float64(n)) // one value: 0/0, NaN
	return e
}

// PairedMean returns the mean of a - b over paired values, and its standard error. It panics as [Mean]
// does, or if b is shorter than a.
func PairedMean(a, b []float64) Estimate {
	d := make([]float64, len(a))
	for i, v := range a {
		d[i] = v - b[i]
	}
	return Mean(d)
}

// Interval returns the confidence interval of a level such as 0.95, by Student's t with N-1 degrees of
// freedom. Its ends are NaN if the standard error is, or if N < 2. It panics unless 0 < level < 1.
func Interval(e Estimate, level float64) (lo, hi float64) {
	half := e.SE * studentQuantile(e.N, level)
	return e.Value - half, e.Value + half
}

// AcrossSeeds returns the mean of a metric over independent runs and the half width of its 95 %
// confidence interval by Student's t, NaN for one run. Diverged runs are included, as in [Mean]. It
// panics if there is no value.
func AcrossSeeds(values []float64) (mean, half float64) {
	e := Mean(values)
	return e.Value, e.SE * studentQuantile(e.N, 0.95)
}

// studentQuantile returns the (1+level)/2 quantile of Student's t with n-1 degrees of freedom.
func studentQuantile(n int, level float64) float64 {
	if !(level > 0 && level < 1) {
		panic(fmt.Sprintf("metrics: Interval of level %v, want 0 < level < 1", level))
	}
	if n < 2 {
		return math.NaN()
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile((1 + level) / 2)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
