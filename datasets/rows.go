package datasets

import (
	"gonum.org/v1/gonum/mat"

	"genlab/internal/parallel"
)

// rows returns f of every row of x (n x 2), computed on GOMAXPROCS goroutines.
func rows(x mat.Matrix, f func(x, y float64) float64) []float64 {
	out := make([]float64, mustHaveColumns("LogProb", x, 2))
	const block = 64 // about a millisecond of the slowest density
	parallel.Rows(len(out), block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = f(x.At(i, 0), x.At(i, 1))
		}
	})
	return out
}
