package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// coordinates is a sample stored by coordinate, d slices of n values, so that loops over all pairs
// read memory sequentially.
type coordinates [][]float64

func coordinatesOf(x mat.Matrix) coordinates {
	n, d := x.Dims()
	c := make(coordinates, d)
	for j := range c {
		c[j] = mat.Col(make([]float64, n), j, x)
	}
	return c
}

func (c coordinates) len() int { return len(c[0]) }

// rows returns the rows [lo, hi), sharing memory.
func (c coordinates) rows(lo, hi int) coordinates {
	part := make(coordinates, len(c))
	for j, v := range c {
		part[j] = v[lo:hi]
	}
	return part
}

// place writes row i to at and returns it.
func (c coordinates) place(i int, at []float64) []float64 {
	for k, v := range c {
		at[k] = v[i]
	}
	return at
}

// distinct returns the distinct rows, in the order of their first appearance, and how often each
// appears.
func (c coordinates) distinct() (points coordinates, times []int) {
	compare := func(a, b int) int {
		for _, v := range c {
			if order := cmp.Compare(v[a], v[b]); order != 0 {
				return order
			}
		}
		return 0
	}
	order := make([]int, c.len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compare(a, b), a-b) })
	count, first := make([]int, c.len()), order[0]
	for _, i := range order {
		if compare(first, i) != 0 {
			first = i
		}
		count[first]++
	}
	points = make(coordinates, len(c))
	for i, n := range count {
		if n > 0 {
			times = append(times, n)
			for j, v := range c {
				points[j] = append(points[j], v[i])
			}
		}
	}
	return points, times
}

// nonFinite returns the number of rows with a NaN or an infinity.
func (c coordinates) nonFinite() int {
	count := 0
	for i := range c.len() {
		for _, v := range c {
			if !finite(v[i]) {
				count++
				break
			}
		}
	}
	return count
}

// centre subtracts at, a value for each coordinate, in place.
func (c coordinates) centre(at []float64) {
	for j, v := range c {
		for i := range v {
			v[i] -= at[j]
		}
	}
}

// squares writes the squared distances from row i of a to every row of b.
func squares(out []float64, a coordinates, i int, b coordinates) {
	clear(out)
	for k, v := range b {
		at := a[k][i]
		for j, u := range v {
			d := at - u
			out[j] += d * d
		}
	}
}

// pair returns two samples by coordinate and the number of their rows that are not finite. It panics
// if their widths differ or either has fewer than minimum rows.
func pair(metric string, x, y mat.Matrix, minimum int) (a, b coordinates, nonFinite int) {
	n, d := x.Dims()
	m, e := y.Dims()
	if d != e {
		panic(fmt.Sprintf("metrics: %s of samples of %d and %d columns", metric, d, e))
	}
	if n < minimum || m < minimum {
		panic(fmt.Sprintf("metrics: %s of %d and %d rows, at least %d are needed", metric, n, m, minimum))
	}
	a, b = coordinatesOf(x), coordinatesOf(y)
	return a, b, a.nonFinite() + b.nonFinite()
}

// unknown returns the estimate from n rows of which some are not finite.
func unknown(n, nonFinite int) Estimate {
	return Estimate{Value: math.NaN(), SE: math.NaN(), N: n, NonFinite: nonFinite}
}
