package plot

import (
	"image/color"
	"math"
	"slices"

	"genlab"
)

// massLevels are the contours that are drawn.
var massLevels = []float64{0.5, 0.8, 0.95}

// massMap is M(x) = P{p(X) > p(x)} at the nodes of a grid over a rectangle of pixels.
type massMap struct {
	values    []float64 // nx x ny, row by row from the top
	nx, ny    int
	step      float64 // pixels
	left, top float64 // of the first node
}

// massStep is the distance of the grid's nodes in pixels.
const massStep = 2

// massOf evaluates the density on a grid over the area.
func massOf(q genlab.LogProber, a area) massMap {
	f := fieldOf(q, a)
	inner := a.inner()
	g := massMap{
		nx: inner.Dx()/massStep + 2, ny: inner.Dy()/massStep + 2, step: massStep,
		left: float64(inner.Min.X), top: float64(inner.Min.Y),
	}
	logp := make([]float64, 0, g.nx*g.ny)
	for j := range g.ny {
		for i := range g.nx {
			logp = append(logp, f.at(g.left+float64(i)*g.step, g.top+float64(j)*g.step))
		}
	}
	g.values = massAbove(logp)
	return g
}

// massAbove returns, for each of a grid's log densities, the share of the mass where the density
// is higher, counting half of what is equal.
func massAbove(logp []float64) []float64 {
	peak := slices.Max(logp)
	p := make([]float64, len(logp))
	order := make([]int, len(logp))
	total := 0.0
	for i, v := range logp {
		order[i] = i
		p[i] = math.Exp(v - peak)
		total += p[i]
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case p[a] > p[b]:
			return -1
		case p[a] < p[b]:
			return 1
		}
		return a - b
	})
	m := make([]float64, len(p))
	above := 0.0
	for start := 0; start < len(order); {
		end := start
		equal := 0.0
		for end < len(order) && p[order[end]] >= p[order[start]]*(1-1e-9) {
			equal += p[order[end]]
			end++
		}
		for _, i := range order[start:end] {
			m[i] = (above + equal/2) / total
		}
		above += equal
		start = end
	}
	return m
}

// at interpolates M at a place in pixels, and returns the length of its gradient for each pixel.
func (g massMap) at(px, py float64) (m, slope float64) {
	x, y := (px-g.left)/g.step, (py-g.top)/g.step
	i, j := max(0, min(int(x), g.nx-2)), max(0, min(int(y), g.ny-2))
	s, t := x-float64(i), y-float64(j)
	row := g.values[j*g.nx+i:]
	a, b, c, d := row[0], row[1], row[g.nx], row[g.nx+1]
	dx := ((b-a)*(1-t) + (d-c)*t) / g.step
	dy := ((c-a)*(1-s) + (d-b)*s) / g.step
	return (a*(1-s)+b*s)*(1-t) + (c*(1-s)+d*s)*t, math.Hypot(dx, dy)
}

// paint calls each pixel of the area with M there and the length of its gradient.
func (g massMap) paint(a area, pixel func(x, y int, m, slope float64)) {
	inner := a.inner()
	for y := inner.Min.Y; y < inner.Max.Y; y++ {
		for x := inner.Min.X; x < inner.Max.X; x++ {
			m, slope := g.at(float64(x)+.5, float64(y)+.5)
			pixel(x, y, m, slope)
		}
	}
}

// bands fills the regions of the mass levels, one over the other.
func (g massMap) bands(a area, fill color.NRGBA) {
	g.paint(a, func(x, y int, m, slope float64) {
		for _, level := range massLevels {
			inside := (level+tie-m)/max(slope, flat) + .5 // pixels from the contour
			blend(a.img, x, y, fill, max(0, min(inside, 1)))
		}
	})
}

// outlines draws the contours of the mass levels.
func (g massMap) outlines(a area, line color.NRGBA, width float64) {
	g.paint(a, func(x, y int, m, slope float64) {
		if slope < flat {
			return
		}
		for _, level := range massLevels {
			away := math.Abs(level-m) / slope
			blend(a.img, x, y, line, max(0, min(width/2-away+.5, 1)))
		}
	})
}

// shade colours the area by M.
func (g massMap) shade(a area) {
	g.paint(a, func(x, y int, m, _ float64) { blend(a.img, x, y, massColour(m), 1) })
}

const (
	flat = 1e-4 // of M for each pixel: a plateau, which no contour crosses
	tie  = 1e-3 // a uniform density, M = 0.5 throughout, is within its region of 50 %
)
