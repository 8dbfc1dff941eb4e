package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// addPair is one lane of VDPBF16PS: sum + x1·y1, rounded, then + x0·y0, rounded, for pairs x and y with
// index 0 in the lower half. It takes denormals as zero, gives zero for a denormal, and rounds to even.
func addPair(sum float32, x, y uint32) float32 {
	upper := func(u uint32) float32 { return math.Float32frombits(u &^ 0xffff) }
	return fmaFlushed(upper(x<<16), upper(y<<16), fmaFlushed(upper(x), upper(y), sum))
}

func isDenormal(x float32) bool { return math.Float32bits(x)&0x7f800000 == 0 }

func flushed(x float32) float32 {
	if isDenormal(x) {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// fmaFlushed returns x·y + sum with one rounding, for x and y of bfloat16.
func fmaFlushed(x, y, sum float32) float32 {
	x, y, sum = flushed(x), flushed(y), flushed(sum)
	for _, v := range []float32{x, y, sum} { // the first NaN passes, made quiet
		if v != v {
			return math.Float32frombits(math.Float32bits(v) | 1<<22)
		}
	}
	p := float64(x) * float64(y) // exact: 8 bits by 8
	s := p + float64(sum)
	if s != s {
		return math.Float32frombits(0xffc00000) // Inf·0 or Inf - Inf
	}
	// Round to odd where s is inexact, so that the second rounding is that of the exact sum.
	part := s - p
	rest := (p - (s - part)) + (float64(sum) - part)
	if bits := math.Float64bits(s); !math.IsInf(s, 0) && rest != 0 && bits&1 == 0 {
		if (rest > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	// Tiny is what would be below the normal numbers if the exponent had no lower limit.
	const smallest, scale = 0x1p-126, 0x1p100
	if math.Abs(s) < smallest && math.Abs(float64(float32(s*scale))) < smallest*scale {
		return float32(math.Copysign(0, s))
	}
	return float32(s)
}

// pairOf packs two bfloat16.
func pairOf(low, high uint16) uint32 { return uint32(low) | uint32(high)<<16 }

// bf16s returns a random bfloat16 of one of several kinds.
func bf16s(rng *rand.Rand, kind int) uint16 {
	x := rng.Uint32()
	special := []uint16{0, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0xffc1, 0x7f81, 0xff92, 1, 0x8001, 0x7f, 0x80, 0x7f7f, 0xff7f, 0x3f80, 0xbf80}
	switch kind {
	case 0: // any bits
		return uint16(x)
	case 1: // of usual size
		return uint16(x&0x807f | (120+x>>16%16)<<7)
	case 2: // products of them are about the smallest normal number
		return uint16(x&0x807f | (60+x>>16%10)<<7)
	case 3: // sums of products are near it: some products are 2^-126, others a few last places of that
		return uint16(x&0x8001 | []uint32{64, 52, 51, 50}[x>>16%4]<<7)
	}
	return special[x>>20%uint32(len(special))]
}

func emulated(x, y []uint32) (sum float32) {
	for i := range x {
		sum = addPair(sum, x[i], y[i])
	}
	return sum
}

// pairCases are results of a Zen 4 core, for pairs one after the other from 0.
var pairCases = []struct {
	name string
	x, y []uint32
	want uint32
}{
	{"the second product first", []uint32{0x3f804b80}, []uint32{0xbf804b80}, 0x57800000},
	{"a tie to even", []uint32{0x3f803380}, []uint32{0x3f803f80}, 0x3f800000},
	{"a denormal factor", []uint32{0x0000007f}, []uint32{0x00007f00}, 0},
	{"a denormal product", []uint32{0x00002000}, []uint32{0x00001f00}, 0},
	{"tiny after rounding with any exponent", []uint32{0x20001a00}, []uint32{0x20009a00}, 0},
	{"not tiny after rounding", []uint32{0x20001a00}, []uint32{0x20009980}, 0x00800000},
	{"infinity times zero", []uint32{0x00007f80}, []uint32{0x00000000}, 0xffc00000},
	{"infinity less infinity", []uint32{0x7f807f80}, []uint32{0xbf803f80}, 0xffc00000},
	{"two NaN factors", []uint32{0x00007fc1}, []uint32{0x00007fc2}, 0x7fc10000},
	{"a NaN factor after a NaN sum", []uint32{0x7fc17f82}, []uint32{0x3f803f80}, 0x7fc20000},
}

func TestPairEmulation(t *testing.T) {
	for _, c := range pairCases {
		if got := math.Float32bits(emulated(c.x, c.y)); got != c.want {
			t.Errorf("%s: %08x, want %08x", c.name, got, c.want)
		}
	}
}

// addTile is one element of TDPBF16PS: sum + (s0 + s1), each addition rounded, where s0 are the products of the first
// values of the pairs x and y added one after the other from 0, and s1 those of the second. It treats denormals as
// addPair does.
func addTile(sum float32, x, y []uint32) float32 {
	upper := func(u uint32) float32 { return math.Float32frombits(u &^ 0xffff) }
	var first, second float32
	for i := range x {
		first = fmaFlushed(upper(x[i]<<16), upper(y[i]<<16), first)
		second = fmaFlushed(upper(x[i]), upper(y[i]), second)
	}
	return fmaFlushed(fmaFlushed(first, 1, second), 1, sum)
}

// gemmEmulated is GemmBF16 of the levels AVX512BF16 and AMX: pairs along k in blocks, and then alpha and beta. A
// level below is compared with the former.
func gemmEmulated(level Level, m, n, k int, alpha, beta float32, a, b func(i, j int) float32, c guarded) []float32 {
	const blockK = 256
	at := func(x func(i, j int) float32, i, j, p int) uint16 {
		if p >= k {
			return 0
		}
		return uint16(math.Float32bits(roundBF16(x(i, j))) >> 16)
	}
	var out []float32
	for i := range m {
		for j := range n {
			total, accumulate := float32(0), beta != 0
			if accumulate {
				total = beta * c.at(i, j)
			}
			for from := 0; from < k; from += 2 * blockK {
				var x, y []uint32
				for p := from; p < min(k, from+2*blockK); p += 2 {
					x = append(x, pairOf(at(a, i, p, p), at(a, i, p+1, p+1)))
					y = append(y, pairOf(at(b, p, j, p), at(b, p+1, j, p+1)))
				}
				sum := float32(0)
				if level < AMX {
					sum = emulated(x, y)
				}
				for tile := 0; level == AMX && tile < len(x); tile += 16 {
					end := min(tile+16, len(x))
					sum = addTile(sum, x[tile:end], y[tile:end])
				}
				sum *= alpha
				if accumulate {
					sum += total
				}
				total, accumulate = sum, true
			}
			out = append(out, total)
		}
	}
	return out
}

// TestGemmBF16: bit for bit its emulation at the levels AVX512BF16 and AMX, and elsewhere within the rounding errors of
// the sums. Nothing is read or written outside.
func TestGemmBF16(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for trial := range 120 {
			m, n, k := 1+rng.IntN(40), 1+rng.IntN(70), 1+rng.IntN(70)
			ta, tb := rng.IntN(2) == 0, rng.IntN(2) == 0
			alpha, beta := []float32{1, 0.75}[rng.IntN(2)], []float32{0, 1, 2}[trial%3]
			switch {
			case trial < 6: // several blocks along k
				k = 513 + rng.IntN(600)
			case trial < 12: // more rows than are packed together
				m = 129 + rng.IntN(200)
			}
			op := func(transposed bool, rows, cols int) (guarded, func(i, j int) float32) {
				if transposed {
					x := newGuarded(rng, cols, rows, rng.IntN(4))
					return x, func(i, j int) float32 { return x.at(j, i) }
				}
				x := newGuarded(rng, rows, cols, rng.IntN(4))
				return x, x.at
			}
			a, aAt := op(ta, m, k)
			b, bAt := op(tb, k, n)
			c := newGuarded(rng, m, n, rng.IntN(4))
			want := gemmEmulated(CPULevel(), m, n, k, alpha, beta, aAt, bAt, c)
			GemmBF16(ta, tb, m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, c.data, c.ld)
			if err := c.clean(); err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				got := c.at(i/n, i%n)
				// Sums of k products of at most 1, each rounded to half a unit in the last place.
				off := math.Abs(float64(got) - float64(w))
				if CPULevel() >= AVX512BF16 && got != w || !(off <= float64(k+4)*float64(k)*0x1p-24) {
					t.Fatalf("ta=%v tb=%v m=%d n=%d k=%d alpha=%v beta=%v: c[%d,%d] = %v, want %v", ta, tb, m, n, k, alpha, beta, i/n, i%n, got, w)
				}
			}
		}
	})
}

// TestNaNStaysInItsProduct: the working memory of a product with NaN does not spoil later ones, whose rows are padded.
func TestNaNStaysInItsProduct(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const m, n, k = 20, 20, 64
		multiply := func(ta, tb bool, k int, v float32) float32 {
			fill := func(n int) []float32 { return slices.Repeat([]float32{v}, n) }
			c := make([]float32, m*n)
			lda, ldb := k, n
			if ta {
				lda = m
			}
			if tb {
				ldb = k
			}
			GemmBF16(ta, tb, m, n, k, 1, fill(m*k), lda, fill(n*k), ldb, 0, c, n)
			return c[m*n-1]
		}
		nan := float32(math.NaN())
		for _, ta := range []bool{false, true} {
			for _, tb := range []bool{false, true} {
				if v := multiply(ta, tb, k, nan); v == v {
					t.Errorf("ta=%v tb=%v: NaN gives %v", ta, tb, v)
				}
				for used := 1; used < k; used++ {
					if v := multiply(ta, tb, used, 1); v != float32(used) {
						t.Fatalf("ta=%v tb=%v k=%d: %v", ta, tb, used, v)
					}
				}
			}
		}
	})
}

