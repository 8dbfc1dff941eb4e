package plot

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/internal/parallel"
)

// nodeGrid is a grid of nodes over the pixels of an area, with a value at each.
type nodeGrid struct {
	values    []float64 // nx x ny, row by row from the top
	nx, ny    int
	step      float64 // pixels
	left, top float64 // of the first node
}

// nodesOver returns a grid without values that covers the area, with so many spare nodes on each
// side.
func nodesOver(a area, step float64, spare int) nodeGrid {
	inner := a.inner()
	return nodeGrid{
		nx: int(float64(inner.Dx())/step) + 2 + 2*spare, ny: int(float64(inner.Dy())/step) + 2 + 2*spare, step: step,
		left: float64(inner.Min.X) - float64(spare)*step, top: float64(inner.Min.Y) - float64(spare)*step,
	}
}

// node returns the position of a node in pixels.
func (l nodeGrid) node(i, j int) (px, py float64) {
	return l.left + float64(i)*l.step, l.top + float64(j)*l.step
}

// points returns the nodes as points of the plane, in the order of the values.
func (l nodeGrid) points(a area) *mat.Dense {
	x := mat.NewDense(l.nx*l.ny, 2, nil)
	for k := range l.nx * l.ny {
		x.SetRow(k, a.from(l.node(k%l.nx, k/l.nx)))
	}
	return x
}

// massLevels are the levels of the contours.
var massLevels = []float64{0.5, 0.8, 0.95}

// massMap is M(x) = P{p(X) > p(x)} on a grid of nodes, interpolated bilinearly; M = 0.8 is the boundary of
// the highest-density region of 80 %.
type massMap struct{ nodeGrid }

// massStep is the distance of the nodes of a massMap in pixels.
const massStep = 2

// massOf evaluates a density over the area.
func massOf(q genlab.LogProber, a area) massMap {
	f, l := fieldOf(q, a), nodesOver(a, massStep, 0)
	logp := make([]float64, l.nx*l.ny)
	parallel.Rows(l.ny, 8, func(lo, hi int) {
		for k := lo * l.nx; k < hi*l.nx; k++ {
			logp[k] = f.at(l.node(k%l.nx, k/l.nx))
		}
	})
	l.values = massAbove(logp)
	return massMap{l}
}

// massAbove returns for each log-density the fraction of the mass at nodes with a higher density, plus
// half of that at nodes with an equal one.
func massAbove(logp []float64) []float64 {
	type node struct {
		p  float64
		at int
	}
	peak := slices.Max(logp)
	order := make([]node, len(logp)) // the densest first
	total := 0.0
	for i, v := range logp {
		order[i] = node{math.Exp(v - peak), i}
		total += order[i].p
	}
	slices.SortFunc(order, func(a, b node) int {
		switch {
		case a.p > b.p:
			return -1
		case a.p < b.p:
			return 1
		}
		return a.at - b.at
	})
	m := make([]float64, len(logp))
	above := 0.0
	for start := 0; start < len(order); {
		end := start
		equal := 0.0
		for end < len(order) && order[end].p >= order[start].p*(1-1e-9) {
			equal += order[end].p
			end++
		}
		for _, n := range order[start:end] {
			m[n.at] = (above + equal/2) / total
		}
		above += equal
		start = end
	}
	return m
}

// bilinear returns the interpolated value at a position in pixels and the norm of its gradient a pixel.
func (g nodeGrid) bilinear(px, py float64) (m, slope float64) {
	x, y := (px-g.left)/g.step, (py-g.top)/g.step
	i, j := max(0, min(int(x), g.nx-2)), max(0, min(int(y), g.ny-2))
	s, t := x-float64(i), y-float64(j)
	row := g.values[j*g.nx+i:]
	a, b, c, d := row[0], row[1], row[g.nx], row[g.nx+1]
	dx := ((b-a)*(1-t) + (d-c)*t) / g.step
	dy := ((c-a)*(1-s) + (d-b)*s) / g.step
	return (a*(1-s)+b*s)*(1-t) + (c*(1-s)+d*s)*t, math.Sqrt(dx*dx + dy*dy)
}

// paint calls pixel for each pixel of the area, with the interpolated value and the norm of its
// gradient, in parallel.
func (g nodeGrid) paint(a area, pixel func(x, y int, m, slope float64)) {
	inner := a.inner()
	parallel.Rows(inner.Dy(), 16, func(lo, hi int) {
		for y := inner.Min.Y + lo; y < inner.Min.Y+hi; y++ {
			for x := inner.Min.X; x < inner.Max.X; x++ {
				m, slope := g.bilinear(float64(x)+.5, float64(y)+.5)
				pixel(x, y, m, slope)
			}
		}
	})
}

// bands fills the highest-density regions of the levels, one over the other.
func (g massMap) bands(a area, fill color.NRGBA) {
	g.paint(a, func(x, y int, m, slope float64) {
		for _, level := range massLevels {
			if inside := (level+tie-m)/max(slope, flat) + .5; inside > 0 { // pixels from the contour
				blend(a.img, x, y, fill, min(inside, 1))
			}
		}
	})
}

// outlines draws the contours of the levels.
func (g massMap) outlines(a area, line color.NRGBA, width float64) {
	g.paint(a, func(x, y int, m, slope float64) {
		if slope < flat {
			return
		}
		for _, level := range massLevels {
			if covered := width/2 - math.Abs(level-m)/slope + .5; covered > 0 {
				blend(a.img, x, y, line, min(covered, 1))
			}
		}
	})
}

// shade colours the area by M.
func (g massMap) shade(a area) {
	g.paint(a, func(x, y int, m, _ float64) { blend(a.img, x, y, massColour(m), 1) })
}

const (
	flat = 1e-4 // gradient of M a pixel below which there is no contour: a plateau
	tie  = 1e-3 // tolerance that puts a uniform density, M = 0.5, inside its region of 50 %
)
