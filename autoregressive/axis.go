package autoregressive

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"
)

// Constants of the tails.
const (
	wide      = 8    // a box that many times as wide as the sample's middle has tails
	middle    = 100  // the middle leaves out one part in so many on each side
	margin    = 0.25 // of the bulk around the middle, as a fraction of it
	tailShare = 32   // a tail has one bin in so many
	leastBins = 8    // of an axis with tails
)

// Bulk returns the part of the box that [NewPointsWithTails] divides evenly. On an axis where the box
// is more than 8 times as wide as the range from the 1st to the 99th percentile of the sample x
// (n x 2), outliers would take the resolution: the bulk is that range and a quarter of it on each
// side. Elsewhere it is the box. A distribution such as a uniform or a normal one, or one of package
// datasets, has a box at most 3 times as wide.
func Bulk(x mat.Matrix, box Box) Box {
	n, _ := x.Dims()
	edges := box.edges()
	for axis := range 2 {
		v := mat.Col(nil, axis, x)
		slices.Sort(v)
		lo, hi := v[n/middle], v[n-1-n/middle]
		if from, to := &edges[2*axis], &edges[2*axis+1]; hi > lo && *to-*from > wide*(hi-lo) {
			*from, *to = max(*from, lo-margin*(hi-lo)), min(*to, hi+margin*(hi-lo))
		}
	}
	return boxOf(edges)
}

// axis divides an interval into bins: equal ones in its bulk, and in the tails on either side of it
// bins that grow geometrically outwards. A bin contains its lower edge, and the last bin both.
type axis struct {
	lo, hi       float64   // of the bulk
	n            int       // bins of the bulk
	below, above []float64 // edges of the bins of the tails, ascending; empty without a tail
}

// newAxis returns an axis of n bins from lo to hi with its bulk from bulkLo to bulkHi. There is no tail
// where less than one part in 32 of the bulk is beside it, and none on an axis of less than 8 bins.
func newAxis(lo, hi, bulkLo, bulkHi float64, n int) axis {
	a := axis{lo: bulkLo, hi: bulkHi, n: n}
	unit, bins := (bulkHi-bulkLo)/tailShare, max(1, n/tailShare)
	below, above := lo < bulkLo-unit, hi > bulkHi+unit
	if !below || n < leastBins {
		a.lo = lo
	}
	if !above || n < leastBins {
		a.hi = hi
	}
	if n < leastBins {
		return a
	}
	// The distances of the edges from the bulk, of which the last is exact.
	distances := func(length float64) []float64 {
		d, unit := make([]float64, bins+1), max(unit, length*1e-200)
		for k := range bins {
			d[k] = unit * math.Expm1(float64(k)/float64(bins)*math.Log1p(length/unit))
		}
		d[bins] = length
		return d
	}
	if above {
		for _, d := range distances(hi - bulkHi) {
			a.above = append(a.above, bulkHi+d)
		}
		a.above[bins] = hi
		a.n -= bins
	}
	if below {
		for _, d := range distances(bulkLo - lo) {
			a.below = append(a.below, bulkLo-d)
		}
		a.below[bins] = lo
		slices.Reverse(a.below)
		a.n -= bins
	}
	return a
}

// offset returns the number of bins below the bulk.
func (a *axis) offset() int { return max(0, len(a.below)-1) }

// bin returns the bin of v, or the nearest one.
func (a *axis) bin(v float64) int {
	within := func(edges []float64) int {
		k := sort.Search(len(edges), func(k int) bool { return edges[k] > v })
		return max(0, min(k-1, len(edges)-2))
	}
	switch {
	case v < a.lo && len(a.below) > 0:
		return within(a.below)
	case v >= a.hi && len(a.above) > 0:
		return a.offset() + a.n + within(a.above)
	}
	return a.offset() + int(math.Max(0, math.Min(float64(a.n-1), math.Floor((v-a.lo)/(a.hi-a.lo)*float64(a.n)))))
}

// tail returns the edges of bin k of a tail; false for one of the bulk.
func (a *axis) tail(k int) (lo, hi float64, ok bool) {
	offset := a.offset()
	switch {
	case k < offset:
		return a.below[k], a.below[k+1], true
	case k >= offset+a.n:
		k -= offset + a.n
		return a.above[k], a.above[k+1], true
	}
	return 0, 0, false
}

// width returns the width of bin k.
func (a *axis) width(k int) float64 {
	if lo, hi, ok := a.tail(k); ok {
		return hi - lo
	}
	return a.step()
}

// step returns the width of the bins of the bulk.
func (a *axis) step() float64 { return (a.hi - a.lo) / float64(a.n) }

// at returns the point at the fraction u of bin k.
func (a *axis) at(k int, u float64) float64 {
	if lo, hi, ok := a.tail(k); ok {
		return min(hi, lo+u*(hi-lo))
	}
	return min(a.hi, a.lo+(float64(k-a.offset())+u)*a.step())
}

// Grid describes the bins of an axis: Bulk equal ones between Lo and Hi, and on either side of them those of a tail, given by their
// edges, ascending; nil without a tail.
type Grid struct {
	Lo, Hi       float64
	Bulk         int
	Below, Above []float64
}

// Grids returns the bins of both axes.
func (p *Points) Grids() [2]Grid {
	var g [2]Grid
	for i, a := range []axis{p.quantizer.x, p.quantizer.y} {
		g[i] = Grid{a.lo, a.hi, a.n, slices.Clone(a.below), slices.Clone(a.above)}
	}
	return g
}
