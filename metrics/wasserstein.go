package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// SlicedW2 returns the sliced 2-Wasserstein distance of samples x (n x d) and y (m x d), in the unit
// of the coordinates [bonneel2015]: the square root of the mean W2² of the projected samples over so
// many directions. On the plane the directions are equally spaced from a random start, otherwise
// they are independent and uniform.
//
// It is biased upwards: the distance of two samples of one distribution is of order 1/√n, so compare
// with the oracle. The standard error is that of sampling x and y, by the delta method on the
// Kantorovich potentials [delbarrio2019]; for equal distributions the limit is not normal, and it is
// about √2 too large. SlicedW2 panics below 2 rows, if the widths differ, or if directions < 1.
func SlicedW2(x, y mat.Matrix, directions int, rng *rand.Rand) Estimate {
	a, b, bad := pair("SlicedW2", x, y, 2)
	if directions < 1 {
		panic(fmt.Sprintf("metrics: SlicedW2 over %d directions, at least 1 is needed", directions))
	}
	angles := unitVectors(directions, len(a), rng)
	n, m := a.len(), b.len()
	if bad > 0 {
		return unknown(n, bad)
	}
	f, g := perBlock[float64](n), perBlock[float64](m)
	squares := make([]float64, directions)
	inBlocks(directions, func(block, lo, hi int) {
		var p, q line
		var by projector
		for k := lo; k < hi; k++ {
			p, q = by.project(p, a, angles[k]), by.project(q, b, angles[k])
			squares[k] = monotone(p, q, f[block], g[block])
		}
	})
	square := stat.Mean(squares, nil)
	variance := (stat.Variance(sum(f), nil)/float64(n) + stat.Variance(sum(g), nil)/float64(m)) /
		sq(float64(directions))
	return rooted(square, variance, n)
}

// ExactW2 returns the 2-Wasserstein distance of two samples of equal size (n x d), in the unit
// of the coordinates: the root of the mean squared distance in the best assignment of the rows
// of x to the rows of y, found exactly in O(n³).
//
// As an estimate of the distance of the distributions it is biased upwards far more than [SlicedW2],
// by order n^(-1/2) in W2² on the plane: compare with the oracle. The standard error is computed as
// there, from the dual variables of the assignment; where equal rows leave these a choice, it is one of
// several. It panics if the sizes or the widths differ, or below 2 rows.
func ExactW2(x, y mat.Matrix) Estimate {
	a, b, bad := pair("ExactW2", x, y, 2)
	n := a.len()
	if n != b.len() {
		panic(fmt.Sprintf("metrics: ExactW2 of %d and %d rows, equal numbers are needed", n, b.len()))
	}
	if bad > 0 {
		return unknown(n, bad)
	}
	cost := make([]float64, n*n)
	for i := range n {
		squares(cost[i*n:(i+1)*n], a, i, b)
	}
	column, u, v := assign(cost, n)
	total := 0.0
	for i, j := range column {
		total += cost[i*n+j]
	}
	variance := (stat.Variance(u, nil) + stat.Variance(v, nil)) / float64(n)
	return rooted(total/float64(n), variance, n)
}

// rooted returns the estimate of √square given the variance of square.
func rooted(square, variance float64, n int) Estimate {
	e := Estimate{Value: math.Sqrt(square), N: n}
	if variance > 0 {
		e.SE = math.Sqrt(variance) / (2 * e.Value)
	}
	return e
}

// unitVectors returns so many unit vectors of d coordinates.
func unitVectors(directions, d int, rng *rand.Rand) [][]float64 {
	u := make([][]float64, directions)
	start := rng.Float64()
	for k := range u {
		if d == 2 {
			sin, cos := math.Sincos(math.Pi * (float64(k) + start) / float64(directions))
			u[k] = []float64{cos, sin}
			continue
		}
		u[k] = make([]float64, d)
		norm := 0.0
		for norm == 0 {
			for j := range u[k] {
				u[k][j] = rng.NormFloat64()
				norm = math.Hypot(norm, u[k][j])
			}
		}
		for j := range u[k] {
			u[k][j] /= norm
		}
	}
	return u
}

// monotone returns W2² of two samples on the line, whose optimal plan is monotone, and adds the
// Kantorovich potentials (up to a constant) to f and g, by row.
func monotone(p, q line, f, g []float64) float64 {
	n, m := len(p), len(q)
	// Each point of p is m units of mass, each of q is n.
	square, i, j, left, right := 0.0, 0, 0, m, n
	toP, toQ := make([]float64, n), make([]float64, m) // barycentric projection of the plan
	for i < n && j < m {
		mass := min(left, right)
		square += float64(mass) * sq(p[i].at-q[j].at)
		toP[i] += float64(mass) / float64(m) * q[j].at
		toQ[j] += float64(mass) / float64(n) * p[i].at
		if left -= mass; left == 0 {
			i, left = i+1, m
		}
		if right -= mass; right == 0 {
			j, right = j+1, n
		}
	}
	potential(p, toP, f)
	potential(q, toQ, g)
	return square / (float64(n) * float64(m))
}

// potential adds the integral of 2(x - T(x)) by the trapezoidal rule, T the map of the plan.
func potential(p line, partner, f []float64) {
	value := 0.0
	for i := 1; i < len(p); i++ {
		value += (p[i].at - p[i-1].at) * (p[i].at - partner[i] + p[i-1].at - partner[i-1])
		f[p[i].row] += value
	}
}
