package datasets

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/parallel"
)

// rows returns f of every row of x, which must have two columns. Each value depends on
// its own row alone, so the result does not depend on the number of processors.
func rows(x mat.Matrix, f func(x, y float64) float64) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("datasets: LogProb of points with %d columns, want 2", d))
	}
	out := make([]float64, n)
	const block = 64 // about a millisecond of the slowest density
	parallel.Rows(n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = f(x.At(i, 0), x.At(i, 1))
		}
	})
	return out
}
