//go:build amd64 && !noasm

package kernel

import "sync"

// A tile multiplies some rows of op(A) with a panel of op(B); see tile in tools/kernelgen.
type tile struct {
	rows int
	run  func(tiles, k int, a *float32, rowA, colA int, b *float32, rowB, ahead int, c *float32, rowC, cols int, alpha float32, accumulate bool)
}

// dots makes inner products of rows of A with 1 to 4 rows of B; see dots in tools/kernelgen.
type dots func(groups, k int, a *float32, rowA int, b *float32, rowB int, out *float32)

// gemmKernels are those of one level, tiles from the tallest to a single row.
type gemmKernels struct {
	lanes      int
	readsWhole bool   // tiles read whole vectors of B, and so need the last ones padded
	double     []tile // two vectors wide: the bulk of the work
	single     []tile // one vector wide: the last columns
	quad       []tile // four vectors wide, of few rows: thin products
	groups     [thin]dots
	rests      [thin]dots // groups of a single row
	transpose  func(k int, src *float32, rowSrc int, dst *float32, rowDst int)
}

var gemmLevels = [...]gemmKernels{
	AVX2: {
		lanes: 8, readsWhole: true,
		double:    []tile{{6, gemm6x16AVX2}, {4, gemm4x16AVX2}, {2, gemm2x16AVX2}, {1, gemm1x16AVX2}},
		single:    []tile{{6, gemm6x8AVX2}, {4, gemm4x8AVX2}, {2, gemm2x8AVX2}, {1, gemm1x8AVX2}},
		quad:      []tile{{2, gemm2x32AVX2}, {1, gemm1x32AVX2}},
		groups:    [thin]dots{dots8x1AVX2, dots4x2AVX2, dots2x3AVX2, dots2x4AVX2},
		rests:     [thin]dots{dots1x1AVX2, dots1x2AVX2, dots1x3AVX2, dots1x4AVX2},
		transpose: transposeAVX2,
	},
	AVX512: {
		lanes:     16,
		double:    []tile{{8, gemm8x32AVX512}, {4, gemm4x32AVX512}, {2, gemm2x32AVX512}, {1, gemm1x32AVX512}},
		single:    []tile{{8, gemm8x16AVX512}, {4, gemm4x16AVX512}, {2, gemm2x16AVX512}, {1, gemm1x16AVX512}},
		quad:      []tile{{2, gemm2x64AVX512}, {1, gemm1x64AVX512}},
		groups:    [thin]dots{dots16x1AVX512, dots8x2AVX512, dots5x3AVX512, dots4x4AVX512},
		rests:     [thin]dots{dots1x1AVX512, dots1x2AVX512, dots1x3AVX512, dots1x4AVX512},
		transpose: transposeAVX512,
	},
}

const (
	// blockK bounds the rows of a panel of B, so that it stays in the first-level cache while
	// the rows of A pass by. Tiles cut their sums over k here, packed or not.
	blockK = GemmTerms
	// thin is the number of columns up to which a tile would be mostly empty.
	thin = 4
	// pageRow is the stride, in elements, from which each row is in a page of its own: to read down a
	// column takes more address translations, and more lines of one set of the cache, than there are.
	pageRow = 1024
	// reuses is the number of rows and columns of C from which copies of A and B are used often enough.
	reuses = 64
)

// scratch is the working memory of one Gemm: rows of a transposed A, panels or a transpose of B, and a
// thin result.
type scratch struct{ a, b, c []float32 }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func grow(s *[]float32, n int) []float32 {
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	return (*s)[:n]
}

// strided is a matrix in the eyes of a tile: element (i, j) is data[i*row+j*col].
type strided struct {
	data     []float32
	row, col int
}

// view is x, stored with rows ld apart, or its transpose.
func view(transposed bool, x []float32, ld int) strided {
	if transposed {
		return strided{x, 1, ld}
	}
	return strided{x, ld, 1}
}

// from returns the matrix without its first columns.
func (x strided) from(column int) strided {
	return strided{x.data[column*x.col:], x.row, x.col}
}

// gemmSIMD computes p. Which way it goes depends on n, k and the flags alone, because the ways
// differ in the last bit; m only sets how many tiles.
func gemmSIMD(p product) {
	lv := &gemmLevels[vectorLevel()]
	s := scratches.Get().(*scratch)
	switch {
	case p.n <= thin && p.ta:
		lv.thinColumns(s, p)
	case p.n <= thin && p.k >= lv.lanes:
		lv.thinDots(s, p)
	default:
		lv.panels(s, p)
	}
	scratches.Put(s)
}

// panels takes op(B) by panels of two vectors' width, and for each the rows of op(A) from the
// top to the bottom. Rows of B that lie as a tile wants them are used in place; where op(A) is a
// transpose of long rows, which a tile would read down, both are copied.
func (lv *gemmKernels) panels(s *scratch, p product) {
	far := p.ta && p.lda >= pageRow && p.n >= reuses && p.m >= reuses
	for k0 := 0; k0 < p.k; k0 += blockK {
		kb := min(blockK, p.k-k0)
		a := view(p.ta, p.a, p.lda).from(k0)
		if far {
			a = strided{grow(&s.a, p.m*kb), kb, 1}
			lv.packTransposed(a.data, p.a[k0*p.lda:], p.lda, p.m, kb)
		}
		for j := 0; j < p.n; j += 2 * lv.lanes {
			w := min(2*lv.lanes, p.n-j)
			tiles, width := lv.double, 2*lv.lanes
			if w <= lv.lanes {
				tiles, width = lv.single, lv.lanes
			}
			var panel []float32
			rowB, ahead := width, 0
			switch {
			case p.tb:
				panel = grow(&s.b, kb*width)
				lv.packColumns(panel, width, p.b[j*p.ldb+k0:], p.ldb, w, kb)
			case far, w < width && lv.readsWhole:
				panel = grow(&s.b, kb*width)
				packRows(panel, width, p.b[k0*p.ldb+j:], p.ldb, w, kb)
			default:
				panel, rowB, ahead = p.b[k0*p.ldb+j:], p.ldb, width
			}
			runTiles(tiles, p.m, kb, a, panel, rowB, ahead, p.c[j:], p.ldc, w, p.alpha, p.accumulate || k0 > 0)
		}
	}
}

