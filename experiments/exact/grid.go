package exact

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
	"genlab/datasets"
)

// bins is the number of a histogram's bins on an axis.
const bins = 20

// grid is a density summed over a rectangle a quarter larger than the data's picture.
type grid struct {
	left, low, wide, high float64
	mass, entropy         float64 // nats
	bins                  [bins * bins]float64
}

// overGrid sums a density by its values at the centres of side x side cells, a multiple of bins.
func overGrid(q genlab.LogProber, ds *datasets.Dataset, side int) *grid {
	xmin, xmax, ymin, ymax := ds.Box()
	g := &grid{wide: 1.25 * (xmax - xmin), high: 1.25 * (ymax - ymin)}
	g.left, g.low = (xmin+xmax-g.wide)/2, (ymin+ymax-g.high)/2
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

// chance is the probability of a χ² at least as large as that of the histogram of x (n x 2)
// against the masses of the bins. Bins where fewer than five are due count together with what is
// outside.
func (g *grid) chance(x mat.Matrix) float64 {
	n, _ := x.Dims()
	var seen [bins * bins]float64
	for r := range n {
		i := int(math.Floor((x.At(r, 0) - g.left) / g.wide * bins))
		j := int(math.Floor((x.At(r, 1) - g.low) / g.high * bins))
		if i >= 0 && i < bins && j >= 0 && j < bins {
			seen[i*bins+j]++
		}
	}
	chi, freedom := 0.0, -1.0
	count := func(got, due float64) {
		chi += (got - due) * (got - due) / due
		freedom++
	}
	gotRest, dueRest := float64(n), float64(n)
	for k, p := range g.bins {
		if due := p * float64(n); due >= 5 {
			count(seen[k], due)
			gotRest, dueRest = gotRest-seen[k], dueRest-due
		}
	}
	if dueRest >= 5 {
		count(gotRest, dueRest)
	} else if gotRest > 25 {
		return 0 // more than any chance leaves where hardly any are due
	}
	if freedom < 1 {
		return math.NaN()
	}
	return distuv.ChiSquared{K: freedom}.Survival(chi)
}
