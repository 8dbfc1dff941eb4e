package datasets

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
)

// rows returns f of every row of x, which must have two columns. Blocks of rows are shared
// among GOMAXPROCS goroutines; each value depends on its own row alone, so the result does
// not depend on their number.
func rows(x mat.Matrix, f func(x, y float64) float64) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("datasets: LogProb of points with %d columns, want 2", d))
	}
	out := make([]float64, n)
	const block = 64 // about a millisecond of the slowest density
	var next atomic.Int64
	work := func() {
		for {
			hi := int(next.Add(block))
			lo := hi - block
			if lo >= n {
				return
			}
			for i := lo; i < min(hi, n); i++ {
				out[i] = f(x.At(i, 0), x.At(i, 1))
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n-1)/block) { // the caller is one more
		wg.Go(work)
	}
	work()
	wg.Wait()
	return out
}
