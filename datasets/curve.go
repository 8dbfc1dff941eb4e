package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// curve is a smooth curve with a distribution of its parameter t.
type curve struct {
	lo, hi   float64                        // the range of t
	at       func(t float64) (x, y float64) // the point c(t)
	speed    func(t float64) float64        // |c′(t)|, not decreasing
	density  func(t float64) float64        // the density of t on [lo, hi]
	quantile func(u float64) (t float64)    // its inverse distribution function on [0, 1)
}

// curves is an equal mixture of curves with noise added,
//
//	p(x) = 1/K Σₖ ∫ ν(x₁ − cₖ₁(t)) ν(x₂ − cₖ₂(t)) wₖ(t) dt,
//
// ν the noise along an axis and wₖ the density of t. Component k and mode k are curve k.
//
// LogProb integrates over t by adaptive Gauss-Legendre panels. Both factors of the integrand
// decrease with the distance to the curve along an axis, so on a panel they are bounded by their
// values at the smallest and the largest such distance. A panel whose upper bound is negligible
// against the largest value so far is dropped, one with close bounds is integrated, and any other is
// bisected. The rule thus adapts to points far out, where the integrand is a spike, and ignores
// distant parts of the curve. It works with logarithms: nothing underflows.
type curves struct {
	name   string
	parts  []curve
	noise  noise
	panels []panel // covering all parts, each panelLength sigma long
}

// panel is a piece of a curve, with the nodes of the rule on it.
type panel struct {
	part   int
	t0, t1 float64
	x, y   float64              // its midpoint
	reach  float64              // maximum distance of its points from the midpoint
	nodes  *[nodesPerPanel]node // nil for bisected panels
}

// node is a point of the curve and its quadrature weight.
type node struct{ x, y, weight float64 }

const (
	// panelLength is the length of a panel, in sigma: short enough that near the curve no
	// panel is halved.
	panelLength = 0.8
	// nodesPerPanel integrates exp(3t) on [−1, 1], the worst that variation allows, with a
	// relative error of 3e-10.
	nodesPerPanel = 8
	// variation is the largest change of the log integrand on a panel that is integrated, plus d/2
	// where the panel is d nats below the largest value so far: its relative error grows to
	// ((variation + d/2)/6)¹⁷ times the above, more slowly than exp(d).
	variation = 6
	// negligible is how far below the largest value so far a panel's log integrand must be for the
	// panel to be dropped. A spike covers 1e-6 of the curve or more, so the dropped panels are below
	// 1e-9 of the integral.
	negligible = 36
	// remote is the distance, in sigma, beyond which log p (below −1e7) is approximated by the
	// maximum of its log integrand.
	remote = 1e4
)

var legendre = func() (r struct{ x, w [nodesPerPanel]float64 }) {
	quad.Legendre{}.FixedLocations(r.x[:], r.w[:], -1, 1)
	return r
}()

func newCurves(name string, n noise, parts ...curve) *curves {
	c := &curves{name: name, parts: parts, noise: n}
	for k, p := range parts {
		for t := p.lo; t < p.hi; {
			// Two steps settle the speed at the far end.
			step := panelLength * n.sigma / p.speed(t)
			step = panelLength * n.sigma / p.speed(min(t+step, p.hi))
			end := t + step
			if p.hi-end < step/10 {
				end = p.hi
			}
			q := c.panel(k, t, end)
			q.nodes = new([nodesPerPanel]node)
			c.rule(&q, q.nodes)
			c.panels = append(c.panels, q)
			t = end
		}
	}
	return c
}

func (c *curves) panel(part int, t0, t1 float64) panel {
	p := &c.parts[part]
	x, y := p.at((t0 + t1) / 2)
	return panel{part: part, t0: t0, t1: t1, x: x, y: y, reach: p.speed(t1) * (t1 - t0) / 2}
}

// rule fills in the nodes of the panel q.
func (c *curves) rule(q *panel, nodes *[nodesPerPanel]node) {
	p := &c.parts[q.part]
	mid, half := (q.t0+q.t1)/2, (q.t1-q.t0)/2
	for i, u := range legendre.x {
		t := mid + half*u
		x, y := p.at(t)
		nodes[i] = node{x, y, legendre.w[i] * half * p.density(t) / float64(len(c.parts))}
	}
}

// SampleLabelled returns n samples (n x 2) and the curve of each.
func (c *curves) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	jitter := func() float64 {
		e := c.noise.sigma * rng.NormFloat64()
		if c.noise.half > 0 {
			e += c.noise.half * (2*rng.Float64() - 1)
		}
		return e
	}
	return sampleComponents(n, len(c.parts), rng, func(k int) (x, y float64) {
		x, y = c.parts[k].at(c.parts[k].quantile(rng.Float64()))
		x += jitter()
		return x, y + jitter()
	})
}

// Sample returns n samples (n x 2).
func (c *curves) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := c.SampleLabelled(n, rng)
	return x
}

// LogProb returns log p of each row of x (n x 2), in nats, with a relative error of p below
// 1e-8 up to 1e4 sigma from the curve.
func (c *curves) LogProb(x mat.Matrix) []float64 { return rows(x, c.logProb) }

