package metrics

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// blocks is the number of parts that the loops over all pairs are cut into. It does not depend
// on the machine: every part has its own sums, added in order, so that a figure is the same
// with any GOMAXPROCS.
const blocks = 32

// parallel calls part(b, lo, hi) for each of the blocks of [0, n), on all processors.
func parallel(n int, part func(b, lo, hi int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(blocks, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for {
				b := int(next.Add(1)) - 1
				if b >= blocks {
					return
				}
				part(b, b*n/blocks, (b+1)*n/blocks)
			}
		})
	}
	wait.Wait()
}

// scratch returns a slice of n zeros for each block.
func scratch[T int32 | float64](n int) [][]T {
	s := make([][]T, blocks)
	for b := range s {
		s[b] = make([]T, n)
	}
	return s
}

// sum adds the blocks' slices in order.
func sum[T int32 | float64](s [][]T) []T {
	total := make([]T, len(s[0]))
	for _, part := range s {
		for i, v := range part {
			total[i] += v
		}
	}
	return total
}
