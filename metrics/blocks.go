package metrics

import "genlab/internal/parallel"

// blocks is the number of parts that the loops over all pairs are cut into. It does not depend
// on the machine: every part has its own sums, added in order, so that a value is the same
// with any GOMAXPROCS.
const blocks = 32

// eachBlock calls part(b, lo, hi) for each of the blocks of [0, n), on all processors.
func eachBlock(n int, part func(b, lo, hi int)) {
	parallel.Rows(blocks, 1, func(b, _ int) { part(b, b*n/blocks, (b+1)*n/blocks) })
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
