package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
)

// What gorgonia.Use and blas32.Use ask for.
var _ interface {
	blas.Float32
	blas.Float64
	blas.Complex64
	blas.Complex128
} = Implementation{}

func random(rng *rand.Rand, rows, cols int) blas32.General {
	g := blas32.General{Rows: rows, Cols: cols, Stride: cols + 2, Data: make([]float32, rows*(cols+2))}
	for i := range g.Data {
		g.Data[i] = rng.Float32() - 0.5
	}
	return g
}

func TestUse(t *testing.T) {
	defer blas32.Use(gonum.Implementation{})
	rng := rand.New(rand.NewPCG(1, 2))
	for _, ta := range []blas.Transpose{blas.NoTrans, blas.Trans} {
		for _, tb := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			const m, n, k = 37, 21, 45
			a, b, c := random(rng, m, k), random(rng, k, n), random(rng, m, n)
			if ta == blas.Trans {
				a = random(rng, k, m)
			}
			if tb == blas.Trans {
				b = random(rng, n, k)
			}
			want := blas32.General{Rows: m, Cols: n, Stride: c.Stride, Data: append([]float32(nil), c.Data...)}
			blas32.Use(gonum.Implementation{})
			blas32.Gemm(ta, tb, 0.5, a, b, 2, want)
			blas32.Use(Implementation{})
			blas32.Gemm(ta, tb, 0.5, a, b, 2, c)
			for i := range c.Data {
				if !(math.Abs(float64(c.Data[i]-want.Data[i])) <= 1e-5) {
					t.Fatalf("ta=%c tb=%c: element %d is %v, want %v", ta, tb, i, c.Data[i], want.Data[i])
				}
			}
		}
	}
}

// Wrong arguments give gonum's panics.
func TestPanics(t *testing.T) {
	x := make([]float32, 12)
	type sgemm = func(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int)
	for i, call := range []func(sgemm){
		func(f sgemm) { f('x', blas.NoTrans, 3, 3, 4, 1, x, 4, x, 3, 0, x, 3) },
		func(f sgemm) { f(blas.NoTrans, blas.NoTrans, -1, 3, 4, 1, x, 4, x, 3, 0, x, 3) },
		func(f sgemm) { f(blas.NoTrans, blas.NoTrans, 3, 3, 4, 1, x, 3, x, 3, 0, x, 3) },
		func(f sgemm) { f(blas.NoTrans, blas.NoTrans, 3, 3, 4, 1, x[:11], 4, x, 3, 0, x, 3) },
		func(f sgemm) { f(blas.NoTrans, blas.NoTrans, 3, 3, 4, 1, x, 4, x[:11], 3, 0, x, 3) },
		func(f sgemm) { f(blas.NoTrans, blas.NoTrans, 3, 3, 4, 1, x, 4, x, 3, 0, x[:8], 3) },
	} {
		recovered := func(f sgemm) (message string) {
			defer func() { message = fmt.Sprint(recover()) }()
			call(f)
			return ""
		}
		want, got := recovered(gonum.Implementation{}.Sgemm), recovered(Implementation{}.Sgemm)
		if got != want || want == "<nil>" {
			t.Errorf("call %d: panic %q, gonum's is %q", i, got, want)
		}
	}
}
