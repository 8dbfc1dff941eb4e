package metrics

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// rounded rounds x to multiples of 0.1, in place.
func rounded(x *mat.Dense) *mat.Dense {
	x.Apply(func(_, _ int, v float64) float64 { return math.Round(v*10) / 10 }, x)
	return x
}

// repeated returns x with every row so many times.
func repeated(x *mat.Dense, times int) *mat.Dense {
	n, d := x.Dims()
	y := mat.NewDense(times*n, d, nil)
	for i := range times * n {
		y.SetRow(i, x.RawRowView(i%n))
	}
	return y
}

// line01 returns points of the line, given in tenths, with their multiplicities.
func line01(tenths ...[2]int) *mat.Dense {
	var at []float64
	for _, p := range tenths {
		at = append(at, slices.Repeat([]float64{float64(p[0]) / 10}, p[1])...)
	}
	return mat.NewDense(len(at), 1, at)
}

// The reference values are those of testdata/precision.py.
func TestPrecisionEqualsPRDC(t *testing.T) {
	b, err := os.ReadFile("testdata/precision.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cases []struct {
			K                                    int
			Precision, Recall, Density, Coverage float64
			Real, Fake                           [][]float64
		}
	}
	if err := json.Unmarshal(b, &reference); err != nil || len(reference.Cases) == 0 {
		t.Fatalf("%d cases: %v", len(reference.Cases), err)
	}
	matrix := func(rows [][]float64) *mat.Dense {
		return mat.NewDense(len(rows), len(rows[0]), slices.Concat(rows...))
	}
	for _, c := range reference.Cases {
		precision, recall, density, coverage := PrecisionRecall(matrix(c.Real), matrix(c.Fake), c.K)
		near(t, "precision", precision.Value, c.Precision, 1e-12)
		near(t, "recall", recall.Value, c.Recall, 1e-12)
		near(t, "density", density.Value, c.Density, 1e-12)
		near(t, "coverage", coverage.Value, c.Coverage, 1e-12)
	}
}

// On a line, k = 1, in tenths. Reals 4 (2 rows), 6, 7 (3 rows), 9 (2 rows) have radii 2, 1, 1, 2;
// their balls [2,6] [5,7] [6,8] [7,11] hold 2, 3, 3, 4 other reals and 3, 2, 0, 0 of the fakes
// 1, 2, 5 (2 rows). Fakes 1, 2, 5 have radii 1, 1, 3; the reals 4, 6, 7 are in the ball [2,8] of 5.
//
//	precision  (1 + 2) / 4, all fakes but 1
//	recall     (2 + 1 + 3) / 8
//	density    (2·3/2 + 1·2/3) / 4
//	coverage   (2 + 1) / 8
//
// In floating point 0.4 − 0.2 exceeds 0.6 − 0.4, but 2 is as far from 4 as 6 is.
func TestPrecisionOfRoundedByHand(t *testing.T) {
	real := line01([2]int{4, 2}, [2]int{6, 1}, [2]int{7, 3}, [2]int{9, 2})
	fake := line01([2]int{1, 1}, [2]int{2, 1}, [2]int{5, 2})
	precision, recall, density, coverage := PrecisionRecall(real, fake, 1)
	near(t, "precision", precision.Value, 3./4, 0)
	near(t, "recall", recall.Value, 3./4, 0)
	near(t, "density", density.Value, 11./12, 1e-15)
	near(t, "coverage", coverage.Value, 3./8, 0)
}

// lattice is a sample in tenths, whose distances can be compared exactly.
type lattice [][2]int

func (l lattice) dense() *mat.Dense {
	x := mat.NewDense(len(l), 2, nil)
	for i, p := range l {
		x.SetRow(i, []float64{float64(p[0]) / 10, float64(p[1]) / 10})
	}
	return x
}

func apart(a, b [2]int) int { return (a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) }

// ball returns the squared radius of the ball around row i and the number of other rows in it; -1 if
// there are not k other points.
func (l lattice) ball(i, k int) (square, others int) {
	var points lattice
	for _, p := range l {
		if p != l[i] && !slices.Contains(points, p) {
			points = append(points, p)
		}
	}
	if len(points) < k {
		return -1, 0
	}
	slices.SortFunc(points, func(a, b [2]int) int { return apart(a, l[i]) - apart(b, l[i]) })
	square = apart(points[k-1], l[i])
	for j, p := range l {
		if j != i && apart(p, l[i]) <= square {
			others++
		}
	}
	return square, others
}

