package kernel

import "fmt"

// Gemm computes C = alpha*op(A)*op(B) + beta*C, where op(A) is m x k, op(B) is k x n, C is
// m x n, and op transposes if ta (tb) is set: A is then stored k x m. lda, ldb and ldc are
// the row strides of A, B and C as stored.
//
// Row i of C depends, bit for bit, on row i of op(A), on op(B), n, k and the flags alone, so
// cutting a batch of rows into pieces changes nothing. The sum over k has one fixed order.
// With beta = 0 the old C is never read; with alpha = 0 neither are A and B.
// It panics if a size is negative, a stride shorter than a row, or a slice too short.
func Gemm[T Float](ta, tb bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	checkGemm(ta, tb, m, n, k, len(a), lda, len(b), ldb, len(c), ldc)
	if m == 0 || n == 0 {
		return
	}
	if k == 0 || alpha == 0 {
		scaleRows(m, n, beta, c, ldc)
		return
	}
	if simd[T]() {
		if beta != 0 {
			scaleRows(m, n, beta, c, ldc)
		}
		gemmSIMD(product{ta, tb, m, n, k, float32(alpha), f32(a), lda, f32(b), ldb, beta != 0, f32(c), ldc})
		return
	}
	scaleRows(m, n, beta, c, ldc)
	gemmPortable(ta, tb, m, n, k, alpha, a, lda, b, ldb, c, ldc)
}

// GemmTerms is the largest k for which [Gemm] adds each sum over k to C at once, so that with beta = 1 the result is
// that of a product with beta = 0 added to C, bit for bit.
const GemmTerms = 256

// product is C = alpha*op(A)*op(B), or C += that, with sizes checked and not zero.
type product struct {
	ta, tb     bool
	m, n, k    int
	alpha      float32
	a          []float32
	lda        int
	b          []float32
	ldb        int
	accumulate bool
	c          []float32
	ldc        int
}

// checkGemm panics if a size is negative, or a matrix does not fit into its slice of so many elements.
func checkGemm(ta, tb bool, m, n, k, a, lda, b, ldb, c, ldc int) {
	if m < 0 || n < 0 || k < 0 {
		panic(fmt.Sprintf("kernel: Gemm: negative size m=%d n=%d k=%d", m, n, k))
	}
	checkSides(ta, m, n, k, a, lda, c, ldc)
	checkB(tb, n, k, b, ldb)
}

// checkB panics if B does not fit into its slice.
func checkB(tb bool, n, k, b, ldb int) {
	if tb {
		checkMatrix("b", n, k, ldb, b)
	} else {
		checkMatrix("b", k, n, ldb, b)
	}
}

// checkSides panics if A or C does not fit into its slice.
func checkSides(ta bool, m, n, k, a, lda, c, ldc int) {
	if ta {
		checkMatrix("a", k, m, lda, a)
	} else {
		checkMatrix("a", m, k, lda, a)
	}
	checkMatrix("c", m, n, ldc, c)
}

// checkMatrix panics unless rows x cols with stride ld fits into have elements.
func checkMatrix(arg string, rows, cols, ld, have int) {
	if ld < max(1, cols) {
		panic(fmt.Sprintf("kernel: Gemm: ld%s is %d, a row has %d columns", arg, ld, cols))
	}
	if rows > 0 && cols > 0 {
		checkLen("Gemm", arg, have, (rows-1)*ld+cols)
	}
}

// scaleRows multiplies C by beta; 0 clears it, whatever it held.
func scaleRows[T Float](m, n int, beta T, c []T, ldc int) {
	if beta == 1 {
		return
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		if beta == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= beta
		}
	}
}

// The portable kernel works on blocks of portableM rows and portableK steps, so that a panel of
// B, portableN wide, and the rows of a transposed A fit on the stack.
const portableM, portableN, portableK = 16, 4, GemmTerms

// gemmPortable adds alpha*op(A)*op(B) to C.
func gemmPortable[T Float](ta, tb bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, c []T, ldc int) {
	var panel [portableK * portableN]T
	var columns [portableM][portableK]T
	var rows [portableM][]T
	for k0 := 0; k0 < k; k0 += portableK {
		kb := min(portableK, k-k0)
		for i0 := 0; i0 < m; i0 += portableM {
			h := min(portableM, m-i0)
			for r := range h {
				if !ta {
					rows[r] = a[(i0+r)*lda+k0:][:kb]
					continue
				}
				rows[r] = columns[r][:kb]
				for q := range kb {
					rows[r][q] = a[(k0+q)*lda+i0+r]
				}
			}
			for j := 0; j < n; j += portableN {
				w := min(portableN, n-j)
				packPortable(panel[:kb*portableN], tb, w, b, k0, j, ldb)
				for r := 0; r < h; r += 2 {
					next := min(r+1, h-1) // an odd last row is computed twice and stored once
					u, v := dot2x4(rows[r], rows[next], panel[:kb*portableN])
					axpyPortable(alpha, u[:w], c[(i0+r)*ldc+j:])
					if next > r {
						axpyPortable(alpha, v[:w], c[(i0+next)*ldc+j:])
					}
				}
			}
		}
	}
}

// packPortable fills panel with w columns of op(B) from (k0, j) on, padded to portableN.
func packPortable[T Float](panel []T, tb bool, w int, b []T, k0, j, ldb int) {
	clear(panel)
	for q := range w {
		for p := range len(panel) / portableN {
			if tb {
				panel[p*portableN+q] = b[(j+q)*ldb+k0+p]
			} else {
				panel[p*portableN+q] = b[(k0+p)*ldb+j+q]
			}
		}
	}
}

// dot2x4 multiplies two rows with a panel. The conversions forbid fused multiply-adds, so
// that every target gives the same bits.
func dot2x4[T Float](x, y, panel []T) (u, v [portableN]T) {
	var u0, u1, u2, u3, v0, v1, v2, v3 T
	y = y[:len(x)]
	for i, xi := range x {
		yi := y[i]
		if len(panel) < portableN { // never: it only frees the loop of bounds checks
			break
		}
		b0, b1, b2, b3 := panel[0], panel[1], panel[2], panel[3]
		panel = panel[portableN:]
		u0 += T(xi * b0)
		u1 += T(xi * b1)
		u2 += T(xi * b2)
		u3 += T(xi * b3)
		v0 += T(yi * b0)
		v1 += T(yi * b1)
		v2 += T(yi * b2)
		v3 += T(yi * b3)
	}
	return [portableN]T{u0, u1, u2, u3}, [portableN]T{v0, v1, v2, v3}
}
