package vae

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

const (
	side    = 4           // nodes along a side of a cell: exact for polynomials of degree 7
	perCell = side * side // nodes of a cell

	// A cell with a lower density, in standardised units, is not refined: the data's own densities
	// exceed 0.001 almost everywhere.
	minDensity = 1e-8

	// A cell with a lower density is not refined because of the prior, which has tails of its own
	// between its modes.
	minPriorDensity = 1e-5
)

// abscissae and weights are those of Gauss-Legendre quadrature on [-1, 1].
var abscissae, weights = func() (x, w [side]float64) {
	quad.Legendre{}.FixedLocations(x[:], w[:], -1, 1)
	return x, w
}()

// latentCell is a rectangle of the latent plane: its centre and half its sides.
type latentCell struct{ at, half [2]float64 }

// gridCells returns the cells before refinement.
func gridCells() (cells []latentCell) {
	w := 2.0 * halfWidth / rootCells
	for i := range rootCells {
		for j := range rootCells {
			cells = append(cells, latentCell{at: [2]float64{-halfWidth + (float64(i)+.5)*w, -halfWidth + (float64(j)+.5)*w}, half: [2]float64{w / 2, w / 2}})
		}
	}
	return cells
}

// nodesOf returns the nodes of each cell, perCell each, the second coordinate running fastest, and
// log p(z) at each.
func (m *Model) nodesOf(cells []latentCell) (nodes []node, prior []float32) {
	n := len(cells) * perCell
	z, prior := make([]float32, 0, 2*n), make([]float32, n)
	for _, c := range cells {
		for i := range side {
			for j := range side {
				z = append(z, float32(c.at[0]+c.half[0]*abscissae[i]), float32(c.at[1]+c.half[1]*abscissae[j]))
			}
		}
	}
	mean, sigma := m.decodeRows(z, prior)
	nodes = make([]node, n)
	for at := range nodes {
		c, i, j := cells[at/perCell], at%perCell/side, at%side
		s0, s1 := float64(sigma[2*at]), float64(sigma[2*at+1])
		nodes[at] = node{
			mean:   [2]float64{float64(mean[2*at]), float64(mean[2*at+1])},
			rate:   [2]float64{1 / s0, 1 / s1},
			weight: weights[i] * weights[j] * c.half[0] * c.half[1] * math.Exp(float64(prior[at])) / (2 * math.Pi * s0 * s1),
		}
	}
	return nodes, prior
}

// split halves a cell along each axis on which decoder or prior vary by more than limit and returns the
// parts; nil if the cell is fine enough.
func (c latentCell) split(nodes []node, prior []float32, limit float64) []latentCell {
	total := 0.0
	for _, n := range nodes {
		total += n.weight
	}
	if !(total > minDensity) {
		return nil
	}
	var along [2]float64
	if total < minPriorDensity {
		prior = make([]float32, perCell)
	}
	for line := range side {
		along[0] = math.Max(along[0], variation(nodes[line:], prior[line:], side))
		along[1] = math.Max(along[1], variation(nodes[line*side:], prior[line*side:], 1))
	}
	parts := []latentCell{c}
	for axis, v := range along {
		if v <= limit {
			continue
		}
		var halves []latentCell
		for _, p := range parts {
			p.half[axis] /= 2
			low, high := p, p
			low.at[axis] -= p.half[axis]
			high.at[axis] += p.half[axis]
			halves = append(halves, low, high)
		}
		parts = halves
	}
	if len(parts) == 1 {
		return nil
	}
	return parts
}

// variation is how much the decoder varies along the side nodes at every stride: the range of its mean in
// standard deviations, or of the logarithms of those or of the prior, whichever is largest.
func variation(nodes []node, prior []float32, stride int) float64 {
	least, most := prior[0], prior[0]
	for i := range side {
		least, most = min(least, prior[i*stride]), max(most, prior[i*stride])
	}
	largest := float64(most - least)
	for c := range 2 {
		lo, hi, slow, fast := math.Inf(1), math.Inf(-1), math.Inf(1), 0.0
		for i := range side {
			n := nodes[i*stride]
			lo, hi = min(lo, n.mean[c]), max(hi, n.mean[c])
			slow, fast = min(slow, n.rate[c]), max(fast, n.rate[c])
		}
		largest = max(largest, (hi-lo)*fast, 2*math.Log(fast/slow))
	}
	return largest
}

// bins sort points into side x side boxes, with about 16 points in each if they are evenly spread.
type bins struct {
	side  int
	low   [2]float64
	scale [2]float64 // bins per unit

	// The points of bin i are [start[i], start[i+1]) of the slices below.
	start   []int
	row     []int     // of the matrix of points
	x, y    []float32 // coordinates
	density []float64 // so far
}

// newBins sorts the points (n x 2) within the extent e; the others are in no bin.
func newBins(points *mat.Dense, e extent) *bins {
	n, _ := points.Dims()
	b := &bins{side: max(1, min(256, int(math.Sqrt(float64(n)/16))))}
	var inside []int
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i := range n {
		if x := points.RawRowView(i); e.contains(x) {
			inside = append(inside, i)
			for c := range 2 {
				low[c], high[c] = min(low[c], x[c]), max(high[c], x[c])
			}
		}
	}
	b.start = make([]int, b.side*b.side+1)
	if inside == nil {
		return b
	}
	b.low = low
	for c := range 2 {
		if high[c] > low[c] {
			b.scale[c] = float64(b.side) / (high[c] - low[c])
		}
	}
	bin := make([]int, len(inside))
	for i, row := range inside {
		bin[i] = b.index(0, points.At(row, 0))*b.side + b.index(1, points.At(row, 1))
		b.start[bin[i]+1]++
	}
	for i := range b.side * b.side {
		b.start[i+1] += b.start[i]
	}
	b.row, b.density = make([]int, len(inside)), make([]float64, len(inside))
	b.x, b.y = make([]float32, len(inside)), make([]float32, len(inside))
	next := slices.Clone(b.start)
	for i, row := range inside {
		at := next[bin[i]]
		next[bin[i]]++
		b.row[at], b.x[at], b.y[at] = row, float32(points.At(row, 0)), float32(points.At(row, 1))
	}
	return b
}

// index is the bin of a coordinate, the nearest one for a coordinate outside.
func (b *bins) index(c int, v float64) int {
	return int(max(0, min((v-b.low[c])*b.scale[c], float64(b.side-1))))
}
