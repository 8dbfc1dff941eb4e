package metrics

import (
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

// slowEnergy returns the definition, pair by pair.
func slowEnergy(x, y mat.Matrix) float64 {
	mean := func(a, b mat.Matrix, same bool) float64 {
		n, d := a.Dims()
		m, _ := b.Dims()
		sum, pairs := 0.0, 0
		for i := range n {
			for j := range m {
				if same && i == j {
					continue
				}
				square := 0.0
				for k := range d {
					square += sq(a.At(i, k) - b.At(j, k))
				}
				sum += math.Sqrt(square)
				pairs++
			}
		}
		return sum / float64(pairs)
	}
	return 2*mean(x, y, false) - mean(x, x, true) - mean(y, y, true)
}

func TestEnergyIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m, d := rapid.IntRange(2, 40).Draw(t, "n"), rapid.IntRange(2, 70).Draw(t, "m"), rapid.IntRange(1, 4).Draw(t, "d")
		rng := random(rapid.Uint64().Draw(t, "seed"))
		x, y := mat.NewDense(n, d, nil), mat.NewDense(m, d, nil)
		x.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, x)
		y.Apply(func(_, _ int, _ float64) float64 { return 1 + 2*rng.NormFloat64() }, y)
		got, want := EnergyDistance(x, y).Value, slowEnergy(x, y)
		if !(math.Abs(got-want) < 1e-12) {
			t.Fatalf("%d x %d rows of %d columns: %v, want %v", n, m, d, got, want)
		}
	})
}

// The tiles of the loops over pairs have edges at 1024 rows.
func TestEnergyAcrossTiles(t *testing.T) {
	rng := random(2)
	x, y := gaussian(1500, 0, 1, rng), gaussian(2100, .3, 1, rng)
	near(t, "energy distance", EnergyDistance(x, y).Value, slowEnergy(x, y), 1e-11)
}

// Of points at 0 and at c on a line, E|X-Y| = c and the rest vanish; and a hand-made sample:
// x = {0, 2}, y = {1, 1}: 2·1 - 2 - 0 = 0.
func TestEnergyByHand(t *testing.T) {
	x, y := mat.NewDense(5, 1, nil), mat.NewDense(4, 1, []float64{3, 3, 3, 3})
	e := EnergyDistance(x, y)
	near(t, "of two points", e.Value, 6, 1e-15)
	near(t, "its error", e.SE, 0, 1e-12)
	e = EnergyDistance(mat.NewDense(2, 1, []float64{0, 2}), mat.NewDense(2, 1, []float64{1, 1}))
	near(t, "by hand", e.Value, 0, 1e-15)
	if !math.IsNaN(e.SE) {
		t.Errorf("2 rows have the error %v", e.SE)
	}
}

// Two Gaussians on a line a distance d apart: X-Y is N(d, 2), the others N(0, 2), and
// E|N(d, s²)| = s√(2/π) exp(-d²/2s²) + d erf(d/(s√2)).
func TestEnergyOfShiftedGaussians(t *testing.T) {
	const d, n = 1.0, 4000
	rng := random(3)
	x, y := mat.NewDense(n, 1, nil), mat.NewDense(n, 1, nil)
	for i := range n {
		x.Set(i, 0, rng.NormFloat64())
		y.Set(i, 0, d+rng.NormFloat64())
	}
	folded := func(d float64) float64 {
		return 2/math.Sqrt(math.Pi)*math.Exp(-d*d/4) + d*math.Erf(d/2)
	}
	e := EnergyDistance(x, y)
	near(t, "energy distance", e.Value, 2*folded(d)-2*folded(0), 4*e.SE) // 4 standard errors
}

// Over repetitions at n = 250 the stated error is the standard deviation of the estimates, under
// equality, where the statistic is degenerate, between, and under a clear difference; under
// equality the mean is 0 within 4 of its standard errors. 400 repetitions know the standard
// deviation to 4 % where the estimates are normal.
func TestEnergyErrorIsHonest(t *testing.T) {
	for _, shift := range []float64{0, 0.2, 1} {
		rng := random(4)
		c := calibrate(400, func() Estimate {
			return EnergyDistance(gaussian(200, 0, 1, rng), gaussian(250, shift, 1, rng))
		})
		c.honest(t, 0.8, 1.2)
		if shift == 0 {
			near(t, "mean under equality", c.mean, 0, 4*c.se)
		}
	}
}

