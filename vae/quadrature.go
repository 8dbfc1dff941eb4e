package vae

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// Quadrature is p(x) = ∫ p(z)·p(x|z) dz of a model with two latent coordinates, by
// Gauss-Legendre nodes in cells of the latent plane: to the accuracy of the cells a number, where
// the bounds are random and below it. It is no genlab.LogProber: log p under a model is
// approximated here, under LogMarginal's own name. It keeps what it needs of the model,
// which may train on.
type Quadrature struct {
	nodes    []node // perCell for each cell
	cells    []reach
	standard func(x *mat.Dense)
	logScale float64
}

// node is a point of the latent plane as x sees it: a Gaussian of the plane, standardised.
type node struct {
	mean, rate [2]float64 // rate is 1/sigma
	weight     float64    // quadrature weight times p(z)/(2π·sigma·sigma)
}

// reach is where the nodes of a cell have any density.
type reach struct{ lo, hi [2]float64 }

const (
	side    = 4           // nodes along a cell: exact for polynomials of degree 7
	perCell = side * side // nodes of a cell
	extent  = 6.5         // of the latent plane from the centre: beyond lies 2e-10 of N(0, I)
	roots   = 52          // cells along a side before refinement
	far     = 7           // standard deviations after which a Gaussian is zero: e^-24.5

	// negligible is the density, in standardised units, below which no cell is refined: the
	// data's own densities are above 0.001 nearly everywhere.
	negligible = 1e-8

	// faint is the density below which no cell is refined for the prior's sake, which has tails of
	// its own between its modes.
	faint = 1e-5

	// mostCells keeps a steep decoder from filling the memory: 2^18 are 170 MB.
	mostCells = 1 << 18
)

// CellSigmas is the refinement that Quadrature is usually asked for. Half of it changes the
// mean of log p by less than 1e-4 nats on models of the default configuration.
const CellSigmas = 2

// Quadrature integrates over z in cells across which the decoder's mean moves by at most
// cellSigmas of its standard deviations, and the logarithms of those and of the prior by as much:
// smaller is finer. Latent space and data must both be planes. A decoder that would need more than
// 262,144 cells is an error.
func (m *Model) Quadrature(cellSigmas float64) (*Quadrature, error) {
	if m.cfg.Latent != 2 || m.dim() != 2 {
		return nil, fmt.Errorf("vae: quadrature over a latent space of %d dimensions for data of %d, both must be 2", m.cfg.Latent, m.dim())
	}
	if !(cellSigmas > 0) {
		return nil, fmt.Errorf("vae: quadrature with cells of %v standard deviations", cellSigmas)
	}
	q := &Quadrature{standard: m.scale.FromData, logScale: m.scale.LogScale()}
	w := 2.0 * extent / roots
	var todo []latentCell
	for i := range roots {
		for j := range roots {
			todo = append(todo, latentCell{at: [2]float64{-extent + (float64(i)+.5)*w, -extent + (float64(j)+.5)*w}, half: [2]float64{w / 2, w / 2}})
		}
	}
	mass := 0.0 // of the prior
	for len(todo) > 0 {
		if len(q.cells)+len(todo) > mostCells {
			return nil, errTooSteep
		}
		var next []latentCell
		for at := 0; at < len(todo); at += cellsAtOnce {
			part := todo[at:min(len(todo), at+cellsAtOnce)]
			nodes, prior := m.nodesOf(part)
			for i, c := range part {
				own, logp := nodes[i*perCell:(i+1)*perCell], prior[i*perCell:(i+1)*perCell]
				if split := c.split(own, logp, cellSigmas); split != nil {
					next = append(next, split...)
					continue
				}
				q.add(own)
				for j, l := range logp {
					mass += c.half[0] * c.half[1] * weights[j/side] * weights[j%side] * math.Exp(float64(l))
				}
			}
		}
		todo = next
	}
	if math.Abs(mass-1) > 1e-3 {
		return nil, fmt.Errorf("vae: a quadrature over the square of half-width %v finds %.4f of the prior there", extent, mass)
	}
	return q, nil
}

var errTooSteep = errors.New("vae: the decoder is too steep for a quadrature: more than 262144 cells; a larger floor smooths it")

// cellsAtOnce bounds the rows of one call of the decoder.
const cellsAtOnce = 1 << 14

// latentCell is a rectangle of the latent plane.
type latentCell struct{ at, half [2]float64 }

// places and weights are those of the nodes along a cell, from -1 to 1.
var places, weights = func() (x, w [side]float64) {
	quad.Legendre{}.FixedLocations(x[:], w[:], -1, 1)
	return x, w
}()