// TestRowsOfGemmBF16: a row has the same bits whatever rows are beside it.
func TestRowsOfGemmBF16(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const m, n, k = 21, 40, 33
		rng := rand.New(rand.NewPCG(3, 4))
		a, b := newGuarded(rng, m, k, 0), newGuarded(rng, k, n, 0)
		all, one := make([]float32, m*n), make([]float32, n)
		GemmBF16(false, false, m, n, k, 1, a.data, k, b.data, n, 0, all, n)
		for i := range m {
			GemmBF16(false, false, 1, n, k, 1, a.data[i*k:], k, b.data, n, 0, one, n)
			if !slices.Equal(one, all[i*n:(i+1)*n]) {
				t.Fatalf("row %d differs", i)
			}
		}
	})
}

// BenchmarkGemmBF16 multiplies with a factor that is packed before.
func BenchmarkGemmBF16(b *testing.B) {
	for l := best; l >= AVX512BF16; l-- {
		restore := ForceLevel(l)
		for _, s := range []struct{ m, n, k int }{{8, 128, 128}, {768, 128, 128}, {768, 512, 128}, {768, 128, 512}} {
			b.Run(fmt.Sprintf("%v/%v", s, l), func(b *testing.B) {
				x, y, z := fill(s.m*s.k, 0.5), fill(s.k*s.n, 0.5), make([]float32, s.m*s.n)
				var f Factor
				f.Pack(false, s.k, s.n, y, s.n)
				for b.Loop() {
					f.Multiply(false, s.m, 1, x, s.k, 0, z, s.n)
				}
				b.ReportMetric(2*float64(s.m*s.n*s.k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
		restore()
	}
}

// TestRoundBF16: the nearest bfloat16, the even one of two; denormals become zeros of their sign, a NaN a quiet
// one. Numbers in other formats are the reference: a bfloat16 is a float32 with 16 zero bits.
func TestRoundBF16(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		var x []float32
		for high := range uint32(1 << 16) {
			for _, low := range []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff} {
				x = append(x, math.Float32frombits(high<<16|low))
			}
		}
		y := make([]float32, len(x))
		RoundBF16(y, x)
		for i, v := range x {
			got, u := math.Float32bits(y[i]), math.Float32bits(v)
			below := u &^ 0xffff // towards zero
			low, high := float64(math.Float32frombits(below)), float64(math.Float32frombits(below+1<<16))
			if below&0x7fffffff == 0x7f7f0000 { // the next number is infinite, and nearest from half a step on
				high = math.Copysign(0x1p128, low)
			}
			want := below
			switch d, e := math.Abs(float64(v)-low), math.Abs(high-float64(v)); {
			case v != v:
				want |= 1 << 22
			case u&0x7f800000 == 0:
				want = u & (1 << 31)
			case d > e, d == e && below>>16&1 == 1:
				want = below + 1<<16
			}
			if got != want {
				t.Fatalf("%08x gives %08x, want %08x", u, got, want)
			}
		}
	})
}

func TestPrecisionText(t *testing.T) {
	for _, p := range []Precision{Float32, BFloat16} {
		var got Precision
		if err := got.UnmarshalText([]byte(p.String())); err != nil || got != p {
			t.Errorf("%v: %v, %v", p, got, err)
		}
	}
	if err := new(Precision).UnmarshalText([]byte("bf61")); err == nil || !strings.Contains(err.Error(), "bf16") {
		t.Errorf("bf61: %v", err)
	}
}
