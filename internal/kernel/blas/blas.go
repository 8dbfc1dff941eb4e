// Package blas offers genlab's float32 matrix multiplication to code that is written against
// gonum's BLAS interface:
//
//	gorgonia.Use(blas.Implementation{})
//	blas32.Use(blas.Implementation{})
//
// Nothing in genlab installs it by itself: both calls change a global of another library.
package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"genlab/internal/kernel"
)

// Implementation is gonum's BLAS with Sgemm replaced by kernel.Gemm.
type Implementation struct{ gonum.Implementation }

// Sgemm computes C = alpha*op(A)*op(B) + beta*C. Arguments that gonum refuses still panic
// with gonum's own messages.
func (impl Implementation) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	ta, tb := tA != blas.NoTrans, tB != blas.NoTrans
	ok := known(tA) && known(tB) && fits(ta, m, k, a, lda) && fits(tb, k, n, b, ldb) && fits(false, m, n, c, ldc)
	if !ok || kernel.CPULevel() == kernel.Portable { // gonum's portable Sgemm is twice as fast as ours
		impl.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	kernel.Gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

func known(t blas.Transpose) bool {
	return t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

// fits reports whether the stored form of op(X), rows x cols and not empty, lies within x.
func fits(transposed bool, rows, cols int, x []float32, ld int) bool {
	if transposed {
		rows, cols = cols, rows
	}
	return rows > 0 && cols > 0 && ld >= cols && len(x) >= (rows-1)*ld+cols
}
