package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"genlab/internal/race"
)

var (
	posInf = float32(math.Inf(1))
	negInf = float32(math.Inf(-1))
)

// vector returns a slice of n values inside guards of NaN, which clean looks at.
func vector(rng *rand.Rand, n int, scale float32) guarded {
	g := newGuarded(rng, 1, n, 0)
	for i := range n {
		g.data[i] *= scale
	}
	g.data = g.data[:n]
	return g
}

// near reports whether got is want within an absolute or a relative error, or both are
// the same infinity or NaN.
func near(got, want, absolute, relative float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return got == want || math.IsNaN(got) && math.IsNaN(want)
	}
	return math.Abs(got-want) <= absolute+relative*math.Abs(want)
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// compare fails unless got is within tolerance of want and the guards are whole.
func compare(t *testing.T, what string, got guarded, want []float64, absolute, relative float64) {
	t.Helper()
	for i, w := range want {
		if !near(float64(got.data[i]), w, absolute, relative) {
			t.Fatalf("%s: element %d of %d is %v, want %v", what, i, len(want), got.data[i], w)
		}
	}
	if err := got.clean(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

const ulp = 0x1p-23 // relative distance of neighbours, at most

func TestBiasAct(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 1))
		for act := range activations {
			for cols := range 41 {
				rows := 1 + rng.IntN(4)
				if cols == 40 {
					rows = 30 // more than a row of zeros for the absent bias
				}
				n := rows * cols
				z, bias := vector(rng, n, 12), vector(rng, cols, 1)
				y, dy := vector(rng, n, 1), vector(rng, n, 1)
				for _, b := range [][]float32{bias.data, nil} {
					wantY, wantDy := make([]float64, n), make([]float64, n)
					for i, v := range z.data {
						if b != nil {
							v += b[i%cols]
						}
						wantY[i], wantDy[i] = act.eval(float64(v))
					}
					what := fmt.Sprintf("%v %dx%d bias=%v", act, rows, cols, b != nil)
					BiasAct(act, rows, cols, z.data, b, y.data, dy.data)
					compare(t, what+" y", y, wantY, 1e-6*0.1, 8*ulp)
					compare(t, what+" dy", dy, wantDy, 6e-7, 8*ulp)
					withSlope := slices.Clone(y.data)
					BiasAct(act, rows, cols, z.data, b, y.data, nil)
					if !slices.Equal(withSlope, y.data) {
						t.Errorf("%s: y without dy differs", what)
					}
				}
				in := vector(rng, n, 1)
				copy(in.data, z.data)
				BiasAct(act, rows, cols, in.data, bias.data, in.data, nil) // in place
				BiasAct(act, rows, cols, z.data, bias.data, y.data, nil)
				if !slices.Equal(in.data, y.data) {
					t.Errorf("%v: in place differs", act)
				}
			}
		}
	})
}

// A value does not depend on its place, in a vector's body or in its tail, nor a row on its
// neighbours.
func TestPlaceDoesNotMatter(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(12, 1))
		const rows, cols = 23, 37
		x := vector(rng, rows*cols, 5).data
		gain, bias := vector(rng, cols, 1).data, vector(rng, cols, 1).data
		stats := make([]float32, rows)
		functions := map[string]func(rows int, x, y []float32){
			"Exp":        func(_ int, x, y []float32) { Exp(y, x) },
			"Softmax":    func(rows int, x, y []float32) { Softmax(rows, cols, x, y) },
			"LogSoftmax": func(rows int, x, y []float32) { LogSoftmax(rows, cols, x, y) },
			"LayerNorm": func(rows int, x, y []float32) {
				LayerNorm(rows, cols, x, gain, bias, y, stats, stats, 1e-5)
			},
			"AdamStep": func(_ int, x, y []float32) {
				copy(y, x)
				AdamStep(Adam{LR: 0.1, Eps: 1e-8, Step: 1, GradScale: 1}, y, x, make([]float32, len(x)), make([]float32, len(x)), nil)
			},
		}
		for act := range activations {
			functions[act.String()] = func(_ int, x, y []float32) { BiasAct(act, 1, len(x), x, nil, y, nil) }
		}
		for name, f := range functions {
			whole, parts := make([]float32, len(x)), make([]float32, len(x))
			f(rows, x, whole)
			for r := 0; r < rows; {
				h := min(1+rng.IntN(4), rows-r)
				f(h, x[r*cols:(r+h)*cols], parts[r*cols:(r+h)*cols])
				r += h
			}
			if !slices.Equal(whole, parts) {
				t.Errorf("%s: parts differ from the whole", name)
			}
		}
	})
}