// The definition, row by row in integers, on samples with many ties and duplicates, also far from the
// origin.
func TestPrecisionOfTiesIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 4).Draw(t, "k")
		size := rapid.SampledFrom([]int{2, 4, 9}).Draw(t, "size")
		origin := rapid.SampledFrom([][2]int{{0, 0}, {4482513, 54119327}}).Draw(t, "origin")
		sample := func(name string) (l lattice) {
			for range rapid.IntRange(1, 40).Draw(t, "rows of "+name) {
				at := [2]int{rapid.IntRange(0, size).Draw(t, "x"), rapid.IntRange(0, size).Draw(t, "y")}
				l = append(l, [2]int{origin[0] + at[0], origin[1] + at[1]})
			}
			return l
		}
		real, fake := sample("real"), sample("fake")
		precise, inFake := make([]bool, len(fake)), 0.0
		density, covered, recall := 0.0, 0.0, 0.0
		for i := range real {
			square, others := real.ball(i, k)
			hits := 0
			for j := range fake {
				if apart(real[i], fake[j]) <= square {
					hits++
					precise[j] = true
				}
			}
			inFake = 0
			for j := range fake {
				if ball, _ := fake.ball(j, k); apart(real[i], fake[j]) <= ball {
					inFake = 1
				} else if ball < 0 {
					inFake = math.NaN()
				}
			}
			recall += inFake / float64(len(real))
			density += float64(hits) / float64(others) / float64(len(fake)) // 0/0 without a ball
			covered += min(float64(hits), 1) / float64(len(real))
		}
		precision := 0.0
		for _, p := range precise {
			if p {
				precision += 1 / float64(len(fake))
			}
		}
		if math.IsNaN(density) {
			precision, covered = density, density
		}
		p, r, d, c := PrecisionRecall(real.dense(), fake.dense(), k)
		for name, v := range map[string][2]float64{
			"precision": {p.Value, precision}, "recall": {r.Value, recall},
			"density": {d.Value, density}, "coverage": {c.Value, covered},
		} {
			if both := math.IsNaN(v[0]) && math.IsNaN(v[1]); !both && !(math.Abs(v[0]-v[1]) <= 1e-12) {
				t.Errorf("%s is %v, want %v", name, v[0], v[1])
			}
		}
	})
}

// Rounded samples of one distribution have the values of equality, as distinct rows do, and so have
// samples that are not rounded against data that is.
func TestPrecisionOfRoundedSamples(t *testing.T) {
	rng := random(11)
	data := rounded(gaussian(20000, 0, 1, rng))
	model := gaussian(8000, 0, 1, rng)
	precision, recall, _, coverage := PrecisionRecall(data, model, 5)
	near(t, "precision without rounding", precision.Value, 1, .005)
	near(t, "recall without rounding", recall.Value, 1, .02)
	near(t, "coverage without rounding", coverage.Value, 1, .01)
	precision, recall, density, coverage := PrecisionRecall(data, rounded(gaussian(20000, 0, 1, rng)), 5)
	near(t, "precision", precision.Value, 1, .005)
	near(t, "recall", recall.Value, 1, .005)
	near(t, "density", density.Value, 1, .02)
	near(t, "coverage", coverage.Value, 1, .01)
	for _, e := range []Estimate{precision, recall, density, coverage} {
		if !(e.SE > 0 && e.SE < .01) || e.N != 20000 {
			t.Errorf("%+v", e)
		}
	}
}

// Points that are repeated are the same balls, and the same shares of the rows.
func TestPrecisionOfRepeatedRows(t *testing.T) {
	rng := random(12)
	x, y := gaussian(200, 0, 1, rng), gaussian(300, .3, 1, rng)
	p, r, _, c := PrecisionRecall(x, y, 5)
	p2, r2, _, c2 := PrecisionRecall(repeated(x, 40), repeated(y, 3), 5)
	near(t, "precision", p2.Value, p.Value, 1e-15)
	near(t, "recall", r2.Value, r.Value, 1e-15)
	near(t, "coverage", c2.Value, c.Value, 1e-15)
}