// logNoise returns the log density of the noise at a displacement.
func (c *curves) logNoise(dx, dy float64) float64 {
	return c.noise.logDensity(dx) + c.noise.logDensity(dy)
}

func (c *curves) logProb(x, y float64) float64 {
	closest, d := c.closestPanel(x, y)
	best := c.logNoise(x-closest.x, y-closest.y)
	if math.IsNaN(best) || math.IsInf(best, -1) {
		return best
	}
	if d > remote*c.noise.sigma {
		return c.largest(closest, x, y)
	}

	var spaceA, spaceB [64]panel // on the stack: enough for a point near the curve
	live, halves := spaceA[:0], spaceB[:0]
	for i := range c.panels {
		q := &c.panels[i]
		dx, dy := max(0, math.Abs(x-q.x)-q.reach), max(0, math.Abs(y-q.y)-q.reach)
		if c.noise.logPeakBound(dx)+c.noise.logPeakBound(dy) >= best-negligible {
			live = append(live, *q)
		}
	}
	var own [nodesPerPanel]node
	sum := 0.0 // of the integrand over exp(best)
	for len(live) > 0 {
		before := best
		for i := range live {
			best = max(best, c.logNoise(x-live[i].x, y-live[i].y))
		}
		sum *= math.Exp(before - best)
		halves = halves[:0]
		for i := range live {
			q := &live[i]
			dx, dy := math.Abs(x-q.x), math.Abs(y-q.y)
			upper := c.logNoise(max(0, dx-q.reach), max(0, dy-q.reach))
			if upper < best-negligible {
				continue
			}
			mid := (q.t0 + q.t1) / 2
			change := upper - c.logNoise(dx+q.reach, dy+q.reach)
			if change > variation+(best-upper)/2 && mid > q.t0 && mid < q.t1 {
				halves = append(halves, c.panel(q.part, q.t0, mid), c.panel(q.part, mid, q.t1))
				continue
			}
			nodes := q.nodes
			if nodes == nil {
				nodes = &own
				c.rule(q, nodes)
			}
			for _, v := range nodes {
				sum += v.weight * math.Exp(c.logNoise(x-v.x, y-v.y)-best)
			}
		}
		live, halves = halves, live
	}
	return best + math.Log(sum)
}

// closestPanel returns the panel whose midpoint is closest to the point, and the distance.
func (c *curves) closestPanel(x, y float64) (q *panel, d float64) {
	d = math.Inf(1)
	for i := range c.panels {
		p := &c.panels[i]
		if e := (x-p.x)*(x-p.x) + (y-p.y)*(y-p.y); e < d || q == nil {
			q, d = p, e
		}
	}
	return q, math.Sqrt(d)
}

// largest returns the largest log integrand near the panel q.
func (c *curves) largest(q *panel, x, y float64) float64 {
	p := &c.parts[q.part]
	width := q.t1 - q.t0
	return -minimum(func(t float64) float64 {
		px, py := p.at(t)
		return -c.logNoise(x-px, y-py)
	}, max(p.lo, q.t0-width), min(p.hi, q.t1+width))
}

// Len returns the number of curves.
func (c *curves) Len() int { return len(c.parts) }

// Nearest returns the nearest curve, and whether it is at most 3 sigma away, sigma the
// standard deviation of the whole noise along an axis.
func (c *curves) Nearest(x, y float64) (mode int, within bool) {
	mode, d := c.distance(x, y)
	return mode, d <= 3*math.Sqrt(c.noise.variance())
}

// distance returns the nearest curve and the distance to it.
func (c *curves) distance(x, y float64) (part int, d float64) {
	on := func(q *panel) float64 {
		at := c.parts[q.part].at
		return minimum(func(t float64) float64 {
			px, py := at(t)
			return math.Hypot(x-px, y-py)
		}, q.t0, q.t1)
	}
	first, _ := c.closestPanel(x, y)
	part, d = first.part, on(first)
	for i := range c.panels {
		q := &c.panels[i]
		if q == first {
			continue
		}
		// Compare squares: the square roots would dominate.
		if r, dx, dy := d+q.reach, x-q.x, y-q.y; dx*dx+dy*dy < r*r {
			if e := on(q); e < d {
				part, d = q.part, e
			}
		}
	}
	return part, d
}

// minimum returns the minimum of f, unimodal on [a, b], by golden-section search to 1e-7 of the
// interval, ends included.
func minimum(f func(float64) float64, a, b float64) float64 {
	const ratio = 0.6180339887498949 // 1/φ
	lowest := min(f(a), f(b))
	u, v := b-ratio*(b-a), a+ratio*(b-a)
	fu, fv := f(u), f(v)
	for range 34 {
		if fu < fv {
			b, v, fv = v, u, fu
			u = b - ratio*(b-a)
			fu = f(u)
		} else {
			a, u, fu = u, v, fv
			v = a + ratio*(b-a)
			fv = f(v)
		}
	}
	return min(lowest, fu, fv)
}

func (c *curves) String() string { return fmt.Sprintf("%s, sigma %.4g", c.name, c.noise.sigma) }
