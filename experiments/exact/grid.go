package exact

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
	"genlab/autoregressive"
	"genlab/datasets"
)

// bins is the number of a histogram's bins on an axis, a power of two as the cells of a model.
const bins = 16

// grid is a density summed over a rectangle.
type grid struct {
	left, low, wide, high float64
	mass, entropy         float64 // nats
	bins                  [bins * bins]float64
}

// around returns a rectangle a quarter larger than the data's plotting range.
func around(ds *datasets.Dataset) *grid {
	xmin, xmax, ymin, ymax := ds.Box()
	g := &grid{wide: 1.25 * (xmax - xmin), high: 1.25 * (ymax - ymin)}
	g.left, g.low = (xmin+xmax-g.wide)/2, (ymin+ymax-g.high)/2
	return g
}

// celled is a density that is constant on side x side equal cells of a box.
type celled interface {
	Box() autoregressive.Box
	Bulk() autoregressive.Box
	Bins() int
}

// overGrid sums a density by its values at the centres of cells: those of the model, over its box, where it has equal
// ones, so that the sums are exact; or side x side, a multiple of bins, of a rectangle around the data.
func overGrid(q genlab.LogProber, ds *datasets.Dataset, side int) *grid {
	g := around(ds)
	if c, ok := q.(celled); ok && c.Box() == c.Bulk() && c.Bins()%bins == 0 {
		box := c.Box()
		g, side = &grid{left: box.XMin, low: box.YMin, wide: box.XMax - box.XMin, high: box.YMax - box.YMin}, c.Bins()
	}
	cell := g.wide * g.high / float64(side*side)
	x := mat.NewDense(side, 2, nil)
	for i := range side {
		for j := range side {
			x.Set(j, 0, g.left+g.wide*(float64(i)+0.5)/float64(side))
			x.Set(j, 1, g.low+g.high*(float64(j)+0.5)/float64(side))
		}
		for j, l := range q.LogProb(x) {
			if p := math.Exp(l) * cell; p > 0 {
				g.mass += p
				g.entropy -= p * l
				g.bins[i*bins/side*bins+j*bins/side] += p
			}
		}
	}
	return g
}

// pValue is that of Pearson's χ² test of the histogram of x (n x 2) against the probabilities of the
// bins. Bins with fewer than five expected samples are pooled with what is outside.
func (g *grid) pValue(x mat.Matrix) float64 {
	n, _ := x.Dims()
	var observed [bins * bins]float64
	for r := range n {
		i := int(math.Floor((x.At(r, 0) - g.left) / g.wide * bins))
		j := int(math.Floor((x.At(r, 1) - g.low) / g.high * bins))
		if i >= 0 && i < bins && j >= 0 && j < bins {
			observed[i*bins+j]++
		}
	}
	chi, freedom := 0.0, -1.0
	count := func(got, expected float64) {
		chi += (got - expected) * (got - expected) / expected
		freedom++
	}
	restObserved, restExpected := float64(n), float64(n)
	for k, p := range g.bins {
		if expected := p * float64(n); expected >= 5 {
			count(observed[k], expected)
			restObserved, restExpected = restObserved-observed[k], restExpected-expected
		}
	}
	if restExpected >= 5 {
		count(restObserved, restExpected)
	} else if restObserved > 25 {
		return 0 // hardly any are expected
	}
	if freedom < 1 {
		return math.NaN()
	}
	return distuv.ChiSquared{K: freedom}.Survival(chi)
}