// A collapsed sample has no balls: what needs them is NaN, the rest is known.
func TestPrecisionOfFewPoints(t *testing.T) {
	rng := random(13)
	x := gaussian(100, 0, 1, rng)
	five := repeated(gaussian(5, 0, 1, rng), 20)
	all := func(x, y *mat.Dense) []Estimate {
		p, r, d, c := PrecisionRecall(x, y, 5)
		return []Estimate{p, d, c, r}
	}
	for i, e := range all(x, five) {
		if unknown := i == 3; math.IsNaN(e.Value) != unknown || e.N != 100 || unknown && !math.IsNaN(e.SE) {
			t.Errorf("collapsed fakes: %d is %+v", i, e)
		}
	}
	for i, e := range all(five, x) {
		if unknown := i != 3; math.IsNaN(e.Value) != unknown || e.N != 100 || unknown && !math.IsNaN(e.SE) {
			t.Errorf("collapsed reals: %d is %+v", i, e)
		}
	}
	for _, e := range all(gaussian(5, 0, 1, rng), gaussian(3, 0, 1, rng)) {
		if !math.IsNaN(e.Value) || !math.IsNaN(e.SE) || e.N < 3 || e.NonFinite != 0 {
			t.Errorf("five rows: %+v", e)
		}
	}
	rows := Evaluate(gaussian(3, 0, 1, rng), gaussian(3, 0, 1, rng), gaussian(3, 0, 1, rng), ModeInfo{})
	if len(rows) != 7 || !finite(rows[0].Value) || !math.IsNaN(rows[3].Value) || rows[3].N != 3 {
		t.Errorf("%+v", rows)
	}
}

// Far from 1, where parts of fewer rows and so wider balls state too much.
func TestPrecisionErrorsOfRoundedAreHonest(t *testing.T) {
	for which, name := range []string{"precision", "recall", "density", "coverage"} {
		rng := random(14)
		t.Run(name, func(t *testing.T) {
			calibrate(60, func() Estimate {
				p, r, d, c := PrecisionRecall(rounded(gaussian(600, 0, .5, rng)), rounded(gaussian(600, 1, .5, rng)), 5)
				return []Estimate{p, r, d, c}[which]
			}).honest(t, .5, 2)
		})
	}
}

// The other metrics take each row as one of the sample: rounded or repeated rows are as good as any.
func TestDistancesOfRoundedSamples(t *testing.T) {
	rng := random(15)
	// The energy distance of rounded samples of one distribution is 0 in expectation.
	c := calibrate(60, func() Estimate {
		return EnergyDistance(rounded(gaussian(150, 0, .3, rng)), rounded(gaussian(100, 0, .3, rng)))
	})
	near(t, "energy distance", c.mean, 0, 4*c.se)
	c.honest(t, .5, 2)
	for name, distance := range map[string]func(x, y mat.Matrix) Estimate{
		"W2": ExactW2,
		"sliced W2": func(x, y mat.Matrix) Estimate {
			return SlicedW2(x, y, 16, rand.New(rand.NewPCG(1, 2)))
		},
	} {
		x, y := gaussian(100, 0, 1, rng), gaussian(100, 1, 1, rng)
		whole := distance(x, y).Value
		near(t, name+" of repeated rows", distance(repeated(x, 3), repeated(y, 3)).Value, whole, 1e-12)
		// Rounding moves no point by more than half the diagonal of a cell.
		near(t, name+" of rounded rows", distance(rounded(mat.DenseCopyOf(x)), rounded(mat.DenseCopyOf(y))).Value, whole, .1*math.Sqrt2)
		// The order of equal rows does not matter, for the standard error too.
		x, y = rounded(gaussian(100, 0, .3, rng)), rounded(gaussian(100, 1, .3, rng))
		a, b := distance(x, y), distance(reversed(x), reversed(y))
		near(t, name+" of reversed rows", b.Value, a.Value, 1e-12)
		near(t, "error of "+name, b.SE, a.SE, .05*a.SE)
		calibrate(60, func() Estimate {
			return distance(rounded(gaussian(100, 0, .3, rng)), rounded(gaussian(100, 1, .3, rng)))
		}).honest(t, .5, 2)
	}
	g := grid{3}
	x := g.sample(500, .3, 1)
	once, twice := Modes(x, g, nil, ceiling), Modes(repeated(x, 2), g, nil, ceiling)
	near(t, "mode TV", twice.TV.Value, once.TV.Value, 1e-15)
	near(t, "high quality", twice.HighQuality.Value, once.HighQuality.Value, 1e-15)
}
