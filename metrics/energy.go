package metrics

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/internal/kernel"
)

// EnergyDistance estimates the energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| of two distributions from
// samples x (n x d) and y (m x d), in the unit of the coordinates [szekely2013]. The estimator is the
// U-statistic: no point is paired with itself, its expectation is 0 if the distributions are equal,
// and it can be negative. Equal rows are separate points of a sample, a pair at distance 0; rows that x
// and y have in common because one was taken from the other bias it downwards, by E|X-X'|·2/n if all are.
//
// The standard error has both terms of Hoeffding's decomposition [hoeffding1948]: the projection,
// which dominates if the distributions differ, and the interaction, the only one if they are equal.
// It is NaN below 4 rows. EnergyDistance panics below 2 rows or if the widths differ.
//
// It computes all pairs, O(d(n²+nm+m²)), in parallel.
func EnergyDistance(x, y mat.Matrix) Estimate {
	a, b, bad := pair("EnergyDistance", x, y, 2)
	n, m := float64(a.len()), float64(b.len())
	if bad > 0 {
		return unknown(a.len(), bad)
	}
	// Centring avoids cancellation in the sums of squares below.
	origin := make([]float64, len(a))
	for k := range a {
		origin[k] = stat.Mean(a[k], nil)
	}
	a.centre(origin)
	b.centre(origin)

	toY, toX, cross := between(a, b)
	inX, interX := within(a)
	inY, interY := within(b)

	// The estimated variance of the projection includes noise of the interaction, which is
	// subtracted. A remainder that is not significant is set to 0: the standard error is then
	// within 20 % of the true one (see the test).
	first := 4/n*projection(toY, inX) + 4/m*projection(toX, inY)
	noise := 4/n*(cross/m+interX/(n-2)) + 4/m*(cross/n+interY/(m-2))
	if first -= noise; first < 2*noise {
		first = 0
	}
	second := 4/(n*m)*cross + 2/(n*(n-1))*interX + 2/(m*(m-1))*interY
	return Estimate{
		Value: 2*stat.Mean(toY, nil) - stat.Mean(inX, nil) - stat.Mean(inY, nil),
		SE:    math.Sqrt(first + second),
		N:     a.len(),
	}
}

// projection estimates the variance of E|x-Y| - E|x-X'| over x from the mean distances of each row to
// the other sample and to its own. It includes the noise of the interaction.
func projection(toOther, toOwn []float64) float64 {
	n := float64(len(toOwn))
	witness := make([]float64, len(toOwn))
	for i := range witness {
		// (n-1)/(n-2) corrects for the correlation of a row's mean with those of the others.
		witness[i] = toOther[i] - (n-1)/(n-2)*toOwn[i]
	}
	return stat.Variance(witness, nil)
}

// between returns the mean distance of each row to the other sample, and the unbiased variance of the
// interaction: the residual of |x-y| in a two-way analysis of variance.
func between(a, b coordinates) (ofA, ofB []float64, interaction float64) {
	n, m := a.len(), b.len()
	ofA = make([]float64, n)
	parts := perBlock[float64](m)
	inBlocks(n, func(block, lo, hi int) {
		for j := 0; j < m; j += tile {
			end := min(j+tile, m)
			for i := lo; i < hi; i++ {
				ofA[i] += distances(a, i, b, j, end, parts[block])
			}
		}
	})
	ofB = sum(parts)
	for i := range ofA {
		ofA[i] /= float64(m)
	}
	for j := range ofB {
		ofB[j] /= float64(n)
	}
	sumA, squaresA := moments(a)
	sumB, squaresB := moments(b)
	total := float64(m)*squaresA + float64(n)*squaresB - float64(n*m)*sq(stat.Mean(ofA, nil))
	for k := range sumA {
		total -= 2 * sumA[k] * sumB[k]
	}
	rows := float64(m) * scatter(ofA)
	cols := float64(n) * scatter(ofB)
	return ofA, ofB, max(total-rows-cols, 0) / float64((n-1)*(m-1))
}

// within returns the mean distance of each row to the other rows, and the unbiased variance of the
// interaction; NaN below 4 rows, which leave no degree of freedom.
func within(a coordinates) (mean []float64, interaction float64) {
	n := a.len()
	rows := make([]float64, n)
	parts := perBlock[float64](n)
	inBlocks(n, func(block, lo, hi int) {
		for j := lo; j < n; j += tile {
			end := min(j+tile, n)
			for i := lo; i < min(hi, end); i++ {
				rows[i] += distances(a, i, a, max(j, i+1), end, parts[block])
			}
		}
	})
	mean = sum(parts)
	for i := range mean {
		mean[i] = (mean[i] + rows[i]) / float64(n-1)
	}
	if n < 4 {
		return mean, math.NaN()
	}
	f := float64(n)
	sums, squares := moments(a)
	total := f*squares - f*(f-1)/2*sq(stat.Mean(mean, nil))
	for _, s := range sums {
		total -= s * s
	}
	fit := (f - 1) * (f - 1) / (f - 2) * scatter(mean)
	return mean, max(total-fit, 0) / (f * (f - 3) / 2)
}

// tile is the number of rows of the second sample that all rows of a block visit before the next
// tile: their coordinates and sums fit in the L1 cache.
const tile = 1024

// distances returns the sum of the distances from row i of a to the rows [lo, hi) of b, and adds each
// to its element of col.
func distances(a coordinates, i int, b coordinates, lo, hi int, col []float64) float64 {
	if lo >= hi {
		return 0
	}
	sum := 0.0
	if len(a) != 2 {
		for j := lo; j < hi; j++ {
			square := 0.0
			for k := range a {
				square += sq(a[k][i] - b[k][j])
			}
			r := math.Sqrt(square)
			sum += r
			col[j] += r
		}
		return sum
	}
	return kernel.Distances(a[0][i], a[1][i], b[0][lo:hi], b[1][lo:hi], col[lo:hi])
}

// moments returns the sum of each coordinate and the sum of all squares.
func moments(a coordinates) (sums []float64, squares float64) {
	sums = make([]float64, len(a))
	for k, v := range a {
		for _, c := range v {
			sums[k] += c
			squares += c * c
		}
	}
	return sums, squares
}

// scatter returns the sum of squared deviations from the mean.
func scatter(v []float64) float64 { return stat.Variance(v, nil) * float64(len(v)-1) }

func sq(v float64) float64 { return v * v }
