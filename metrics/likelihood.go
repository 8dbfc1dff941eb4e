package metrics

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// NLL returns the mean of -log q over the rows of x (n x d), in nats: the cross entropy of q
// where x are draws of the truth. It is +Inf where q has no mass at some row; such rows are
// counted in NonFinite. It panics if x has no row.
func NLL(q genlab.LogProber, x mat.Matrix) Estimate {
	return Mean(negated(rowsOf("LogProb", q.LogProb(x), x)))
}

// NLLBound returns the mean of -LogBound over the rows of x (n x d), in nats: an upper bound on
// NLL in expectation, and never a substitute for it. Non-finite values are as in NLL.
func NLLBound(q genlab.LogBounder, x mat.Matrix, rng *rand.Rand) Estimate {
	return Mean(negated(rowsOf("LogBound", q.LogBound(x, rng), x)))
}

// KL returns KL(p‖q), the mean of log p - log q over the rows of x (n x d), which are draws of p,
// in nats. The difference is taken row by row, so that its standard error is far below that of
// the two means. It is +Inf where q has no mass at some draw of p; such rows are counted in
// NonFinite. It panics if x has no row.
func KL(p, q genlab.LogProber, x mat.Matrix) Estimate {
	difference := rowsOf("LogProb", p.LogProb(x), x)
	for i, v := range rowsOf("LogProb", q.LogProb(x), x) {
		difference[i] -= v
	}
	return Mean(difference)
}

// ReverseKL returns KL(q‖p), the mean of log q - log p over the rows of x (n x d), which are draws
// of q, in nats: what a model pays for samples where the truth p has none. As KL.
func ReverseKL(p, q genlab.LogProber, x mat.Matrix) Estimate { return KL(q, p, x) }

// rowsOf returns a copy of values, of which x has one for each row.
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
