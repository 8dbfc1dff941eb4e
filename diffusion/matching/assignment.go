package matching

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Assignment returns the permutation that minimises Σ cost[i][to[i]] over an n x n matrix of costs, exactly, by the algorithm
// of [jonker1987]: most rows find their columns by reductions of the columns' prices, the others by shortest augmenting
// paths, in O(n³). It panics unless cost is square and finite.
func Assignment(cost *mat.Dense) (to []int) {
	n, columns := cost.Dims()
	if n != columns {
		panic(fmt.Sprintf("matching: an assignment of %d rows to %d columns: want as many", n, columns))
	}
	for i := range n {
		for _, c := range cost.RawRowView(i) {
			if math.IsInf(c, 0) || math.IsNaN(c) {
				panic(fmt.Sprintf("matching: an assignment with a cost in row %d that is not finite", i))
			}
		}
	}
	a := newAssigner(cost)
	for _, row := range a.reduceRows(a.reduceColumns()) {
		a.augment(row)
	}
	return a.columnOf
}

// assigner is a partial assignment with the prices of the columns: in every assigned row the assigned column has the least
// cost less price.
type assigner struct {
	cost            *mat.Dense
	price           []float64 // of columns
	columnOf, rowOf []int     // -1: none

	// Of the search for a path.
	distance []float64
	from     []int // row before each column
	order    []int // columns: those whose distance is final, those that are next, and the others
}

func newAssigner(cost *mat.Dense) *assigner {
	n, _ := cost.Dims()
	a := &assigner{cost, make([]float64, n), make([]int, n), make([]int, n), make([]float64, n), make([]int, n), make([]int, n)}
	for i := range n {
		a.columnOf[i], a.rowOf[i], a.order[i] = -1, -1, i
	}
	return a
}

// reduceColumns sets each price to the least cost in its column, gives the column to that row if it has none yet, and lowers
// the prices of rows' only columns to what their second choice allows. It returns the rows without a column.
func (a *assigner) reduceColumns() (free []int) {
	n := len(a.price)
	least, choices := a.from, make([]int, n)
	copy(a.price, a.cost.RawRowView(0))
	clear(least)
	for i := 1; i < n; i++ {
		for j, c := range a.cost.RawRowView(i) {
			if c < a.price[j] {
				a.price[j], least[j] = c, i
			}
		}
	}
	for j, i := range least {
		if choices[i]++; choices[i] == 1 {
			a.columnOf[i], a.rowOf[j] = j, i
		}
	}
	for i, k := range choices {
		switch k {
		case 0:
			free = append(free, i)
		case 1:
			if _, _, second := a.twoLeast(i); n > 1 {
				a.price[a.columnOf[i]] -= second
			}
		}
	}
	return free
}

// twoLeast returns the column of a row with the least cost less price, that value, which is 0 or more, and the least of the others.
func (a *assigner) twoLeast(row int) (column int, least, second float64) {
	least, second = math.Inf(1), math.Inf(1)
	price := a.price
	for j, c := range a.cost.RawRowView(row)[:len(price)] {
		if r := c - price[j]; r < second {
			if r < least {
				column, least, second = j, r, least
			} else {
				second = r
			}
		}
	}
	return column, least, second
}

// reduceRows gives each free row the column that it likes best, at the price at which its second choice would be as good; a
// row that loses its column tries again, as long as there are tries. It returns the rows that are left.
func (a *assigner) reduceRows(free []int) (left []int) {
	for tries := len(a.price); len(free) > 0; tries-- {
		row := free[len(free)-1]
		free = free[:len(free)-1]
		column, least, second := a.twoLeast(row)
		loser := a.rowOf[column]
		if least == second && loser >= 0 || tries <= 0 || math.IsInf(second, 1) {
			left = append(left, row)
			continue
		}
		a.price[column] -= second - least
		a.columnOf[row], a.rowOf[column] = column, row
		if loser >= 0 {
			a.columnOf[loser] = -1
			free = append(free, loser)
		}
	}
	return left
}

// augment finds the shortest path from a free row, over assigned columns back to their rows, to a free column, by Dijkstra's
// algorithm in costs less prices, and assigns along it.
func (a *assigner) augment(start int) {
	n := len(a.price)
	for j, c := range a.cost.RawRowView(start) {
		a.distance[j], a.from[j] = c-a.price[j], start
	}
	final, next := 0, 0 // order[:final] are final, order[final:next] have the distance length
	length := 0.0
	end := -1
	for end < 0 {
		if final == next { // the least distance of the others
			length = math.Inf(1)
			for k := next; k < n; k++ {
				j := a.order[k]
				if d := a.distance[j]; d <= length {
					if d < length {
						length, next = d, final
					}
					a.order[k], a.order[next] = a.order[next], j
					next++
				}
			}
			if end = a.freeColumn(a.order[final:next]); end >= 0 {
				break
			}
		}
		at := a.order[final]
		row := a.rowOf[at]
		final++
		costs := a.cost.RawRowView(row)
		base := costs[at] - a.price[at] - length
		for k := next; k < n; k++ {
			j := a.order[k]
			d := costs[j] - a.price[j] - base
			if d >= a.distance[j] {
				continue
			}
			a.distance[j], a.from[j] = d, row
			if d <= length {
				if a.rowOf[j] < 0 {
					end = j
					break
				}
				a.order[k], a.order[next] = a.order[next], j
				next++
			}
		}
	}
	for _, j := range a.order[:final] {
		a.price[j] += a.distance[j] - length
	}
	for column := end; ; {
		row := a.from[column]
		a.rowOf[column] = row
		a.columnOf[row], column = column, a.columnOf[row]
		if row == start {
			return
		}
	}
}

// freeColumn returns one of the columns without a row, or -1.
func (a *assigner) freeColumn(columns []int) int {
	for _, j := range columns {
		if a.rowOf[j] < 0 {
			return j
		}
	}
	return -1
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