// The derivatives are those of y, by central differences in double precision.
func TestActivationDerivatives(t *testing.T) {
	const h = 1e-5
	for act := range activations {
		for _, x := range []float64{-30, -9, -3, -1, -0.2, 0.3, 1, 2.5, 8, 30} {
			z := []float64{x, x - h, x + h}
			y, dy, d2 := make([]float64, 3), make([]float64, 3), make([]float64, 3)
			BiasAct(act, 1, 3, z, nil, y, dy)
			ActSecond(act, z, d2)
			if d := (y[2] - y[1]) / (2 * h); !(math.Abs(d-dy[0]) <= 1e-9) {
				t.Errorf("%v'(%v) = %v, differences give %v", act, x, dy[0], d)
			}
			if d := (dy[2] - dy[1]) / (2 * h); !(math.Abs(d-d2[0]) <= 1e-9) {
				t.Errorf("%v''(%v) = %v, differences give %v", act, x, d2[0], d)
			}
		}
	}
}

func TestActivationLimits(t *testing.T) {
	limits := [activations]struct{ y, dy [2]float64 }{ // at -Inf and +Inf
		Identity:  {[2]float64{math.Inf(-1), math.Inf(1)}, [2]float64{1, 1}},
		SiLU:      {[2]float64{0, math.Inf(1)}, [2]float64{0, 1}},
		ReLU:      {[2]float64{0, math.Inf(1)}, [2]float64{0, 1}},
		LeakyReLU: {[2]float64{math.Inf(-1), math.Inf(1)}, [2]float64{LeakySlope, 1}},
		Tanh:      {[2]float64{-1, 1}, [2]float64{0, 0}},
		GELU:      {[2]float64{0, math.Inf(1)}, [2]float64{0, 1}},
		Softplus:  {[2]float64{0, math.Inf(1)}, [2]float64{0, 1}},
		Sigmoid:   {[2]float64{0, 1}, [2]float64{0, 0}},
	}
	eachLevel(t, func(t *testing.T) {
		for act := range activations {
			for at := range 20 { // every lane
				z, y, dy := make([]float32, 20), make([]float32, 20), make([]float32, 20)
				for side, v := range []float32{negInf, posInf} {
					z[at] = v
					BiasAct(act, 1, 20, z, nil, y, dy)
					if want := limits[act]; !near(float64(y[at]), want.y[side], 1e-30, 0) || !near(float64(dy[at]), want.dy[side], 1e-30, ulp) {
						t.Errorf("%v(%v) = %v, slope %v; want %v and %v", act, v, y[at], dy[at], want.y[side], want.dy[side])
					}
				}
				z[at] = nan
				BiasAct(act, 1, 20, z, nil, y, dy)
				piecewise := act == Identity || act == ReLU || act == LeakyReLU
				for i := range y {
					if (y[i] != y[i]) != (i == at) || !piecewise && (dy[i] != dy[i]) != (i == at) {
						t.Fatalf("%v: with NaN at %d, y[%d] = %v and dy = %v", act, at, i, y[i], dy[i])
					}
				}
			}
		}
	})
}

