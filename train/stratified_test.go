package train_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"genlab/train"
)

// TestStratifiedNormalIsNormal: over many batches, rows of every position have mean 0, variance 1 and no correlation
// between columns, within 4 standard errors.
func TestStratifiedNormalIsNormal(t *testing.T) {
	const n, d, batches = 8, 5, 4000
	rng := train.NewStream(1, "test").Rand
	columns := make([][]float64, d)
	dst := make([]float32, n*d)
	for range batches {
		train.StratifiedNormal(dst, d, rng)
		for j := range d {
			columns[j] = append(columns[j], float64(dst[3*d+j])) // of one row: rows of a batch depend on each other
		}
	}
	for j, x := range columns {
		mean, variance := stat.MeanVariance(x, nil)
		if !(math.Abs(mean) <= 4/math.Sqrt(batches)) || !(math.Abs(variance-1) <= 4*math.Sqrt(2.0/batches)) {
			t.Errorf("column %d: mean %v, variance %v", j, mean, variance)
		}
		for k := range j {
			if r := stat.Correlation(x, columns[k], nil); !(math.Abs(r) <= 4/math.Sqrt(batches)) {
				t.Errorf("columns %d and %d have a correlation of %v", k, j, r)
			}
		}
	}
}

// TestStratifiedNormalTakesTwoNumbersAPair, and one for each exchange of rows of the pairs after the first: a training that
// was saved goes on with the numbers that it would have had.
func TestStratifiedNormalTakesTwoNumbersAPair(t *testing.T) {
	const n = 8
	for d := 1; d <= 4; d++ {
		got, want := train.NewStream(3, "test").Rand, train.NewStream(3, "test").Rand
		train.StratifiedNormal(make([]float32, n*d), d, got)
		for j := range d {
			want.Float64()
			if j == 3 || j == 2 && d == 3 {
				for i := n - 1; i > 0; i-- {
					want.IntN(i + 1)
				}
			}
		}
		if got.Uint64() != want.Uint64() {
			t.Errorf("%d columns take other numbers", d)
		}
	}
}

// TestStratifiedNormalHasLessVariance: the mean of a smooth function over a batch of 128 rows varies at least ten
// times less than over independent rows, whose variance is that of the function, 1 for each, over 128.
func TestStratifiedNormalHasLessVariance(t *testing.T) {
	const n, batches = 128, 300
	for name, f := range map[string]func(x, y float64) float64{
		"x":       func(x, _ float64) float64 { return x },
		"y":       func(_, y float64) float64 { return y },
		"of both": func(x, y float64) float64 { return 2.54 * math.Tanh(x) * math.Tanh(y) },
	} {
		rng := train.NewStream(2, "test").Rand
		dst := make([]float32, 2*n)
		var means []float64
		for range batches {
			train.StratifiedNormal(dst, 2, rng)
			sum := 0.0
			for i := range n {
				sum += f(float64(dst[2*i]), float64(dst[2*i+1]))
			}
			means = append(means, sum/n)
		}
		if v := stat.Variance(means, nil); v > 0.1/n {
			t.Errorf("the mean of %s has variance %v, and %v over independent rows", name, v, 1.0/n)
		}
	}
}
