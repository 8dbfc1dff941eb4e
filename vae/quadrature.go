package vae

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/kernel"
	"genlab/internal/parallel"
)

// Quadrature is p(x) = ∫ p(z)·p(x|z) dz of a model with two latent dimensions, by Gauss-Legendre
// quadrature on an adaptive grid of cells of the latent plane. Unlike the bounds it is deterministic,
// and accurate to the size of the cells. It is an approximation, and therefore no genlab.LogProber: its
// method is named LogMarginal. It copies what it needs: training the model further does not change it.
type Quadrature struct {
	nodes    []node // perCell for each cell
	cells    []extent
	standard func(x *mat.Dense)
	logScale float64
}

// node is a quadrature node z, as the Gaussian p(x|z) of standardised x.
type node struct {
	mean, rate [2]float64 // rate is 1/sigma
	weight     float64    // quadrature weight times p(z)/(2π·sigma·sigma)
}

// extent is the box of x outside which the nodes of a cell have no density.
type extent struct{ lo, hi [2]float64 }

func (e *extent) contains(x []float64) bool {
	return x[0] >= e.lo[0] && x[0] <= e.hi[0] && x[1] >= e.lo[1] && x[1] <= e.hi[1]
}

const (
	halfWidth    = 6.5     // of the integrated square of the latent plane: outside is 2e-10 of N(0, I)
	rootCells    = 52      // along a side of the square, before refinement
	cutoff       = 7       // standard deviations beyond which a Gaussian is taken as zero: e^-24.5
	maxCells     = 1 << 18 // bounds the memory, at 170 MB, where the decoder is steep
	cellsPerCall = 1 << 14 // bounds the rows of one evaluation of the decoder
)

// CellSigmas is the recommended cell size for [Model.Quadrature]. Halving it changes the mean of log p by
// less than 1e-4 nats on models of the default configuration.
const CellSigmas = 2

var errTooSteep = fmt.Errorf("vae: the decoder is too steep for a quadrature: more than %d cells; train with a larger floor", maxCells)

// Quadrature returns the quadrature of the model's marginal density. Across a cell the decoder's mean
// moves by at most cellSigmas of its standard deviations, and the logarithms of those and of the prior
// change by at most cellSigmas: a smaller value gives finer cells. It fails if the latent space or the
// data are not two-dimensional, if cellSigmas is not positive, if more than 262,144 cells would be
// needed, or if more than 0.1 % of the prior lies outside the square |z_i| < 6.5.
func (m *Model) Quadrature(cellSigmas float64) (*Quadrature, error) {
	if m.cfg.Latent != 2 || m.Dim() != 2 {
		return nil, fmt.Errorf("vae: a quadrature needs 2 latent dimensions and 2 coordinates, the model has %d and %d", m.cfg.Latent, m.Dim())
	}
	if !(cellSigmas > 0) {
		return nil, fmt.Errorf("vae: invalid quadrature cell size %v, want a positive number of standard deviations", cellSigmas)
	}
	q := &Quadrature{standard: m.scale.FromData, logScale: m.scale.LogScale()}
	mass := 0.0 // of the prior
	for todo := gridCells(); len(todo) > 0; {
		if len(q.cells)+len(todo) > maxCells {
			return nil, errTooSteep
		}
		var next []latentCell
		for at := 0; at < len(todo); at += cellsPerCall {
			part := todo[at:min(len(todo), at+cellsPerCall)]
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
		return nil, fmt.Errorf("vae: quadrature over |z_i| < %v covers %.4f of the prior, want 1: the prior reaches outside", halfWidth, mass)
	}
	return q, nil
}

// add appends the nodes of a cell.
func (q *Quadrature) add(nodes []node) {
	e := extent{[2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}}
	for _, n := range nodes {
		for c := range 2 {
			e.lo[c], e.hi[c] = min(e.lo[c], n.mean[c]-cutoff/n.rate[c]), max(e.hi[c], n.mean[c]+cutoff/n.rate[c])
		}
	}
	q.cells, q.nodes = append(q.cells, e), append(q.nodes, nodes...)
}

// Cells returns the number of cells of the latent plane.
func (q *Quadrature) Cells() int { return len(q.cells) }

// LogMarginal returns log ∫ p(z)·p(x|z) dz for each row of x (n x 2, in the data's coordinates), in
// nats. The value of a row does not depend on the other rows. It panics if x does not have two columns.
func (q *Quadrature) LogMarginal(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("vae: points with %d columns for a quadrature of 2", d))
	}
	points := mat.DenseCopyOf(x)
	q.standard(points)
	all := q.cells[0]
	for _, e := range q.cells {
		for c := range 2 {
			all.lo[c], all.hi[c] = min(all.lo[c], e.lo[c]), max(all.hi[c], e.hi[c])
		}
	}
	b := newBins(points, all)
	parallel.Rows(b.side, 16, func(lo, hi int) { q.sum(b, lo, hi) })
	density := make([]float64, n)
	for i, row := range b.row {
		density[row] = b.density[i]
	}
	for i, p := range density {
		if p > 0 {
			density[i] = math.Log(p) - q.logScale
		} else {
			density[i] = q.logTail(points.RawRowView(i)) - q.logScale
		}
	}
	return density
}

// sum adds all cells, in order, to the density of the points in columns [lo, hi) of the bins. Terms are in single
// precision, like the decoder that the nodes come from.
func (q *Quadrature) sum(b *bins, lo, hi int) {
	var of [perCell]kernel.Gaussian
	var terms []float32
	for i := range q.cells {
		e := &q.cells[i]
		from, to := max(lo, b.index(0, e.lo[0])), min(hi-1, b.index(0, e.hi[0]))
		if from > to {
			continue
		}
		for j, n := range q.nodes[i*perCell : (i+1)*perCell] {
			of[j] = kernel.Gaussian{
				X: float32(n.mean[0]), RateX: float32(n.rate[0] * math.Sqrt2 / 2),
				Y: float32(n.mean[1]), RateY: float32(n.rate[1] * math.Sqrt2 / 2), Weight: float32(n.weight),
			}
		}
		below, above := b.index(1, e.lo[1]), b.index(1, e.hi[1])
		for u := from; u <= to; u++ {
			first, last := b.start[u*b.side+below], b.start[u*b.side+above+1]
			terms = slices.Grow(terms[:0], last-first)[:last-first]
			clear(terms)
			kernel.AddGaussians(b.x[first:last], b.y[first:last], terms, of[:], cutoff*cutoff/2)
			for k, v := range terms {
				b.density[first+k] += float64(v)
			}
		}
	}
}

// square is the squared distance of x from the mean, in standard deviations.
func (n *node) square(x []float64) float64 {
	a, b := (x[0]-n.mean[0])*n.rate[0], (x[1]-n.mean[1])*n.rate[1]
	return a*a + b*b
}

// logTail is log p of a point beyond the cutoff of every node.
func (q *Quadrature) logTail(x []float64) float64 {
	nearest := math.Inf(1)
	for i := range q.nodes {
		nearest = min(nearest, q.nodes[i].square(x))
	}
	sum := 0.0
	for i := range q.nodes {
		if s := q.nodes[i].square(x) - nearest; s < 2*cutoff*cutoff {
			sum += q.nodes[i].weight * math.Exp(-s/2)
		}
	}
	return math.Log(sum) - nearest/2
}