// The interaction is what an additive fit of rows and coordinates leaves of the distances, over its
// degrees of freedom; here pair by pair.
func TestInteractionIsItsDefinition(t *testing.T) {
	rng := random(10)
	const n, m = 30, 20
	a, b := coordinatesOf(gaussian(n, 0, 1, rng)), coordinatesOf(gaussian(m, 1, 1, rng))
	distance := func(a coordinates, i int, b coordinates, j int) float64 {
		return math.Hypot(a[0][i]-b[0][j], a[1][i]-b[1][j])
	}
	ofA, ofB, got := between(a, b)
	mean, want := stat.Mean(ofA, nil), 0.0
	for i := range n {
		for j := range m {
			want += sq(distance(a, i, b, j) - ofA[i] - ofB[j] + mean)
		}
	}
	near(t, "between", got, want/((n-1)*(m-1)), 1e-12)

	rows, got := within(a)
	mean, want = stat.Mean(rows, nil), 0
	for i := range n {
		for j := range i {
			want += sq(distance(a, i, a, j) - mean - (n-1.)/(n-2)*(rows[i]-mean+rows[j]-mean))
		}
	}
	near(t, "within", got, want/(n*(n-3)/2), 1e-12)
}

// Where the samples agree the error is that of the interaction v, the same for all three terms:
// 4v/nm + 2v/n(n-1) + 2v/m(m-1).
func TestEnergyErrorUnderEquality(t *testing.T) {
	rng := random(11)
	const n, m = 800, 1000
	x, y := gaussian(n, 0, 1, rng), gaussian(m, 0, 1, rng)
	_, v := within(coordinatesOf(x))
	want := math.Sqrt(v * (4./(n*m) + 2./(n*(n-1)) + 2./(m*(m-1))))
	near(t, "error", EnergyDistance(x, y).SE, want, 0.03*want)
}

func TestEnergyOfTheOracle(t *testing.T) {
	rng := random(5)
	e := EnergyDistance(gaussian(10000, 0, 1, rng), gaussian(10000, 0, 1, rng))
	near(t, "oracle", e.Value, 0, 0.001) // about 4 standard errors
	if !(e.SE < 0.0004) {
		t.Errorf("standard error %v at n = 10,000", e.SE)
	}
}

func TestEnergyInvariances(t *testing.T) {
	rng := random(6)
	x, y := gaussian(300, 0, 1, rng), gaussian(200, 1, 2, rng)
	e := EnergyDistance(x, y)
	moved := EnergyDistance(rotated(x, 0.7, 100), rotated(y, 0.7, 100))
	near(t, "rotated and moved", moved.Value, e.Value, 1e-11)
	near(t, "its error", moved.SE, e.SE, 1e-9)
	near(t, "permuted", EnergyDistance(reversed(x), reversed(y)).Value, e.Value, 1e-12)
	near(t, "swapped", EnergyDistance(y, x).Value, e.Value, 1e-12)
	near(t, "its error", EnergyDistance(y, x).SE, e.SE, 1e-12)
}

// Every sum over pairs has a fixed order.
func TestFiguresDoNotDependOnProcessors(t *testing.T) {
	rng := random(7)
	x, y := gaussian(1300, 0, 1, rng), gaussian(1200, .1, 1, rng)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	values := func() (all [6]Estimate) {
		all[0], all[1] = EnergyDistance(x, y), SlicedW2(x, y, 40, random(1))
		all[2], all[3], all[4], all[5] = PrecisionRecall(x, y, 5)
		return all
	}
	one := values()
	for _, procs := range []int{2, 7} {
		runtime.GOMAXPROCS(procs)
		if many := values(); many != one {
			t.Errorf("with %d processors %+v, with one %+v", procs, many, one)
		}
	}
}

func TestEnergyOfMisuseAndOfNonFinite(t *testing.T) {
	panics(t, func() { EnergyDistance(mat.NewDense(3, 2, nil), mat.NewDense(3, 4, nil)) }, "2", "4")
	panics(t, func() { EnergyDistance(mat.NewDense(1, 2, nil), mat.NewDense(9, 2, nil)) }, "1", "9")
	x := gaussian(10, 0, 1, random(8))
	x.Set(3, 1, math.NaN())
	x.Set(5, 0, math.Inf(1))
	for _, e := range []Estimate{
		EnergyDistance(x, gaussian(10, 0, 1, random(9))),
		EnergyDistance(gaussian(10, 0, 1, random(9)), x),
	} {
		if !math.IsNaN(e.Value) || !math.IsNaN(e.SE) || e.NonFinite != 2 || e.N != 10 {
			t.Errorf("of 2 rows that are not finite: %+v", e)
		}
	}
}

func rotated(x mat.Matrix, angle, shift float64) *mat.Dense {
	sin, cos := math.Sincos(angle)
	n, _ := x.Dims()
	y := mat.NewDense(n, 2, nil)
	y.Mul(x, mat.NewDense(2, 2, []float64{cos, sin, -sin, cos}))
	y.Apply(func(_, _ int, v float64) float64 { return v + shift }, y)
	return y
}

func reversed(x mat.Matrix) *mat.Dense {
	n, d := x.Dims()
	y := mat.NewDense(n, d, nil)
	y.Apply(func(i, j int, _ float64) float64 { return x.At(n-1-i, j) }, y)
	return y
}

func BenchmarkEnergyDistance(b *testing.B) {
	rng := random(1)
	x, y := gaussian(10000, 0, 1, rng), gaussian(10000, 0, 1, rng)
	for b.Loop() {
		EnergyDistance(x, y)
	}
}
