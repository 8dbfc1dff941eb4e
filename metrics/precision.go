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
// The balls are as random as the points in them, so a binomial standard error would be up to six
// times too small. The standard error is computed from 10 parts of both samples (consecutive rows);
// it is NaN below 8(k+1) rows, which do not make two parts.
//
// It computes all pairs, O(d(n²+nm+m²)), in parallel. It panics if the widths differ, if k < 1, or if
// a sample has at most k rows.
func PrecisionRecall(real, fake mat.Matrix, k int) (precision, recall, density, coverage Estimate) {
	if k < 1 {
		panic(fmt.Sprintf("metrics: PrecisionRecall with k = %d, at least 1 is needed", k))
	}
	r, f, bad := pair("PrecisionRecall", real, fake, k+1)
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
func precisionRecall(r, f coordinates, k int) [4]float64 {
	n, m := r.len(), f.len()
	ofReal, ofFake := neighbourhood(r, k), neighbourhood(f, k)
	inReal := perBlock[int32](m) // number of real balls that contain each fake
	holds := make([]bool, n)     // whether the ball of each real contains a fake
	inFake := make([]bool, n)    // whether each real is in the ball of a fake
	inBlocks(n, func(block, lo, hi int) {
		d := make([]float64, m)
		for i := lo; i < hi; i++ {
			squares(d, r, i, f)
			for j, d := range d {
				if d <= ofReal[i] {
					holds[i] = true
					inReal[block][j]++
				}
				if d <= ofFake[j] {
					inFake[i] = true
				}
			}
		}
	})
	var precise, recalled, covered, pairs float64
	for _, c := range sum(inReal) {
		pairs += float64(c)
		precise += indicator(c > 0)
	}
	for i := range n {
		recalled += indicator(inFake[i])
		covered += indicator(holds[i])
	}
	return [4]float64{
		precise / float64(m), recalled / float64(n), pairs / float64(k) / float64(m), covered / float64(n),
	}
}

// neighbourhood returns the squared distance from each row to its k-th nearest other row.
func neighbourhood(c coordinates, k int) []float64 {
	radius := make([]float64, c.len())
	inBlocks(c.len(), func(_, lo, hi int) {
		d := make([]float64, c.len())
		nearest := make([]float64, k) // in increasing order
		for i := lo; i < hi; i++ {
			for s := range nearest {
				nearest[s] = math.Inf(1)
			}
			squares(d, c, i, c)
			d[i] = math.Inf(1)
			for _, d := range d {
				if d < nearest[k-1] {
					at, _ := slices.BinarySearch(nearest, d)
					copy(nearest[at+1:], nearest[at:k-1])
					nearest[at] = d
				}
			}
			radius[i] = nearest[k-1]
		}
	})
	return radius
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
