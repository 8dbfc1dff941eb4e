package kernel

import "fmt"

// Panels is a right factor B of float32 products, copied once for many of them into the order in which they read it. The
// zero value is empty.
type Panels struct {
	k, n int
	data []float32 // panels as wide as the tiles, each of k consecutive rows; B itself where there are no tiles
	cut  bool      // into panels
}

// Pack makes f a copy of B, k x n with stride ldb. It panics where [Gemm] does.
func (f *Panels) Pack(k, n int, b []float32, ldb int) {
	checkDims("Panels.Pack", k, n)
	checkB(false, n, k, len(b), ldb)
	f.k, f.n, f.cut = k, n, simd[float32]() && k > 0 && cutsPanels(n)
	if f.cut {
		f.pack(b, ldb)
		return
	}
	f.data = make([]float32, k*n)
	for i := range k {
		copy(f.data[i*n:(i+1)*n], b[i*ldb:i*ldb+n])
	}
}

// Multiply computes C = A*f + beta*C for A of m x k, with the bits of [Gemm] where beta is 0 or 1. Several goroutines may
// multiply with the same factor. It panics for another beta, and where Gemm does.
func (f *Panels) Multiply(m int, a []float32, lda int, beta float32, c []float32, ldc int) {
	if !f.cut {
		Gemm(false, false, m, f.n, f.k, 1, a, lda, f.data, max(1, f.n), beta, c, ldc)
		return
	}
	checkDims("Panels.Multiply", m, f.n)
	checkSides(false, m, f.n, f.k, len(a), lda, len(c), ldc)
	if beta != 0 && beta != 1 {
		panic(fmt.Sprintf("kernel: Panels.Multiply: beta %v, want 0 or 1", beta))
	}
	if m > 0 {
		f.multiply(m, a, lda, beta == 1, c, ldc)
	}
}
