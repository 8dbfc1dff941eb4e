package matching

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Assignment returns the permutation that minimises Σ cost[i][to[i]] over an n x n matrix of costs, exactly: rows are added
// one at a time along a shortest augmenting path in the reduced costs, as in [jonker1987], in O(n³). It panics unless
// cost is square and finite.
func Assignment(cost *mat.Dense) (to []int) {
	n, columns := cost.Dims()
	if n != columns {
		panic(fmt.Sprintf("matching: an assignment of %d rows to %d columns: want as many", n, columns))
	}
	rowPrice, colPrice := make([]float64, n), make([]float64, n) // the dual solution
	rowOf := make([]int, n)                                      // of each column, -1: none
	for j := range rowOf {
		rowOf[j] = -1
	}
	distance, from, done := make([]float64, n), make([]int, n), make([]bool, n)
	to = make([]int, n)
	for i := range n {
		for j := range n {
			distance[j], from[j], done[j] = math.Inf(1), -1, false
		}
		// The shortest path from row i, over assigned columns back to their rows, to a free column.
		row, column, length := i, -1, 0.0
		for {
			next, least := -1, math.Inf(1)
			for j, c := range cost.RawRowView(row) {
				if done[j] {
					continue
				}
				if d := length + c - rowPrice[row] - colPrice[j]; d < distance[j] {
					distance[j], from[j] = d, row
				}
				if distance[j] < least {
					next, least = j, distance[j]
				}
			}
			if next < 0 {
				panic(fmt.Sprintf("matching: an assignment with a cost in row %d that is not finite", row))
			}
			column, length, done[next] = next, least, true
			if rowOf[column] < 0 {
				break
			}
			row = rowOf[column]
		}
		rowPrice[i] += length
		for j := range n {
			if done[j] && j != column {
				rowPrice[rowOf[j]] += length - distance[j]
				colPrice[j] -= length - distance[j]
			}
		}
		for {
			row := from[column]
			rowOf[column] = row
			to[row], column = column, to[row]
			if row == i {
				break
			}
		}
	}
	return to
}

// Couple reorders the rows of noise (n x d), in place, by minibatch optimal transport [tong2024] [pooladian2023]: in each
// block of at most rows consecutive rows, they are assigned to the rows of data such that the sum of squared distances is
// least. The assignment is exact and a permutation: every point is used once, where sampling pairs from the
// transport plan draws with replacement.
func Couple(data, noise *mat.Dense, rows int) {
	n, d := data.Dims()
	for lo := 0; lo < n; lo += rows {
		hi := min(n, lo+rows)
		cost := mat.NewDense(hi-lo, hi-lo, nil)
		for i := range hi - lo {
			x, costs := data.RawRowView(lo+i), cost.RawRowView(i)
			for j := range costs {
				for k, v := range noise.RawRowView(lo + j) {
					costs[j] += (x[k] - v) * (x[k] - v)
				}
			}
		}
		block := mat.DenseCopyOf(noise.Slice(lo, hi, 0, d))
		for i, j := range Assignment(cost) {
			noise.SetRow(lo+i, block.RawRowView(j))
		}
	}
}