// No result may be denormal, at least not where that is a rounded zero.
func TestNoDenormals(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		z := []float32{-80, -87, -88, -95, -103, -110, -1000, -3e38, 80, 87, 88, 95, 103, 1000, 3e38}
		y, dy := make([]float32, len(z)), make([]float32, len(z))
		for act := range activations {
			BiasAct(act, 1, len(z), z, nil, y, dy)
			for i := range z {
				for _, v := range []float32{y[i], dy[i]} {
					if v != 0 && math.Abs(float64(v)) < 0x1p-126 && CPULevel() != Portable {
						t.Errorf("%v at %v: %v is denormal", act, z[i], v)
					}
				}
			}
		}
	})
}

func TestElementwise(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 1))
		for n := range 41 {
			a, b, d := vector(rng, n, 3), vector(rng, n, 3), vector(rng, n, 1)
			want := make([]float64, n)
			each := func(f func(x, y float64) float64) []float64 {
				for i := range want {
					want[i] = f(float64(a.data[i]), float64(b.data[i]))
				}
				return want
			}
			Mul(d.data, a.data, b.data)
			compare(t, "Mul", d, each(func(x, y float64) float64 { return x * y }), 0, ulp)
			Add(d.data, a.data, b.data)
			compare(t, "Add", d, each(func(x, y float64) float64 { return x + y }), 0, ulp)
			copy(d.data, b.data)
			Axpy(0.7, a.data, d.data)
			compare(t, "Axpy", d, each(func(x, y float64) float64 { return y + float64(float32(0.7))*x }), 4*ulp, ulp)
			copy(d.data, b.data)
			Scale(-0.7, d.data)
			compare(t, "Scale", d, each(func(_, y float64) float64 { return y * float64(float32(-0.7)) }), 0, ulp)
			Exp(d.data, a.data)
			compare(t, "Exp", d, each(func(x, _ float64) float64 { return math.Exp(x) }), 0, 2*ulp)
			Log(d.data, a.data)
			compare(t, "Log", d, each(func(x, _ float64) float64 { return math.Log(x) }), 1e-8, 2*ulp)
		}
	})
}

func TestExpLogEverywhere(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, posInf, negInf, nan, math.MaxFloat32, -math.MaxFloat32, 1e-45, 1e-40, 0x1p-126, 88.7, 88.73, 89, 200, -87.3, -87.34, -100, -104, -200}
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 1))
		x := slices.Clone(special)
		for range 20000 {
			x = append(x, math.Float32frombits(rng.Uint32()), 200*rng.Float32()-100)
		}
		y := make([]float32, len(x))
		Exp(y, x)
		for i, v := range x {
			want := math.Exp(float64(v))
			if want > math.MaxFloat32 {
				want = math.Inf(1)
			}
			if !near(float64(y[i]), want, 0x1p-126, 2*ulp) { // denormal results may be 0
				t.Fatalf("Exp(%v) = %v, want %v", v, y[i], want)
			}
		}
		Log(y, x)
		for i, v := range x {
			if want := math.Log(float64(v)); !near(float64(y[i]), want, 0, 2*ulp) {
				t.Fatalf("Log(%v) = %v, want %v", v, y[i], want)
			}
		}
	})
}

func TestSinCos(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 1))
		worst := 0.0
		for n := range 3000 {
			rows, cols := 1+n%3, n%41
			stride := 2*cols + n%5
			x, y := vector(rng, rows*cols, 1e4), vector(rng, rows*stride, 1)
			before := slices.Clone(y.data)
			for i := range x.data {
				if rng.IntN(4) == 0 { // near multiples of pi/4
					x.data[i] = float32(float64(rng.IntN(12000)) * math.Pi / 4)
				}
			}
			SinCos(rows, cols, x.data, y.data, stride)
			for i := range rows {
				row := y.data[i*stride : (i+1)*stride]
				for j, v := range x.data[i*cols : (i+1)*cols] {
					ws, wc := math.Sincos(float64(v))
					worst = max(worst, math.Abs(float64(row[j])-ws), math.Abs(float64(row[cols+j])-wc))
				}
				if !slices.Equal(row[2*cols:], before[i*stride+2*cols:(i+1)*stride]) {
					t.Fatalf("%d x %d, stride %d: wrote between the rows", rows, cols, stride)
				}
			}
			if y.clean() != nil {
				t.Fatalf("%d x %d, stride %d: wrote outside", rows, cols, stride)
			}
		}
		if worst > 2e-7 {
			t.Errorf("worst error %v", worst)
		}
		x, y := []float32{nan, posInf, negInf}, make([]float32, 6)
		SinCos(1, 3, x, y, 6)
		for i := range x {
			if s, c := y[i], y[3+i]; s == s || c == c {
				t.Errorf("sin and cos of %v are %v and %v", x[i], s, c)
			}
		}
	})
}

