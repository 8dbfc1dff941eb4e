package metrics

import "math"

// assign solves the assignment problem of an n x n matrix of finite costs, row by row: column[i] is
// the column of row i in an assignment of minimum total cost, and u, v are the dual variables:
// u[i] + v[j] <= cost[i,j] up to rounding, with equality for j = column[i].
//
// Shortest augmenting paths from a greedy start [jonker1987]: O(n³) in the worst case.
func assign(cost []float64, n int) (column []int, u, v []float64) {
	column, row := make([]int, n), make([]int, n) // partner of each row and column, -1: free
	u, v = make([]float64, n), make([]float64, n)
	for k := range n {
		column[k], row[k] = -1, -1
		v[k] = math.Inf(1)
	}
	for i := range n {
		for j, c := range cost[i*n : (i+1)*n] {
			v[j] = min(v[j], c)
		}
	}
	for i := range n {
		best := 0
		for j, c := range cost[i*n : (i+1)*n] {
			if c-v[j] < cost[i*n+best]-v[best] {
				best = j
			}
		}
		u[i] = cost[i*n+best] - v[best]
		if row[best] < 0 {
			column[i], row[best] = best, i
		}
	}

	path := pathFinder{
		distance: make([]float64, n), from: make([]int, n),
		open: make([]int, n), done: make([]int, 0, n),
	}
	for free := range n {
		if column[free] < 0 {
			end, length := path.search(cost, n, free, row, u, v)
			path.reprice(free, row, length, u, v)
			for i := -1; i != free; { // swap partners back along the path
				i = path.from[end]
				row[end] = i
				column[i], end = end, column[i]
			}
		}
	}
	return column, u, v
}

// pathFinder is Dijkstra's algorithm over columns with reduced costs; its slices are reused.
type pathFinder struct {
	distance []float64 // of each column from the free row
	from     []int     // the row that a column is reached from
	open     []int     // columns not yet reached
	done     []int     // columns reached, nearest first
}

// search returns the nearest free column and its distance from a free row.
func (p *pathFinder) search(cost []float64, n, free int, row []int, u, v []float64) (end int, length float64) {
	p.open, p.done = p.open[:n], p.done[:0]
	for j := range n {
		p.distance[j], p.from[j], p.open[j] = math.Inf(1), free, j
	}
	for i := free; ; {
		base := length - u[i]
		costs := cost[i*n : (i+1)*n]
		nearest := 0
		least := math.Inf(1)
		for k, j := range p.open {
			d := p.distance[j]
			if r := base + costs[j] - v[j]; r < d {
				d, p.from[j] = r, i
				p.distance[j] = r
			}
			// Of equally near columns a free one ends the search.
			if d < least || d == least && row[j] < 0 {
				nearest, least = k, d
			}
		}
		end = p.open[nearest]
		length = least
		if row[end] < 0 {
			return end, length
		}
		last := len(p.open) - 1
		p.open[nearest] = p.open[last]
		p.open = p.open[:last]
		p.done = append(p.done, end)
		i = row[end]
	}
}

// reprice changes the dual variables so that the path costs nothing and no reduced cost is
// negative.
func (p *pathFinder) reprice(free int, row []int, length float64, u, v []float64) {
	u[free] += length
	for _, j := range p.done {
		slack := length - p.distance[j]
		v[j] -= slack
		u[row[j]] += slack
	}
}
