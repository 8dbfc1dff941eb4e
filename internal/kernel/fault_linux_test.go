package kernel

import (
	"syscall"
	"testing"
	"unsafe"
)

// atEdge returns n values that touch an unmapped page: at its front if before, else at its
// back. A kernel that strays by one element crashes.
func atEdge(t *testing.T, n int, before bool) []float32 {
	t.Helper()
	page := syscall.Getpagesize()
	size := (4*n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	for _, guard := range [][]byte{mem[:page], mem[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Skip(err)
		}
	}
	data := mem[page : page+size]
	if before {
		data = data[size-4*n:]
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), n)
}

func TestNoAccessOutside(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, before := range []bool{true, false} {
			at := func(n int) []float32 { return atEdge(t, n, before) }
			for n := 1; n <= 40; n++ {
				a, b, c, d, e := at(n), at(n), at(n), at(n), at(n)
				for act := range activations {
					BiasAct(act, 1, n, a, b, c, d)
					BiasAct(act, 1, n, a, nil, c, nil)
				}
				Mul(c, a, b)
				Add(c, a, b)
				Axpy(2, a, c)
				Scale(2, c)
				MulColSum(1, n, a, b, c, d)
				ColSum(n, 1, a, at(1))
				Dot(a, b)
				Exp(c, a)
				Log(c, a)
				SinCos(1, n/2, a, c, n)
				Softmax(1, n, a, c)
				LogSoftmax(1, n, a, c)
				LayerNorm(1, n, a, b, c, d, at(1), at(1), 1)
				LayerNormBackward(1, n, a, b, at(1), at(1), c, d, e, at(n))
				AdamStep(Adam{Step: 1, EMA: 0.5}, a, b, c, d, e)
				FillRows(1, n, a, b)
				s := NewSpline[float32](3, 2, 1e-3, 1e-3, 1e-3)
				for _, shared := range []bool{false, true} {
					theta, kept := at(s.Params()*n), at(s.Kept(n))
					SplineForward(s, shared, n, a, theta, kept, b, c)
					SplineBackward(s, shared, n, kept, b, c, d, theta)
				}
			}
			s, n := NewSpline[float32](3, 2, 1e-3, 1e-3, 1e-3), 2*SplineBlock
			for _, params := range []int{s.Params() * n, s.Params()} {
				SplineMap(s, params == s.Params(), before, n, at(params), make([]float64, n), make([]float64, n), at(s.MapMemory()))
			}
			for flags := range 4 {
				for _, s := range []shape{{m: 9, n: 1, k: 20}, {m: 17, n: 2, k: 33}, {m: 7, n: 3, k: 16}, {m: 5, n: 4, k: 70}, {m: 13, n: 9, k: 5}, {m: 3, n: 33, k: 17}, {m: 15, n: 50, k: 19}, {m: 67, n: 3, k: 3}} {
					ta, tb := flags&1 != 0, flags&2 != 0
					lda, ldb := s.k, s.n
					if ta {
						lda = s.m
					}
					if tb {
						ldb = s.k
					}
					Gemm(ta, tb, s.m, s.n, s.k, 1, at(s.m*s.k), lda, at(s.k*s.n), ldb, 1, at(s.m*s.n), s.n)
				}
			}
		}
	})
}
