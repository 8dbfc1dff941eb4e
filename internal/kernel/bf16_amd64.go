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

// panelColumns is the number of columns of op(B) that a tile multiplies with.
const panelColumns = 2 * 16

// packPairs fills f with pairs down the columns of op(B), one panel after the other, so that a tile reads
// consecutive memory.
func (f *Factor) packPairs(b []float32, ldb int) {
	k := (f.k + 1) / 2
	f.data = grow(&f.data, k*f.n)
	memory := lefts.Get().(*left)
	var across []float32
	if f.transposed {
		across = grow(&memory.data, f.n*k)
		pairRows(f.n, f.k, b, ldb, across)
	}
	for j := 0; j < f.n; j += panelColumns {
		w := min(panelColumns, f.n-j)
		panel := f.data[j*k : (j+w)*k]
		if f.transposed {
			pairKernels.packColumns(panel, w, across[j*k:], k, w, k)
		} else {
			pairColumns(f.k, w, b[j:], ldb, panel)
		}
	}
	lefts.Put(memory)
}

// multiplyPairs computes p with op(B) in f. Pairs go along the rows of op(A).
func (l *left) multiplyPairs(p product, f *Factor) {
	k := (p.k + 1) / 2
	pairs := grow(&l.data, p.m*k)
	a := view(false, pairs, k)
	if p.ta {
		a = view(true, pairs, p.m)
		pairColumns(p.k, p.m, p.a, p.lda, pairs)
	} else {
		pairRows(p.m, p.k, p.a, p.lda, pairs)
	}
	for k0 := 0; k0 < k; k0 += blockK {
		kb := min(blockK, k-k0)
		for j := 0; j < p.n; j += panelColumns {
			w := min(panelColumns, p.n-j)
			tiles := pairKernels.double
			if w <= pairKernels.lanes {
				tiles = pairKernels.single
			}
			runTiles(tiles, p.m, kb, a.from(k0), f.data[j*k+k0*w:], w, k*w, p.c[j:], p.ldc, w, p.alpha, p.accumulate || k0 > 0)
		}
	}
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
