package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// eachLevel runs test at every level that the CPU and the build have.
func eachLevel(t *testing.T, test func(t *testing.T)) {
	for l := Portable; l <= best; l++ {
		t.Run(l.String(), func(t *testing.T) {
			defer ForceLevel(l)()
			test(t)
		})
	}
}

var nan = float32(math.NaN())

func fill(n int, v float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = v
	}
	return x
}

// guarded is a rows x cols matrix of uniform values in [-1, 1) with stride ld inside a slice
// of NaN: reading outside shows in a result, writing outside shows in clean.
type guarded struct {
	all, data      []float32
	rows, cols, ld int
}

func newGuarded(rng *rand.Rand, rows, cols, gap int) guarded {
	const before, after = 5, 40
	ld := max(1, cols+gap)
	g := guarded{rows: rows, cols: cols, ld: ld, all: fill(before+rows*ld+after, nan)}
	g.data = g.all[before:]
	for i := range rows {
		for j := range cols {
			g.data[i*ld+j] = 2*rng.Float32() - 1
		}
	}
	return g
}

func (g guarded) at(i, j int) float32 { return g.data[i*g.ld+j] }

// clean reports an element outside the matrix that is no longer NaN.
func (g guarded) clean() error {
	const before = 5
	for i, v := range g.all {
		r, j := (i-before)/g.ld, (i-before)%g.ld
		if inside := i >= before && r < g.rows && j < g.cols; !inside && v == v {
			return fmt.Errorf("wrote %v outside, at %d of %d x %d with stride %d", v, i-before, g.rows, g.cols, g.ld)
		}
	}
	return nil
}

// reference is exact enough: op(A)*op(B) in double precision, and the sum of
// absolute products, to which the error is in proportion.
func reference(ta, tb bool, i, j, k int, a, b guarded) (sum, size float64) {
	for p := range k {
		x, y := a.at, b.at
		u, v := 0.0, 0.0
		if ta {
			u = float64(x(p, i))
		} else {
			u = float64(x(i, p))
		}
		if tb {
			v = float64(y(j, p))
		} else {
			v = float64(y(p, j))
		}
		sum += u * v
		size += math.Abs(u * v)
	}
	return sum, size
}

func checkProduct(t *testing.T, rng *rand.Rand, ta, tb bool, m, n, k int, alpha, beta float32) {
	t.Helper()
	ar, ac, br, bc := m, k, k, n
	if ta {
		ar, ac = k, m
	}
	if tb {
		br, bc = n, k
	}
	a, b, c := newGuarded(rng, ar, ac, rng.IntN(4)), newGuarded(rng, br, bc, rng.IntN(4)), newGuarded(rng, m, n, rng.IntN(4))
	old := append([]float32(nil), c.data...)
	if beta == 0 {
		for i := range c.data { // an old NaN must not survive
			c.data[i] = nan
		}
	}
	Gemm(ta, tb, m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, c.data, c.ld)
	if err := c.clean(); err != nil {
		t.Fatalf("ta=%v tb=%v m=%d n=%d k=%d: %v", ta, tb, m, n, k, err)
	}
	for i := range m {
		for j := range n {
			want, size := reference(ta, tb, i, j, k, a, b)
			want *= float64(alpha)
			size *= math.Abs(float64(alpha))
			if beta != 0 {
				want += float64(beta) * float64(old[i*c.ld+j])
				size += math.Abs(float64(beta))
			}
			// The rounding errors of k additions, at half a unit in the last place each.
			if got := float64(c.at(i, j)); !(math.Abs(got-want) <= float64(k+4)*size*0x1p-24) {
				t.Fatalf("ta=%v tb=%v m=%d n=%d k=%d alpha=%v beta=%v: c[%d,%d] = %v, want %v", ta, tb, m, n, k, alpha, beta, i, j, got, want)
			}
		}
	}
}

