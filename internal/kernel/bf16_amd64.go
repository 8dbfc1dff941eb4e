//go:build amd64 && !noasm

package kernel

// A pair is two consecutive values along k, rounded to bfloat16, in the place of a float32: the first in the lower
// half. pairKernels multiply matrices of pairs.
var pairKernels = gemmKernels{
	lanes:     16,
	double:    []tile{{8, pairs8x32AVX512}, {4, pairs4x32AVX512}, {2, pairs2x32AVX512}, {1, pairs1x32AVX512}},
	single:    []tile{{8, pairs8x16AVX512}, {4, pairs4x16AVX512}, {2, pairs2x16AVX512}, {1, pairs1x16AVX512}},
	transpose: transposeAVX512,
}

// packPairs fills f with pairs down the columns of op(B).
func (f *Factor) packPairs(b []float32, ldb int) {
	k := (f.k + 1) / 2
	f.data = grow(&f.data, k*f.n)
	if !f.transposed {
		pairColumns(f.k, f.n, b, ldb, f.data)
		return
	}
	memory := lefts.Get().(*left)
	across := grow(&memory.data, f.n*k)
	pairRows(f.n, f.k, b, ldb, across)
	pairKernels.packColumns(f.data, f.n, across, k, f.n, k)
	lefts.Put(memory)
}

// multiplyPairs computes p with op(B) in f. Pairs go along the rows of op(A).
func (l *left) multiplyPairs(p product, f *Factor) {
	q := p
	q.k = (p.k + 1) / 2
	if q.a = grow(&l.data, p.m*q.k); p.ta {
		q.lda = p.m
		pairColumns(p.k, p.m, p.a, p.lda, q.a)
	} else {
		q.lda = q.k
		pairRows(p.m, p.k, p.a, p.lda, q.a)
	}
	q.b, q.ldb = f.data, f.n
	pairKernels.panels(nil, q) // it packs no panel: neither a transposed B nor one that is read in full width
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