func TestFillRows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 2))
		for cols := range 70 {
			const rows = 3
			v, d, want := vector(rng, rows, 1), vector(rng, rows*cols, 1), make([]float64, rows*cols)
			FillRows(rows, cols, v.data, d.data)
			for i := range want {
				want[i] = float64(v.data[i/cols])
			}
			compare(t, fmt.Sprintf("FillRows %d x %d", rows, cols), d, want, 0, 0)
		}
	})
}

func TestColumnSums(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 1))
		for i := range 200 {
			rows, cols := rng.IntN(20), i
			if i > 150 {
				cols = rng.IntN(600)
			}
			g, dy, gz, sum := vector(rng, rows*cols, 1), vector(rng, rows*cols, 1), vector(rng, rows*cols, 1), vector(rng, cols, 1)
			products, sums := make([]float64, rows*cols), make([]float64, cols)
			for i := range products {
				products[i] = float64(g.data[i] * dy.data[i])
				sums[i%cols] += products[i]
			}
			MulColSum(rows, cols, g.data, dy.data, gz.data, sum.data)
			compare(t, "MulColSum gz", gz, products, 0, 0)
			compare(t, "MulColSum sum", sum, sums, float64(rows)*ulp, 0)
			fused := slices.Clone(sum.data)
			ColSum(rows, cols, gz.data, sum.data)
			compare(t, "ColSum", sum, sums, float64(rows)*ulp, 0)
			if !slices.Equal(fused, sum.data) {
				t.Errorf("%d x %d: ColSum and MulColSum differ", rows, cols)
			}
			MulColSum(rows, cols, g.data, dy.data, g.data, sum.data) // in place
			if !slices.Equal(g.data, gz.data) {
				t.Errorf("MulColSum in place differs")
			}
		}
	})
}

// Dot has the same bits on every CPU.
func TestDot(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for n := range 200 {
		x, y := vector(rng, n, 10), vector(rng, n, 10)
		restore := ForceLevel(Portable)
		want, square := Dot(x.data, y.data), SumSquares(x.data)
		restore()
		exact := 0.0
		for i := range x.data {
			exact += float64(x.data[i]) * float64(y.data[i])
		}
		if !(math.Abs(want-exact) <= 1e-11) {
			t.Fatalf("Dot of %d = %v, want %v", n, want, exact)
		}
		eachLevel(t, func(t *testing.T) {
			if got := Dot(x.data, y.data); got != want {
				t.Errorf("n=%d: %v, portable %v", n, got, want)
			}
			if got := SumSquares(x.data); got != square {
				t.Errorf("n=%d: %v, portable %v", n, got, square)
			}
		})
	}
	if v := SumSquares([]float32{1, nan}); v == v {
		t.Errorf("SumSquares with NaN is %v", v)
	}
}

