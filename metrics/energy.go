package metrics

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// EnergyDistance estimates 2 E|X-Y| - E|X-X'| - E|Y-Y'| from x (n x d) and y (m x d), in the
// unit of the coordinates [szekely2013]. It is the U-statistic: no point is paired with itself,
// the expectation under equality of the laws is 0, and values below 0 occur.
//
// The standard error has both terms of Hoeffding's decomposition [hoeffding1948]: the
// projection, which rules when the laws differ, and the interaction, which alone is left when
// they agree. It is NaN below 4 rows. It panics below 2 rows or if the widths differ.
//
// All pairs are formed, O(d(n²+nm+m²)); the result does not depend on GOMAXPROCS.
func EnergyDistance(x, y mat.Matrix) Estimate {
	a, b, bad := pair("EnergyDistance", x, y, 2)
	n, m := float64(a.len()), float64(b.len())
	if bad > 0 {
		return unknown(a.len(), bad)
	}
	// The sums of squares below are differences of large numbers unless the origin is near.
	origin := make([]float64, len(a))
	for k := range a {
		origin[k] = stat.Mean(a[k], nil)
	}
	a.centre(origin)
	b.centre(origin)

	toY, toX, cross := between(a, b)
	inX, interX := within(a)
	inY, interY := within(b)

	// The projection's variance is seen through the noise of the interaction, which is counted
	// apart. Where it does not stand out from that noise it is taken for 0: the stated error is
	// then within 20 % of the true one on both sides, and between (see the test).
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

// projection estimates the variance of E|x-Y| - E|x-X'| over x from each row's mean distance to
// the other sample and to its own. The interaction adds noise to those means.
func projection(toOther, toOwn []float64) float64 {
	n := float64(len(toOwn))
	witness := make([]float64, len(toOwn))
	for i := range witness {
		// A row's mean over the n-1 others follows the others' mean too: (n-1)/(n-2) undoes it.
		witness[i] = toOther[i] - (n-1)/(n-2)*toOwn[i]
	}
	return stat.Variance(witness, nil)
}

// between returns each row's mean distance to the other sample, and the variance of the
// interaction: what is left of |x-y| after its mean and a term for each row and each column,
// unbiased as in a two-way analysis of variance.
func between(a, b coordinates) (ofA, ofB []float64, interaction float64) {
	n, m := a.len(), b.len()
	ofA = make([]float64, n)
	parts := scratch[float64](m)
	parallel(n, func(block, lo, hi int) {
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

// within returns each row's mean distance to the other rows and the variance of the
// interaction, unbiased; NaN below 4 rows, where no degree of freedom is left.
func within(a coordinates) (mean []float64, interaction float64) {
	n := a.len()
	rows := make([]float64, n)
	parts := scratch[float64](n)
	parallel(n, func(block, lo, hi int) {
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

// tile is the number of coordinates that are visited for all rows of a block before the next: their
// coordinates and sums stay in the first-level cache.
const tile = 1024

// distances returns the sum of the distances of row i of a to the rows [lo, hi) of b, and adds
// each to its place in col.
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
	x, y := a[0][i], a[1][i]
	col = col[lo:hi]
	bx, by := b[0][lo:hi][:len(col)], b[1][lo:hi][:len(col)]
	for j := range col {
		dx, dy := x-bx[j], y-by[j]
		r := math.Sqrt(dx*dx + dy*dy)
		sum += r
		col[j] += r
	}
	return sum
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

// scatter is the sum of squared deviations from the mean.
func scatter(v []float64) float64 { return stat.Variance(v, nil) * float64(len(v)-1) }

func sq(v float64) float64 { return v * v }
