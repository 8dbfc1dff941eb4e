package metrics

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// NLL returns the mean of −log q over the rows of x (n x d), in nats: an estimate of the cross entropy
// if x are samples of the true distribution. It is +Inf if q is zero at a row; such rows are counted
// in NonFinite. It panics if x has no row.
func NLL(q genlab.LogProber, x mat.Matrix) Estimate {
	return Mean(negated(rowsOf("LogProb", q.LogProb(x), x)))
}

// NLLBound returns the mean of −LogBound over the rows of x (n x d), in nats: an upper bound on [NLL]
// in expectation. Non-finite values and panics are those of NLL.
func NLLBound(q genlab.LogBounder, x mat.Matrix, rng *rand.Rand) Estimate {
	return Mean(negated(rowsOf("LogBound", q.LogBound(x, rng), x)))
}

// KL returns KL(p‖q), the mean of log p − log q over the rows of x (n x d), samples of p, in nats. The
// difference is paired by row, so its standard error is far below those of the two means. It is +Inf
// if q is zero at a sample; such rows are counted in NonFinite. It panics if x has no row.
func KL(p, q genlab.LogProber, x mat.Matrix) Estimate {
	difference := rowsOf("LogProb", p.LogProb(x), x)
	for i, v := range rowsOf("LogProb", q.LogProb(x), x) {
		difference[i] -= v
	}
	return Mean(difference)
}

// ReverseKL returns KL(q‖p), the mean of log q − log p over the rows of x (n x d), samples of q, in
// nats: it penalises samples where the true density p is small. See [KL].
func ReverseKL(p, q genlab.LogProber, x mat.Matrix) Estimate { return KL(q, p, x) }

// rowsOf returns a copy of values, and panics unless there is one for each row of x.
func rowsOf(what string, values []float64, x mat.Matrix) []float64 {
	if n, _ := x.Dims(); len(values) != n {
		panic(fmt.Sprintf("metrics: %s returned %d values for %d rows", what, len(values), n))
	}
	return append([]float64(nil), values...)
}

func negated(values []float64) []float64 {
	for i := range values {
		values[i] = -values[i]
	}
	return values
}