// nodesOf returns the nodes of each cell, perCell each, the second coordinate running fastest, and
// log p(z) at each.
func (m *Model) nodesOf(cells []latentCell) (nodes []node, prior []float32) {
	n := len(cells) * perCell
	z, prior := make([]float32, 0, 2*n), make([]float32, n)
	for _, c := range cells {
		for i := range side {
			for j := range side {
				z = append(z, float32(c.at[0]+c.half[0]*places[i]), float32(c.at[1]+c.half[1]*places[j]))
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

// split returns the parts of a cell that is too coarse, halved along each axis on which the
// decoder or the prior moves by more than limit; nil for a cell that is fine.
func (c latentCell) split(nodes []node, prior []float32, limit float64) []latentCell {
	total := 0.0
	for _, n := range nodes {
		total += n.weight
	}
	if !(total > negligible) {
		return nil
	}
	var along [2]float64
	if total < faint {
		prior = make([]float32, perCell)
	}
	for line := range side {
		along[0] = math.Max(along[0], moved(nodes[line:], prior[line:], side))
		along[1] = math.Max(along[1], moved(nodes[line*side:], prior[line*side:], 1))
	}
	parts := []latentCell{c}
	for axis, m := range along {
		if m <= limit {
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

// moved is how far the decoder moves along the side nodes at every stride: its mean in
// standard deviations, or the logarithm of those or of the prior if that is more.
func moved(nodes []node, prior []float32, stride int) float64 {
	least, most := prior[0], prior[0]
	for i := range side {
		least, most = min(least, prior[i*stride]), max(most, prior[i*stride])
	}
	far := float64(most - least)
	for c := range 2 {
		lo, hi, slow, fast := math.Inf(1), math.Inf(-1), math.Inf(1), 0.0
		for i := range side {
			n := nodes[i*stride]
			lo, hi = min(lo, n.mean[c]), max(hi, n.mean[c])
			slow, fast = min(slow, n.rate[c]), max(fast, n.rate[c])
		}
		far = max(far, (hi-lo)*fast, 2*math.Log(fast/slow))
	}
	return far
}

// add keeps the nodes of a cell.
func (q *Quadrature) add(nodes []node) {
	r := reach{[2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}}
	for _, n := range nodes {
		for c := range 2 {
			r.lo[c], r.hi[c] = min(r.lo[c], n.mean[c]-far/n.rate[c]), max(r.hi[c], n.mean[c]+far/n.rate[c])
		}
	}
	q.cells, q.nodes = append(q.cells, r), append(q.nodes, nodes...)
}

// Cells is the number of cells of the latent plane.
func (q *Quadrature) Cells() int { return len(q.cells) }

// LogMarginal returns log ∫ p(z)·p(x|z) dz for each row of x (n x 2), in nats of the data's
// coordinates. A row's value depends on nothing but that row.
func (q *Quadrature) LogMarginal(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("vae: points of %d columns for a quadrature of 2", d))
	}
	points := mat.DenseCopyOf(x)
	q.standard(points)
	b := newBins(points)
	density := make([]float64, n)
	onCores(b.side, func(lo, hi int) { q.sum(density, b, lo, hi) })
	for i, p := range density {
		if p > 0 {
			density[i] = math.Log(p) - q.logScale
		} else {
			density[i] = q.distant(points.RawRowView(i)) - q.logScale
		}
	}
	return density
}

// sum adds all cells, in their order, to the density of the points in columns lo to hi of the bins.
func (q *Quadrature) sum(density []float64, b *bins, lo, hi int) {
	for i := range q.cells {
		r := &q.cells[i]
		nodes := q.nodes[i*perCell : (i+1)*perCell]
		for u := max(lo, b.index(0, r.lo[0])); u <= min(hi-1, b.index(0, r.hi[0])); u++ {
			for v := b.index(1, r.lo[1]); v <= b.index(1, r.hi[1]); v++ {
				for _, p := range b.rows[u*b.side+v] {
					x := b.points.RawRowView(p)
					if x[0] < r.lo[0] || x[0] > r.hi[0] || x[1] < r.lo[1] || x[1] > r.hi[1] {
						continue
					}
					sum := 0.0
					for j := range nodes {
						n := &nodes[j]
						a, b := (x[0]-n.mean[0])*n.rate[0], (x[1]-n.mean[1])*n.rate[1]
						if e := a*a + b*b; e < far*far {
							sum += n.weight * math.Exp(-e/2)
						}
					}
					density[p] += sum
				}
			}
		}
	}
}

// distant is log p of a point that no Gaussian reaches.
func (q *Quadrature) distant(x []float64) float64 {
	square := func(n *node) float64 {
		a, b := (x[0]-n.mean[0])*n.rate[0], (x[1]-n.mean[1])*n.rate[1]
		return a*a + b*b
	}
	nearest := math.Inf(1)
	for i := range q.nodes {
		nearest = min(nearest, square(&q.nodes[i]))
	}
	sum := 0.0
	for i := range q.nodes {
		n := &q.nodes[i]
		if e := square(n) - nearest; e < 2*far*far {
			sum += n.weight * math.Exp(-e/2)
		}
	}
	return math.Log(sum) - nearest/2
}

// bins sort points by place: side x side of them, about 16 points in each where they are even.
type bins struct {
	points *mat.Dense
	side   int
	low    [2]float64
	scale  [2]float64 // bins for each unit
	rows   [][]int
}

func newBins(points *mat.Dense) *bins {
	n, _ := points.Dims()
	b := &bins{points: points, side: max(1, min(256, int(math.Sqrt(float64(n)/16))))}
	for c := range 2 {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			lo, hi = min(lo, points.At(i, c)), max(hi, points.At(i, c))
		}
		b.low[c] = lo
		if hi > lo {
			b.scale[c] = float64(b.side) / (hi - lo)
		}
	}
	b.rows = make([][]int, b.side*b.side)
	for i := range n {
		at := b.index(0, points.At(i, 0))*b.side + b.index(1, points.At(i, 1))
		b.rows[at] = append(b.rows[at], i)
	}
	return b
}

// index is the bin of a coordinate, the nearest for one outside.
func (b *bins) index(c int, v float64) int {
	return int(max(0, min((v-b.low[c])*b.scale[c], float64(b.side-1))))
}
