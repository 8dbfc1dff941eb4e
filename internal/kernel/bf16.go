package kernel

import "sync"

// GemmBF16 is [Gemm] in float32 with the elements of A and B rounded to bfloat16. The sums are float32.
//
// At the level AVX512BF16 it runs at up to twice the speed of Gemm, and sums the products of two
// consecutive steps along k in the order of VDPBF16PS, with denormals taken as zero. At the other levels
// it is Gemm of the rounded matrices, which differs in the last bits of a sum, and in denormals.
func GemmBF16(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	checkGemm(ta, tb, m, n, k, len(a), lda, len(b), ldb, len(c), ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || alpha == 0 {
		scaleRows(m, n, beta, c, ldc)
		return
	}
	if CPULevel() == AVX512BF16 {
		if beta != 0 {
			scaleRows(m, n, beta, c, ldc)
		}
		gemmPairs(product{ta, tb, m, n, k, alpha, a, lda, b, ldb, beta != 0, c, ldc})
		return
	}
	s := roundings.Get().(*rounding)
	a, lda = s.a.of(ta, m, k, a, lda)
	b, ldb = s.b.of(tb, k, n, b, ldb)
	Gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	roundings.Put(s)
}

// rounding is the working memory of a GemmBF16 without the instructions: the rounded matrices.
type rounding struct{ a, b rounded }

type rounded []float32

var roundings = sync.Pool{New: func() any { return new(rounding) }}

// of returns a rounded copy of a matrix of rows x cols, or of its transpose, and the stride of its rows.
func (r *rounded) of(transposed bool, rows, cols int, x []float32, ld int) ([]float32, int) {
	if transposed {
		rows, cols = cols, rows
	}
	if n := rows * cols; cap(*r) < n {
		*r = make(rounded, n)
	}
	to := (*r)[:rows*cols]
	for i := range rows {
		RoundBF16(to[i*cols:(i+1)*cols], x[i*ld:i*ld+cols])
	}
	return to, cols
}
