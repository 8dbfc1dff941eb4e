package metrics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// PrecisionRecall compares generated samples fake (m x d) with data real (n x d) by the balls around
// their points up to the k-th nearest neighbour in the same sample (k = 5 in the literature):
//
//	precision  fraction of the fakes within the ball of a real       [kynkaanniemi2019]
//	recall     fraction of the reals within the ball of a fake       [kynkaanniemi2019]
//	density    mean number of real balls that contain a fake, over k [naeem2020]
//	coverage   fraction of the reals with a fake in their ball       [naeem2020]
//
// For equal distributions and large n = m density is 1, coverage 1 − 2^−k, and precision and recall
// are slightly below 1: compare with the oracle. Only density can exceed 1.
//
// Rows may repeat, as in rounded data. The neighbours of a point are the other distinct points of its
// sample, so no ball has radius 0, while the fractions and means are over all rows. A ball is closed:
// all points at the distance of the k-th neighbour are within, up to the rounding of coordinates. It
// may thus hold more than k other rows, and density counts it with weight 1/(their number) instead of
// 1/k, which keeps its expectation under equality at 1.
//
// The balls are as random as the points in them, so a binomial standard error would be up to six
// times too small. The standard error is computed from 10 parts of both samples (consecutive rows),
// whose balls are wider: near 1 it is up to 2 times too large, and more for coarsely rounded data. It
// is NaN below 8(k+1) rows, which do not make two parts, and if a part has at most k distinct points.
//
// A sample of at most k distinct points has no balls, and the values that need them are NaN: of the
// reals precision, density and coverage, of the fakes recall.
//
// A k-d tree finds the neighbours, in O((n+m) log(n+m)) on the plane, and in O(d(n²+nm+m²)) at worst, in many
// dimensions; in parallel. It panics if the widths
// differ or if k < 1.
func PrecisionRecall(real, fake mat.Matrix, k int) (precision, recall, density, coverage Estimate) {
	if k < 1 {
		panic(fmt.Sprintf("metrics: PrecisionRecall with k = %d, at least 1 is needed", k))
	}
	r, f, bad := pair("PrecisionRecall", real, fake, 1)
	n, m := r.len(), f.len()
	if bad > 0 {
		ofReal, ofFake := unknown(n, bad), unknown(m, bad)
		return ofFake, ofReal, ofFake, ofReal
	}
	whole := precisionRecall(r, f, k)
	parts := min(precisionParts, min(n, m)/(4*(k+1)))
	values := make([][]float64, len(whole))
	for p := range parts {
		part := precisionRecall(r.rows(p*n/parts, (p+1)*n/parts), f.rows(p*m/parts, (p+1)*m/parts), k)
		for i, v := range part {
			values[i] = append(values[i], v)
		}
	}
	estimate := func(i, n int) Estimate {
		e := Estimate{Value: whole[i], SE: math.NaN(), N: n}
		if parts >= 2 {
			e.SE = Mean(values[i]).SE
		}
		return e
	}
	return estimate(0, m), estimate(1, n), estimate(2, m), estimate(3, n)
}

// precisionParts is the number of parts that a standard error is computed from. Its own relative
// error is about 1/√(2·9) = 24 %.
const precisionParts = 10

// precisionRecall returns precision, recall, density and coverage.
func precisionRecall(real, fake coordinates, k int) [4]float64 {
	r, f := ballsOf(real, k), ballsOf(fake, k)
	n, m := r.len(), f.len()
	inReal := perBlock[bool](m) // whether each fake is in the ball of a real
	inFake := perBlock[bool](n) // whether each real is in the ball of a fake
	hits := make([]int, n)      // number of fakes in the ball of each real
	inBlocks(n, func(block, lo, hi int) {
		at := make([]float64, len(r.coordinates))
		for i := lo; i < hi; i++ {
			f.tree.within(r.place(i, at), r.radius2[i], func(j int) {
				hits[i] += f.rows[j]
				inReal[block][j] = true
			})
		}
	})
	inBlocks(m, func(block, lo, hi int) {
		at := make([]float64, len(f.coordinates))
		for j := lo; j < hi; j++ {
			r.tree.within(f.place(j, at), f.radius2[j], func(i int) { inFake[block][i] = true })
		}
	})
	of := func(in [][]bool, i int) bool {
		return slices.ContainsFunc(in, func(block []bool) bool { return block[i] })
	}
	var precise, recalled, covered, pairs float64
	for j, rows := range f.rows {
		if of(inReal, j) {
			precise += float64(rows)
		}
	}
	for i, rows := range r.rows {
		if of(inFake, i) {
			recalled += float64(rows)
		}
		if hits[i] > 0 {
			covered += float64(rows)
			pairs += float64(rows*hits[i]) * (float64(k) / float64(r.others[i]))
		}
	}
	if n <= k {
		precise, pairs, covered = math.NaN(), math.NaN(), math.NaN()
	}
	if m <= k {
		recalled = math.NaN()
	}
	reals, fakes := float64(real.len()), float64(fake.len())
	return [4]float64{precise / fakes, recalled / reals, pairs / float64(k) / fakes, covered / reals}
}

// balls are the distinct points of a sample and the ball around each.
type balls struct {
	coordinates
	tree    *kdTree
	rows    []int     // number of rows of the sample at each point
	radius2 []float64 // squared distance of the k-th nearest other point; NaN if there is none
	others  []int     // number of rows in the ball of a row, without itself
}

func ballsOf(sample coordinates, k int) balls {
	c, rows := sample.distinct()
	b := balls{c, newTree(c), rows, make([]float64, c.len()), make([]int, c.len())}
	if c.len() <= k {
		for i := range b.radius2 {
			b.radius2[i] = math.NaN()
		}
		return b
	}
	inBlocks(c.len(), func(_, lo, hi int) {
		at := make([]float64, len(c))
		nearest := make([]float64, k+1) // the last shows a tie
		for i := lo; i < hi; i++ {
			for s := range nearest {
				nearest[s] = math.Inf(1)
			}
			b.tree.nearest(nearest, c.place(i, at), i)
			radius2 := c.closed(i, nearest[k-1])
			b.radius2[i], b.others[i] = radius2, k
			if c.len() < sample.len() || nearest[k] <= radius2 {
				b.others[i] = -1
				b.tree.within(at, radius2, func(j int) { b.others[i] += rows[j] })
			}
		}
	})
	return b
}

// closed returns a squared distance from row i, widened by what rounding may do to equal distances
// between coordinates such as 0.1 and 0.2.
func (c coordinates) closed(i int, square float64) float64 {
	r := math.Sqrt(square)
	size := r
	for _, v := range c {
		size += math.Abs(v[i])
	}
	return sq(r + size*0x1p-50)
}