func TestSoftmax(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 1))
		for i := range 300 {
			rows, cols := 1+rng.IntN(4), 1+i%90
			x, y, l := vector(rng, rows*cols, 30), vector(rng, rows*cols, 1), vector(rng, rows*cols, 1)
			for i := range x.data {
				if i%cols > 0 && rng.IntN(5) == 0 {
					x.data[i] = negInf
				}
			}
			wide := widen(x.data)
			want, wantLog := make([]float64, len(wide)), make([]float64, len(wide))
			Softmax(rows, cols, wide, want)
			LogSoftmax(rows, cols, wide, wantLog)
			Softmax(rows, cols, x.data, y.data)
			// x - max is rounded before the exponential takes it: half a unit of up to 60.
			compare(t, "Softmax", y, want, 1e-37, 64*ulp)
			LogSoftmax(rows, cols, x.data, l.data)
			compare(t, "LogSoftmax", l, wantLog, 40*ulp, 2*ulp)
			Softmax(rows, cols, x.data, x.data)
			if !slices.Equal(x.data, y.data) {
				t.Fatal("Softmax in place differs")
			}
		}
		for _, cols := range []int{1, 3, 16, 37} {
			for at := range cols {
				for _, bad := range []float32{nan, posInf} {
					x, y := make([]float32, 3*cols), make([]float32, 3*cols)
					x[cols+at] = bad
					for name, f := range map[string]func(int, int, []float32, []float32){"Softmax": Softmax[float32], "LogSoftmax": LogSoftmax[float32]} {
						f(3, cols, x, y)
						for i, v := range y {
							// PyTorch gives NaN for the whole row except finite minus infinity.
							if row := i / cols; row == 1 && i == cols+at && v == v || row != 1 && v != v {
								t.Fatalf("%s with %v in row 1 of 3 x %d: row %d has %v", name, bad, cols, row, v)
							}
						}
					}
				}
			}
			x, y := fill(cols, negInf), make([]float32, cols)
			Softmax(1, cols, x, y)
			LogSoftmax(1, cols, x, x)
			for i := range y {
				if y[i] == y[i] || x[i] == x[i] {
					t.Fatalf("softmax of nothing but -Inf is %v, log %v", y[i], x[i])
				}
			}
		}
	})
}

func TestLayerNorm(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(8, 1))
		for i := range 200 {
			rows, cols := 1+rng.IntN(5), 2+i%90
			n := rows * cols
			x, gain, bias, g := vector(rng, n, 3), vector(rng, cols, 1), vector(rng, cols, 1), vector(rng, n, 1)
			y, mean, rstd := vector(rng, n, 1), vector(rng, rows, 1), vector(rng, rows, 1)
			dx, dgain, dbias := vector(rng, n, 1), vector(rng, cols, 1), vector(rng, cols, 1)
			LayerNorm(rows, cols, x.data, gain.data, bias.data, y.data, mean.data, rstd.data, 1e-3)
			LayerNormBackward(rows, cols, x.data, gain.data, mean.data, rstd.data, g.data, dx.data, dgain.data, dbias.data)

			wy, wm, wr := make([]float64, n), make([]float64, rows), make([]float64, rows)
			wdx, wdg, wdb := make([]float64, n), make([]float64, cols), make([]float64, cols)
			LayerNorm(rows, cols, widen(x.data), widen(gain.data), widen(bias.data), wy, wm, wr, 1e-3)
			LayerNormBackward(rows, cols, widen(x.data), widen(gain.data), wm, wr, widen(g.data), wdx, wdg, wdb)
			// rstd is up to 32 where two values happen to be near, and scales the errors.
			top := slices.Max(wr)
			compare(t, "mean", mean, wm, 10*ulp, 4*ulp)
			compare(t, "rstd", rstd, wr, 0, 1e-4)
			compare(t, "y", y, wy, 2e-6*(1+top), 1e-5)
			compare(t, "dx", dx, wdx, 5e-6*(1+top*top), 1e-4)
			compare(t, "dgain", dgain, wdg, 5e-6*(1+top), 1e-4)
			compare(t, "dbias", dbias, wdb, 1e-6, ulp)
		}
		x, y, one := fill(3*20, 1), make([]float32, 60), fill(20, 1)
		x[25] = nan
		LayerNorm(3, 20, x, one, one, y, make([]float32, 3), make([]float32, 3), 1e-5)
		for i, v := range y {
			if (v != v) != (i/20 == 1) {
				t.Fatalf("NaN in row 1: element %d of row %d is %v", i%20, i/20, v)
			}
		}
	})
}