// runTiles covers m rows with tiles, as many of the tallest as fit, then the next. They prefetch what is ahead of
// each element of b.
func runTiles(tiles []tile, m, k int, a strided, b []float32, rowB, ahead int, c []float32, ldc, cols int, alpha float32, accumulate bool) {
	const bytes = 4
	i := 0
	for _, t := range tiles {
		if count := (m - i) / t.rows; count > 0 {
			t.run(count, k, &a.data[i*a.row], bytes*a.row, bytes*a.col, &b[0], bytes*rowB, bytes*ahead, &c[i*ldc], bytes*ldc, cols, alpha, accumulate)
			i += count * t.rows
		}
	}
}

// packRows copies k rows of w values into a panel of width columns, and clears the others.
func packRows(panel []float32, width int, b []float32, ldb, w, k int) {
	for p := range k {
		row := panel[p*width : (p+1)*width]
		copy(row, b[p*ldb:p*ldb+w])
		clear(row[w:])
	}
}

// packTransposed writes k rows of m values, ld apart, as m rows of k values.
func (lv *gemmKernels) packTransposed(dst, src []float32, ld, m, k int) {
	q := 0
	for ; q+lv.lanes <= k; q += lv.lanes {
		lv.transpose(m, &src[q*ld], 4*ld, &dst[q], 4*k)
	}
	for ; q < k; q++ {
		for i, v := range src[q*ld : q*ld+m] {
			dst[i*k+q] = v
		}
	}
}

// packColumns transposes w rows of k values into a panel of width columns, and clears the
// others.
func (lv *gemmKernels) packColumns(panel []float32, width int, b []float32, ldb, w, k int) {
	if w < width {
		clear(panel)
	}
	q := 0
	for ; q+lv.lanes <= w; q += lv.lanes {
		lv.transpose(k, &b[q*ldb], 4*ldb, &panel[q], 4*width)
	}
	for ; q < w; q++ {
		for p, v := range b[q*ldb : q*ldb+k] {
			panel[p*width+q] = v
		}
	}
}

// thinDots computes the few columns of C as inner products along contiguous rows of A.
func (lv *gemmKernels) thinDots(s *scratch, p product) {
	b, ldb := p.b, p.ldb
	if !p.tb {
		b, ldb = grow(&s.b, p.n*p.k), p.k
		for q := range p.k {
			for j, v := range p.b[q*p.ldb : q*p.ldb+p.n] {
				b[j*ldb+q] = v
			}
		}
	}
	direct := p.alpha == 1 && !p.accumulate && p.ldc == p.n
	out := p.c
	if !direct {
		out = grow(&s.c, p.m*p.n)
	}
	const bytes = 4
	rows := lv.lanes / p.n
	groups := p.m / rows
	if groups > 0 {
		lv.groups[p.n-1](groups, p.k, &p.a[0], bytes*p.lda, &b[0], bytes*ldb, &out[0])
	}
	if i := groups * rows; i < p.m {
		lv.rests[p.n-1](p.m-i, p.k, &p.a[i*p.lda], bytes*p.lda, &b[0], bytes*ldb, &out[i*p.n])
	}
	if direct {
		return
	}
	for i := range p.m {
		for j, v := range out[i*p.n : (i+1)*p.n] {
			p.put(i, j, p.alpha*v)
		}
	}
}

// thinColumns computes the few columns of C = Aᵀ op(B) as rows of Cᵀ = op(B)ᵀ A, because A is
// contiguous along what are C's rows.
func (lv *gemmKernels) thinColumns(s *scratch, p product) {
	b := view(!p.tb, p.b, p.ldb)
	width := 4 * lv.lanes
	stride := (p.m + width - 1) / width * width
	ct := grow(&s.c, p.n*stride)
	for k0 := 0; k0 < p.k; k0 += blockK {
		kb := min(blockK, p.k-k0)
		for i := 0; i < p.m; i += width {
			w := min(width, p.m-i)
			panel, row := p.a[k0*p.lda+i:], p.lda
			if w < width && lv.readsWhole {
				panel, row = grow(&s.b, kb*width), width
				packRows(panel, width, p.a[k0*p.lda+i:], p.lda, w, kb)
			}
			runTiles(lv.quad, p.n, kb, b.from(k0), panel, row, 0, ct[i:], stride, w, p.alpha, k0 > 0)
		}
	}
	for i := range p.m {
		for j := range p.n {
			p.put(i, j, ct[j*stride+i])
		}
	}
}

// put stores an element of C, or adds to it.
func (p *product) put(i, j int, v float32) {
	if p.accumulate {
		v += p.c[i*p.ldc+j]
	}
	p.c[i*p.ldc+j] = v
}
