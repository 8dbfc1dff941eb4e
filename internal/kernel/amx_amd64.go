//go:build amd64 && !noasm

package kernel

// A product of bfloat16 in tiles of AMX. Of A each row becomes a row of pairs, of B each two rows, both padded with
// zeros to whole tiles along k. B is cut into panels of panelColumns, the last of which may be one tile wide; what it
// has in columns beyond B's is arbitrary.
const (
	tileRows  = 16           // of A and C; of B the columns, and rows of pairs
	tileTerms = 2 * tileRows // values along k
	blockRows = 2 * tileRows // rows of C that are computed together
)

// blockKernel multiplies blocks of A with panels of B; see blocks in tools/kernelgen.
type blockKernel func(shape *byte, blocks, panels, steps, rows, cols int, a *float32, rowA int, b *float32, panelB int, c *float32, rowC int, alpha float32, accumulate, direct bool, sums *float32)

// blockKernels are those of one and two tiles of rows, and in each of one and two tiles of columns.
var blockKernels = [2][2]blockKernel{{blocks1x1AMX, blocks1x2AMX}, {blocks2x1AMX, blocks2x2AMX}}

// tileShapes are the configurations of the tile registers for blocks of 1 to blockRows rows.
var tileShapes = func() (shapes [blockRows + 1][64]byte) {
	const palette, rowBytes, bytesAt, rowsAt = 1, 64, 16, 48
	for rows := 1; rows <= blockRows; rows++ {
		s := &shapes[rows]
		s[0] = palette
		upper, lower := byte(min(rows, tileRows)), byte(max(rows-tileRows, 1))
		for tile, rows := range []byte{upper, upper, lower, lower, upper, lower, tileRows, tileRows} {
			s[bytesAt+2*tile], s[rowsAt+tile] = rowBytes, rows
		}
	}
	return shapes
}()

// paddedPairs returns the pairs along k in whole tiles.
func paddedPairs(k int) int { return (k + tileTerms - 1) / tileTerms * tileRows }

// packTiles fills f with panels of op(B), one after the other.
func (f *Factor) packTiles(b []float32, ldb int) {
	k, used := paddedPairs(f.k), (f.k+1)/2
	f.data = grow(&f.data, k*((f.n+tileRows-1)/tileRows*tileRows))
	memory := lefts.Get().(*left)
	for j := 0; j < f.n; j += panelColumns {
		w := min(panelColumns, f.n-j)
		width := (w + tileRows - 1) / tileRows * tileRows
		panel := f.data[j*k:][:width*k]
		if f.transposed {
			rows := grow(&memory.data, width*k)
			pairRowsPadded(w, f.k, b[j*ldb:], ldb, rows, k)
			pairKernels.packColumns(panel, width, rows, k, width, k)
			continue
		}
		pairColumnsAVX512(f.k, w, &b[j], 4*ldb, &panel[0], 4*width)
		clear(panel[used*width:])
	}
	lefts.Put(memory)
}

// pairRowsPadded packs each row of x, rows x cols with stride ld, as a row of k pairs.
func pairRowsPadded(rows, cols int, x []float32, ld int, to []float32, k int) {
	pairRowsAVX512(rows, cols, &x[0], 4*ld, &to[0], 4*k)
	if used := (cols + 1) / 2; used < k {
		for i := range rows {
			clear(to[i*k+used : (i+1)*k])
		}
	}
}

// packTransposedTiles packs the transpose of x, k x m with stride ld, as m rows of pairs.
func (l *left) packTransposedTiles(k, m int, x []float32, ld int, to []float32) {
	pairs := paddedPairs(k)
	across := grow(&l.across, tileRows*m)
	for p := 0; p < pairs; p += tileRows {
		terms := min(tileTerms, k-2*p)
		pairColumns(terms, m, x[2*p*ld:], ld, across)
		clear(across[(terms+1)/2*m:])
		transposeAVX512(m, &across[0], 4*m, &to[p], 4*pairs)
	}
}

// multiplyTiles computes p with op(B) in f. It packs and multiplies a few blocks of rows at a time, which stay in the
// first-level cache in between.
func (l *left) multiplyTiles(p product, f *Factor) {
	const together = 4 * blockRows
	k := paddedPairs(p.k)
	a := grow(&l.data, min(p.m, together)*k)
	for i := 0; i < p.m; i += together {
		rows := min(together, p.m-i)
		if p.ta {
			l.packTransposedTiles(p.k, rows, p.a[i:], p.lda, a)
		} else {
			pairRowsPadded(rows, p.k, p.a[i*p.lda:], p.lda, a, k)
		}
		for k0 := 0; k0 < k; k0 += blockK {
			part := p
			part.accumulate = p.accumulate || k0 > 0
			for done := 0; done < rows; {
				part.m = min(blockRows, rows-done)
				blocks := (rows - done) / part.m
				part.c = p.c[(i+done)*p.ldc:]
				l.multiplyBlocks(part, blocks, min(blockK, k-k0)/tileRows, a[done*k+k0:], f.data, k, k0)
				done += blocks * part.m
			}
		}
	}
}

// multiplyBlocks computes p for so many blocks of p.m rows, over so many tiles along k, from pair k0 of k on in b.
func (l *left) multiplyBlocks(p product, blocks, tiles int, a, b []float32, k, k0 int) {
	const bytes = 4
	sums := grow(&l.sums, blockRows*panelColumns)
	for j := 0; j < p.n; {
		w := min(panelColumns, p.n-j)
		panels := (p.n - j) / w
		across := (w-1)/tileRows + 1
		width := across * tileRows
		direct := p.alpha == 1 && !p.accumulate && w == width
		run := blockKernels[(p.m-1)/tileRows][across-1]
		run(&tileShapes[p.m][0], blocks, panels, tiles, p.m, w, &a[0], bytes*k, &b[j*k+k0*width], bytes*width*k, &p.c[j], bytes*p.ldc, p.alpha, p.accumulate, direct, &sums[0])
		j += panels * w
	}
}