// The gradients of LayerNorm are right, by central differences in double precision.
func TestLayerNormGradient(t *testing.T) {
	const rows, cols, h = 2, 5, 1e-5
	rng := rand.New(rand.NewPCG(9, 1))
	draw := func(n int) []float64 { return widen(vector(rng, n, 1).data) }
	x, gain, bias, g := draw(rows*cols), draw(cols), draw(cols), draw(rows*cols)
	mean, rstd, y := make([]float64, rows), make([]float64, rows), make([]float64, rows*cols)
	loss := func() float64 {
		LayerNorm(rows, cols, x, gain, bias, y, mean, rstd, 1e-3)
		return Dot(y, g)
	}
	loss()
	dx, dgain, dbias := make([]float64, rows*cols), make([]float64, cols), make([]float64, cols)
	LayerNormBackward(rows, cols, x, gain, mean, rstd, g, dx, dgain, dbias)
	for _, p := range []struct{ value, slope []float64 }{{x, dx}, {gain, dgain}, {bias, dbias}} {
		for i, v := range p.value {
			p.value[i] = v + h
			up := loss()
			p.value[i] = v - h
			down := loss()
			p.value[i] = v
			if d := (up - down) / (2 * h); !(math.Abs(d-p.slope[i]) <= 1e-7) {
				t.Errorf("gradient %v, differences give %v", p.slope[i], d)
			}
		}
	}
}

func TestAdam(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(10, 1))
		for n := range 41 {
			for _, c := range []Adam{
				{LR: 1e-2, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, GradScale: 1},
				{LR: 1e-2, Beta1: 0.5, Beta2: 0.9, Eps: 1e-3, GradScale: 0.3, WeightDecay: 0.1, EMA: 0.99},
			} {
				p, g, m, v, ema := vector(rng, n, 1), vector(rng, n, 1), vector(rng, n, 0), vector(rng, n, 0), vector(rng, n, 1)
				wp, wm, wv, we := widen(p.data), make([]float64, n), make([]float64, n), widen(ema.data)
				for c.Step = 1; c.Step <= 5; c.Step++ {
					for i := range g.data {
						g.data[i] = 2*rng.Float32() - 1
						// The formula, as it is published [loshchilov2019].
						grad := c.GradScale * float64(g.data[i])
						wm[i] = c.Beta1*wm[i] + (1-c.Beta1)*grad
						wv[i] = c.Beta2*wv[i] + (1-c.Beta2)*grad*grad
						mhat := wm[i] / (1 - math.Pow(c.Beta1, float64(c.Step)))
						vhat := wv[i] / (1 - math.Pow(c.Beta2, float64(c.Step)))
						wp[i] -= c.LR*c.WeightDecay*wp[i] + c.LR*mhat/(math.Sqrt(vhat)+c.Eps)
						if c.EMA > 0 {
							we[i] = c.EMA*we[i] + (1-c.EMA)*wp[i]
						}
					}
					AdamStep(c, p.data, g.data, m.data, v.data, ema.data)
				}
				compare(t, "p", p, wp, 1e-6, 0)
				compare(t, "m", m, wm, 1e-6, 0)
				compare(t, "v", v, wv, 1e-6, 0)
				compare(t, "ema", ema, we, 1e-6, 0)
			}
		}
		p, zeros := fill(20, 1), func() []float32 { return make([]float32, 20) }
		g := zeros()
		g[13] = nan
		AdamStep(Adam{LR: 1, Step: 1, GradScale: 1, Eps: 1}, p, g, zeros(), zeros(), nil)
		for i, v := range p {
			if (v != v) != (i == 13) {
				t.Errorf("NaN gradient at 13: p[%d] = %v", i, v)
			}
		}
	})
}

