package metrics

import "genlab/internal/parallel"

// blocks is the number of parts of the loops over all pairs. It does not depend on the machine: every
// part has its own sums, added in order, so the result does not depend on GOMAXPROCS.
const blocks = 32

// inBlocks calls part(b, lo, hi) for each of the blocks of [0, n), in parallel.
func inBlocks(n int, part func(b, lo, hi int)) {
	parallel.Rows(blocks, 1, func(b, _ int) { part(b, b*n/blocks, (b+1)*n/blocks) })
}

// perBlock returns a slice of n zeros for each block.
func perBlock[T bool | float64](n int) [][]T {
	s := make([][]T, blocks)
	for b := range s {
		s[b] = make([]T, n)
	}
	return s
}

// sum adds the slices of the blocks in order.
func sum(s [][]float64) []float64 {
	total := make([]float64, len(s[0]))
	for _, part := range s {
		for i, v := range part {
			total[i] += v
		}
	}
	return total
}
