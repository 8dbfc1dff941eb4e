package kernel

import "sync"

// GemmBF16 is [Gemm] in float32 with the elements of A and B rounded to bfloat16. The sums are float32.
//
// At the level AVX512BF16 it runs at up to twice the speed of Gemm, at AMX at several times that speed. Both take
// denormals as zero. AVX512BF16 sums the products of two consecutive steps along k in the order of VDPBF16PS, AMX those
// of 32 steps in the order of TDPBF16PS. At the other levels GemmBF16 is Gemm of the rounded matrices. The results
// of the three differ in the last bits of a sum, and in denormals.
func GemmBF16(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	checkGemm(ta, tb, m, n, k, len(a), lda, len(b), ldb, len(c), ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || alpha == 0 {
		scaleRows(m, n, beta, c, ldc)
		return
	}
	f := factors.Get().(*Factor)
	f.Pack(tb, k, n, b, ldb)
	f.Multiply(ta, m, alpha, a, lda, beta, c, ldc)
	factors.Put(f)
}

// Factor is a right factor op(B) of products in bfloat16, rounded and packed once for several of them. The zero
// value is empty.
type Factor struct {
	k, n       int
	level      Level // for which it is packed: as B was stored, rounded, up to AVX512
	transposed bool
	data       []float32
}

var factors = sync.Pool{New: func() any { return new(Factor) }}

// Pack makes f op(B), k x n, where op transposes if tb is set: B is then stored n x k, with stride ldb. It
// panics where [Gemm] does.
func (f *Factor) Pack(tb bool, k, n int, b []float32, ldb int) {
	checkDims("Factor.Pack", k, n)
	checkB(tb, n, k, len(b), ldb)
	f.k, f.n, f.transposed, f.level = k, n, tb, CPULevel()
	switch {
	case k == 0 || n == 0:
	case f.level == AMX:
		f.packTiles(b, ldb)
	case f.level == AVX512BF16:
		f.packPairs(b, ldb)
	case tb:
		f.data = roundRows(f.data, n, k, b, ldb)
	default:
		f.data = roundRows(f.data, k, n, b, ldb)
	}
}

// Multiply computes C = alpha*op(A)*f + beta*C for op(A) of m rows, as [GemmBF16] does. Several goroutines may
// multiply with the same factor.
func (f *Factor) Multiply(ta bool, m int, alpha float32, a []float32, lda int, beta float32, c []float32, ldc int) {
	checkDims("Factor.Multiply", m, f.n)
	checkSides(ta, m, f.n, f.k, len(a), lda, len(c), ldc)
	if m == 0 || f.n == 0 {
		return
	}
	if f.k == 0 || alpha == 0 {
		scaleRows(m, f.n, beta, c, ldc)
		return
	}
	left := lefts.Get().(*left)
	if f.level >= AVX512BF16 {
		if beta != 0 {
			scaleRows(m, f.n, beta, c, ldc)
		}
		p := product{ta: ta, m: m, n: f.n, k: f.k, alpha: alpha, a: a, lda: lda, accumulate: beta != 0, c: c, ldc: ldc}
		if f.level == AMX {
			left.multiplyTiles(p, f)
		} else {
			left.multiplyPairs(p, f)
		}
	} else {
		rows, cols := m, f.k
		if ta {
			rows, cols = cols, rows
		}
		left.data = roundRows(left.data, rows, cols, a, lda)
		ldb := f.n
		if f.transposed {
			ldb = f.k
		}
		Gemm(ta, f.transposed, m, f.n, f.k, alpha, left.data, cols, f.data, ldb, beta, c, ldc)
	}
	lefts.Put(left)
}

// left is the working memory of one product: A, rounded or in pairs; pairs to be transposed; a block of C.
type left struct{ data, across, sums []float32 }

var lefts = sync.Pool{New: func() any { return new(left) }}

// roundRows returns a rounded copy of rows x cols values with stride ld, in the memory of to if it is large
// enough.
func roundRows(to []float32, rows, cols int, x []float32, ld int) []float32 {
	if n := rows * cols; cap(to) < n {
		to = make([]float32, n)
	}
	to = to[:rows*cols]
	for i := range rows {
		RoundBF16(to[i*cols:(i+1)*cols], x[i*ld:i*ld+cols])
	}
	return to
}