// calls runs every function once on rows x cols.
func calls(rows, cols int) map[string]func() {
	n := rows * cols
	a, b, c, d := fill(n, 0.5), fill(n, 0.25), make([]float32, n), make([]float32, n)
	ema := fill(n, 1)
	u, v, w := fill(cols, 1), fill(cols, 1), fill(cols, 1)
	r, s := fill(rows, 1), fill(rows, 1)
	adam := Adam{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 10, GradScale: 1}
	averaged := adam
	averaged.EMA = 0.999
	m := map[string]func(){
		"GemmBF16":          func() { GemmBF16(false, true, rows, cols, cols, 1, a, cols, square[:], cols, 0, c, cols) },
		"Gemm":              func() { Gemm(false, false, rows, cols, cols, 1, a, cols, square[:], cols, 0, c, cols) },
		"GemmNT":            func() { Gemm(false, true, rows, cols, cols, 1, a, cols, square[:], cols, 0, c, cols) },
		"GemmThin":          func() { Gemm(false, false, rows, 2, cols, 1, a, cols, b, 2, 0, c, 2) },
		"GemmThinTN":        func() { Gemm(true, false, cols, 2, rows, 1, a, cols, b, 2, 0, c, 2) },
		"ActSecond":         func() { ActSecond(SiLU, a, c) },
		"Mul":               func() { Mul(c, a, b) },
		"Add":               func() { Add(c, a, b) },
		"Axpy":              func() { Axpy(1e-9, a, c) },
		"Scale":             func() { Scale(1, c) },
		"MulColSum":         func() { MulColSum(rows, cols, a, b, c, w) },
		"ColSum":            func() { ColSum(rows, cols, a, w) },
		"SumSquares":        func() { SumSquares(a) },
		"Dot":               func() { Dot(a, b) },
		"Exp":               func() { Exp(c, a) },
		"Log":               func() { Log(c, a) },
		"SinCos":            func() { SinCos(rows, cols/2, a, c, cols) },
		"Softmax":           func() { Softmax(rows, cols, a, c) },
		"LogSoftmax":        func() { LogSoftmax(rows, cols, a, c) },
		"LayerNorm":         func() { LayerNorm(rows, cols, a, u, v, c, r, s, 1e-5) },
		"LayerNormBackward": func() { LayerNormBackward(rows, cols, a, u, r, s, b, c, v, w) },
		"Adam":              func() { AdamStep(adam, a, b, c, d, nil) },
		"AdamEMA":           func() { AdamStep(averaged, a, b, c, d, ema) },
	}
	for act := range activations {
		m["BiasAct-"+act.String()] = func() { BiasAct(act, rows, cols, a, u, c, d) }
	}
	m["BiasAct-silu-forward"] = func() { BiasAct(SiLU, rows, cols, a, u, c, nil) }
	return m
}

var square [128 * 128]float32

func TestNoAllocation(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted under the race detector")
	}
	eachLevel(t, func(t *testing.T) {
		for name, f := range calls(37, 50) {
			if n := testing.AllocsPerRun(20, f); n != 0 {
				t.Errorf("%s allocates %v times", name, n)
			}
		}
	})
}

func TestConcurrent(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 1))
		const m, n, k = 50, 37, 90
		a, b := newGuarded(rng, m, k, 0), newGuarded(rng, n, k, 0)
		want := make([]float32, m*n)
		Gemm(false, true, m, n, k, 1, a.data, a.ld, b.data, b.ld, 0, want, n)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				c := make([]float32, m*n)
				for range 50 {
					clear(c)
					Gemm(false, true, m, n, k, 1, a.data, a.ld, b.data, b.ld, 0, c, n)
					if !slices.Equal(c, want) {
						t.Error("a concurrent product differs")
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

func BenchmarkElem(b *testing.B) {
	const rows, cols = 256, 128
	for l := best; l >= Portable; l-- {
		restore := ForceLevel(l)
		m := calls(rows, cols)
		names := make([]string, 0, len(m))
		for name := range m {
			if len(name) < 4 || name[:4] != "Gemm" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			b.Run(fmt.Sprintf("%s/%v", name, l), func(b *testing.B) {
				for b.Loop() {
					m[name]()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(rows*cols), "ns/elem")
			})
		}
		restore()
	}
}