func TestGemm(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range 1500 {
			m, n, k := 1+rng.IntN(70), 1+rng.IntN(70), 1+rng.IntN(70)
			switch {
			case i%5 == 0:
				n = 1 + rng.IntN(5)
			case i%41 == 0:
				k = 240 + rng.IntN(300)
			case i%43 == 0:
				m = 100 + rng.IntN(100)
			}
			alpha := []float32{1, 1, 0.5, 0}[rng.IntN(4)]
			beta := []float32{0, 1, 2}[rng.IntN(3)]
			checkProduct(t, rng, rng.IntN(2) == 0, rng.IntN(2) == 0, m, n, k, alpha, beta)
		}
	})
}

// TestGemmLongRows: a transposed A of rows so long that it is copied, with tails of every kind and a sum
// that is cut.
func TestGemmLongRows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		checkProduct(t, rng, true, false, 1031, 83, 259, 0.5, 1)
		checkProduct(t, rng, true, true, 1024, 64, 37, 1, 0)
	})
}

func TestGemmTails(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for size := range 41 {
			for flags := range 4 {
				ta, tb := flags&1 != 0, flags&2 != 0
				checkProduct(t, rng, ta, tb, size, 17, 9, 1, 0)
				checkProduct(t, rng, ta, tb, 5, size, 9, 1, 1)
				checkProduct(t, rng, ta, tb, 5, 7, size, 1, 0)
				for n := 1; n <= 4; n++ {
					checkProduct(t, rng, ta, tb, size, n, 35, 1, 0)
					checkProduct(t, rng, ta, tb, 19, n, size, 1, 1)
				}
			}
		}
	})
}

// In double precision the portable path serves every level.
func TestGemmDouble(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const m, n, k = 19, 7, 300
	for flags := range 4 {
		ta, tb := flags&1 != 0, flags&2 != 0
		a, b, lda, ldb := newGuarded(rng, m, k, 0), newGuarded(rng, k, n, 0), k, n
		if ta {
			a, lda = newGuarded(rng, k, m, 0), m
		}
		if tb {
			b, ldb = newGuarded(rng, n, k, 0), k
		}
		c := make([]float64, m*n)
		Gemm(ta, tb, m, n, k, 1, widen(a.data), lda, widen(b.data), ldb, 0, c, n)
		for i := range c {
			if want, size := reference(ta, tb, i/n, i%n, k, a, b); !(math.Abs(c[i]-want) <= k*size*0x1p-53) {
				t.Fatalf("ta=%v tb=%v: c[%d,%d] = %v, want %v", ta, tb, i/n, i%n, c[i], want)
			}
		}
	}
}

// Cutting a batch of rows must not change a bit.
func TestGemmRowsAreIndependent(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for i := range 400 {
			m, n, k := 2+rng.IntN(60), 1+rng.IntN(50), 1+rng.IntN(80)
			if i%3 == 0 {
				n = 1 + rng.IntN(4)
			}
			if i%29 == 0 {
				k += 250
			}
			ta, tb := i%2 == 0, i%4 < 2
			alpha := []float32{1, 0.3}[rng.IntN(2)]
			a, step, lda := newGuarded(rng, m, k, 1), 0, 0
			step, lda = a.ld, a.ld
			if ta {
				a = newGuarded(rng, k, m, 1)
				step, lda = 1, a.ld
			}
			b := newGuarded(rng, k, n, 2)
			if tb {
				b = newGuarded(rng, n, k, 2)
			}
			whole, parts := make([]float32, m*n), make([]float32, m*n)
			Gemm(ta, tb, m, n, k, alpha, a.data, lda, b.data, b.ld, 0, whole, n)
			for r := 0; r < m; {
				h := min(1+rng.IntN(9), m-r)
				Gemm(ta, tb, h, n, k, alpha, a.data[r*step:], lda, b.data, b.ld, 0, parts[r*n:], n)
				r += h
			}
			for j := range whole {
				if whole[j] != parts[j] {
					t.Fatalf("ta=%v tb=%v m=%d n=%d k=%d: row %d differs: %v and %v", ta, tb, m, n, k, j/n, whole[j], parts[j])
				}
			}
		}
	})
}

func TestGemmNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, n := range []int{1, 2, 3, 4, 5, 16, 33} {
			const m, k = 19, 40
			a, b, c := fill(m*k, 1), fill(k*n, 1), make([]float32, m*n)
			a[7*k+39] = nan
			Gemm(false, false, m, n, k, 1, a, k, b, n, 0, c, n)
			for i, v := range c {
				if (v != v) != (i/n == 7) {
					t.Errorf("n=%d: row %d is %v with a NaN in row 7 of A", n, i/n, v)
				}
			}
			Gemm(false, false, m, n, k, 0, a, k, b, n, 0, c, n)
			for _, v := range c {
				if v != 0 {
					t.Fatalf("alpha = 0 read A: %v", v)
				}
			}
		}
	})
}

type shape struct {
	ta, tb  bool
	m, k, n int
}

func (s shape) String() string {
	op := map[bool]string{false: "N", true: "T"}
	return fmt.Sprintf("%s%s_%dx%dx%d", op[s.ta], op[s.tb], s.m, s.k, s.n)
}

// The products of the usual networks, m x k x n: forward NN, at the weights TN, at the inputs NT.
var shapes = []shape{
	{false, false, 256, 128, 128},
	{true, false, 128, 256, 128},
	{false, true, 256, 128, 128},
	{false, false, 128, 128, 128},
	{true, false, 128, 128, 128},
	{false, true, 128, 128, 128},
	{false, false, 1000, 256, 256},
	{false, false, 1024, 256, 256},
	{true, false, 256, 1024, 256},
	{false, true, 1024, 256, 256},
	{false, false, 256, 256, 256},
	{true, false, 256, 256, 256},
	{false, true, 256, 256, 256},
	{false, false, 256, 34, 128},
	{true, false, 34, 256, 128},
	{false, true, 256, 128, 34},
	{false, false, 256, 64, 64},
	{false, false, 64, 64, 64},
	{true, false, 64, 64, 64},
	{false, true, 64, 64, 64},
	{false, false, 256, 128, 1},
	{false, false, 256, 128, 2},
	{true, false, 128, 256, 2},
	{false, true, 256, 2, 128},
	{false, false, 256, 2, 128},
}

// TestGemmTerms: up to GemmTerms terms a product added to C is that of a product of its own, added afterwards.
func TestGemmTerms(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(12, 1))
		for _, k := range []int{1, 7, 130, GemmTerms} {
			for _, n := range []int{1, 3, 33, 70} {
				const m = 19
				a, b, c := newGuarded(rng, k, m, 2), newGuarded(rng, k, n, 0), newGuarded(rng, m, n, 0)
				own, want := make([]float32, m*n), make([]float32, m*n)
				Gemm(true, false, m, n, k, 1, a.data, a.ld, b.data, b.ld, 0, own, n)
				Add(want, own, c.data[:m*n])
				Gemm(true, false, m, n, k, 1, a.data, a.ld, b.data, b.ld, 1, c.data, n)
				for i, w := range want {
					if c.data[i] != w {
						t.Fatalf("k=%d n=%d, element %d: %v, want %v", k, n, i, c.data[i], w)
					}
				}
			}
		}
	})
}

func BenchmarkGEMM(b *testing.B) {
	for l := best; l >= Portable; l-- {
		restore := ForceLevel(l)
		peak := FMAPeak()
		shapes := shapes
		if l == Portable {
			shapes = shapes[:3] // it is slow, and the same for all
		}
		for _, s := range shapes {
			b.Run(fmt.Sprintf("%v/%v", s, l), func(b *testing.B) {
				x, y, z := fill(s.m*s.k, 0.5), fill(s.k*s.n, 0.5), make([]float32, s.m*s.n)
				lda, ldb := s.k, s.n
				if s.ta {
					lda = s.m
				}
				if s.tb {
					ldb = s.k
				}
				for b.Loop() {
					Gemm(s.ta, s.tb, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, z, s.n)
				}
				gflops := 2 * float64(s.m*s.n*s.k) * float64(b.N) / float64(b.Elapsed().Nanoseconds())
				b.ReportMetric(gflops, "GFLOP/s")
				b.ReportMetric(100*gflops/peak, "%peak")
			})
		}
		restore()
	}
}
