package metrics

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func moved(x mat.Matrix, dx, dy float64) *mat.Dense {
	y := mat.DenseCopyOf(x)
	y.Apply(func(_, j int, v float64) float64 { return v + []float64{dx, dy}[j] }, y)
	return y
}

// The best plan between a sample and its translate moves every point by the same vector, whose
// squared projections average half its squared length.
func TestW2OfATranslate(t *testing.T) {
	x := gaussian(200, 0, 1, random(1))
	y := moved(x, 3, -4)
	e := ExactW2(x, y)
	near(t, "exact", e.Value, 5, 1e-9)
	s := SlicedW2(x, y, 128, random(2))
	near(t, "sliced", s.Value, 5/math.Sqrt2, 1e-9)
	near(t, "exact to itself", ExactW2(x, x).Value, 0, 1e-12)
	near(t, "sliced to itself", SlicedW2(x, x, 16, random(2)).Value, 0, 1e-12)
}

// Two Gaussians N(0, a² I), N((d, 0), b² I): W2² = d² + 2(a-b)², sliced (d² + 2(a-b)²)/2.
func TestSlicedW2OfGaussians(t *testing.T) {
	rng := random(3)
	e := SlicedW2(gaussian(5000, 0, 1, rng), gaussian(4000, 2, 1.5, rng), 32, rng)
	near(t, "sliced", e.Value, math.Sqrt((4+2*.25)/2), 4*e.SE) // 4 standard errors
}

// On the line the plan is monotone, whatever the sizes: copies of the rows change nothing.
func TestSlicedW2OfUnequalSizes(t *testing.T) {
	rng := random(4)
	x, y := gaussian(30, 0, 1, rng), gaussian(20, 1, 1, rng)
	var xx, y2, yy mat.Dense
	xx.Stack(x, x)
	y2.Stack(y, y)
	yy.Stack(&y2, y)
	want := SlicedW2(x, y, 16, random(5)).Value
	near(t, "of 60 and 60", SlicedW2(&xx, &yy, 16, random(5)).Value, want, 1e-12)
	near(t, "swapped", SlicedW2(y, x, 16, random(5)).Value, want, 1e-12)
	three := SlicedW2(mat.NewDense(2, 3, []float64{0, 0, 0, 0, 0, 0}), mat.NewDense(2, 3, []float64{1, 1, 1, 1, 1, 1}), 4000, random(6))
	near(t, "in space", three.Value, 1, 0.03) // √(3/3); the mean of 4000 squared cosines
}

// The errors agree with repetition under a difference, and are conservative, by √2 in theory,
// where the distributions are equal.
func TestW2ErrorsAreHonest(t *testing.T) {
	rng := random(7)
	for _, c := range []struct{ shift, low, high float64 }{{0, 1.1, 1.7}, {1, .8, 1.2}} {
		calibrate(200, func() Estimate {
			return SlicedW2(gaussian(200, 0, 1, rng), gaussian(200, c.shift, 1, rng), 16, rng)
		}).honest(t, c.low, c.high)
		calibrate(200, func() Estimate {
			return ExactW2(gaussian(60, 0, 1, rng), gaussian(60, c.shift, 1, rng))
		}).honest(t, .8, c.high)
	}
}

// bruteForce returns the least total cost over all permutations.
func bruteForce(cost []float64, n, row int, used []bool) float64 {
	if row == n {
		return 0
	}
	best := math.Inf(1)
	for j := range n {
		if !used[j] {
			used[j] = true
			best = min(best, cost[row*n+j]+bruteForce(cost, n, row+1, used))
			used[j] = false
		}
	}
	return best
}

func TestAssignmentAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "n")
		// Small integers, so that ties abound.
		cost := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 9), func(i int) float64 { return float64(i) }), n*n, n*n).Draw(t, "cost")
		column, _, _ := assign(cost, n)
		total, used := 0.0, make([]bool, n)
		for i, j := range column {
			if used[j] {
				t.Fatalf("column %d twice in %v", j, column)
			}
			used[j] = true
			total += cost[i*n+j]
		}
		if want := bruteForce(cost, n, 0, make([]bool, n)); total != want {
			t.Fatalf("total %v, want %v", total, want)
		}
	})
}

// The dual variables prove that an assignment is optimal at any size.
func TestAssignmentIsCertified(t *testing.T) {
	const n = 300
	rng := random(8)
	cost := make([]float64, n*n)
	for i := range cost {
		cost[i] = rng.ExpFloat64()
	}
	column, u, v := assign(cost, n)
	for i := range n {
		for j := range n {
			if slack := cost[i*n+j] - u[i] - v[j]; slack < -1e-12 || column[i] == j && slack > 1e-12 {
				t.Fatalf("slack %v at (%d, %d), assigned %v", slack, i, j, column[i] == j)
			}
		}
	}
}

func TestW2OfMisuseAndOfNonFinite(t *testing.T) {
	x, y := gaussian(5, 0, 1, random(1)), gaussian(6, 0, 1, random(2))
	panics(t, func() { ExactW2(x, y) }, "5", "6")
	panics(t, func() { SlicedW2(x, y, 0, random(1)) }, "0 directions")
	x.Set(0, 0, math.Inf(-1))
	if e := SlicedW2(x, y, 3, random(1)); !math.IsNaN(e.Value) || e.NonFinite != 1 {
		t.Errorf("sliced: %+v", e)
	}
	if e := ExactW2(x, x); !math.IsNaN(e.Value) || e.NonFinite != 2 {
		t.Errorf("exact: %+v", e)
	}
}

func BenchmarkExactW2(b *testing.B) {
	rng := random(1)
	x, y := gaussian(1000, 0, 1, rng), gaussian(1000, 1, 3, rng)
	for b.Loop() {
		ExactW2(x, y)
	}
}

func BenchmarkSlicedW2(b *testing.B) {
	rng := random(1)
	x, y := gaussian(10000, 0, 1, rng), gaussian(10000, 1, 3, rng)
	for b.Loop() {
		SlicedW2(x, y, 128, rng)
	}
}
