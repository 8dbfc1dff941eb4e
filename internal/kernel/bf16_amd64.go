//go:build amd64 && !noasm

package kernel

import "sync"

// pairKernels multiply matrices of pairs: two consecutive values along k, rounded to bfloat16, in the
// place of a float32. The first is in the lower half.
var pairKernels = gemmKernels{
	lanes:     16,
	double:    []tile{{8, pairs8x32AVX512}, {4, pairs4x32AVX512}, {2, pairs2x32AVX512}, {1, pairs1x32AVX512}},
	single:    []tile{{8, pairs8x16AVX512}, {4, pairs4x16AVX512}, {2, pairs2x16AVX512}, {1, pairs1x16AVX512}},
	transpose: transposeAVX512,
}

// paired is the working memory of one product: both matrices as pairs, and a panel of B.
type paired struct {
	a, b  []float32
	panel scratch
}

var pairedMemory = sync.Pool{New: func() any { return new(paired) }}

// gemmPairs computes p from matrices of pairs. Pairs go along rows of A and down columns of B, or the
// other way where these are transposed.
func gemmPairs(p product) {
	s := pairedMemory.Get().(*paired)
	q := p
	q.k = (p.k + 1) / 2
	if p.ta {
		q.a, q.lda = grow(&s.a, q.k*p.m), p.m
		pairColumns(p.k, p.m, p.a, p.lda, q.a)
	} else {
		q.a, q.lda = grow(&s.a, p.m*q.k), q.k
		pairRows(p.m, p.k, p.a, p.lda, q.a)
	}
	if p.tb {
		q.b, q.ldb = grow(&s.b, p.n*q.k), q.k
		pairRows(p.n, p.k, p.b, p.ldb, q.b)
	} else {
		q.b, q.ldb = grow(&s.b, q.k*p.n), p.n
		pairColumns(p.k, p.n, p.b, p.ldb, q.b)
	}
	pairKernels.panels(&s.panel, q)
	pairedMemory.Put(s)
}

// pairRows packs each row of x, rows x cols with stride ld, as (cols+1)/2 pairs of neighbours.
func pairRows(rows, cols int, x []float32, ld int, to []float32) {
	const bytes = 4
	pairRowsAVX512(rows, cols, &x[0], bytes*ld, &to[0], bytes*((cols+1)/2))
}

// pairColumns packs each two rows of x, rows x cols with stride ld, as a row of cols pairs.
func pairColumns(rows, cols int, x []float32, ld int, to []float32) {
	const bytes = 4
	pairColumnsAVX512(rows, cols, &x[0], bytes*ld, &to[0], bytes*cols)
}
