package ode

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Adaptive integrates each row with steps of its own by [DormandPrince], so that its result does not
// depend on the other rows.
type Adaptive struct {
	Tolerance float64 // of a step, absolute and relative
	// Plain columns, the last ones of a row, have an absolute tolerance only: integrals that f does not depend on.
	Plain int
	// Rows is the largest number of rows in a call of the field; 0 is no limit.
	Rows int
}

// maxSteps limits the steps of a row, far above what a smooth field needs.
const maxSteps = 10000

// path is the state of the integration of one row.
type path struct {
	row    int
	t, h   float64
	x      []float64
	slopes [][]float64 // at the stages of a step
	steps  int
}

// Integrate takes the rows of x (n x d), in place, from one time to another, and returns the number of evaluations of
// the field at all rows together. A row that overflows, or does not arrive in 10,000 steps, becomes NaN. It panics
// unless the tolerance is positive.
func (a Adaptive) Integrate(f Field, x *mat.Dense, from, to float64) (evaluations int) {
	if !(a.Tolerance > 0) {
		panic(fmt.Sprintf("ode: a tolerance of %v: want more than 0", a.Tolerance))
	}
	n, d := x.Dims()
	method := DormandPrince
	active := make([]*path, n)
	for i := range active {
		active[i] = &path{row: i, t: from, h: (to - from) / 20, x: x.RawRowView(i), slopes: make([][]float64, len(method.Nodes))}
		for k := range method.Nodes {
			active[i].slopes[k] = make([]float64, d)
		}
	}
	at, slopes := mat.NewDense(max(n, 1), d, nil), mat.NewDense(max(n, 1), d, nil)
	times := make([]float64, n)
	limit := a.Rows
	if limit <= 0 {
		limit = max(n, 1)
	}
	evaluate := func(stage int) {
		evaluations += len(active)
		for part := range slices.Chunk(active, limit) {
			for i, p := range part {
				times[i] = p.t + method.Nodes[stage]*p.h
				p.at(at.RawRowView(i), method.Stages[stage])
			}
			m := len(part)
			f(slopes.Slice(0, m, 0, d).(*mat.Dense), at.Slice(0, m, 0, d).(*mat.Dense), times[:m])
			for i, p := range part {
				copy(p.slopes[stage], slopes.RawRowView(i))
			}
		}
	}
	evaluate(0)
	for len(active) > 0 {
		for stage := 1; stage < len(method.Nodes); stage++ {
			evaluate(stage)
		}
		left := active[:0]
		for _, p := range active {
			if !a.advance(p, method, to) {
				left = append(left, p)
			}
		}
		active = left
	}
	return evaluations
}

// at writes the point of a stage to dst.
func (p *path) at(dst, coefficients []float64) {
	copy(dst, p.x)
	for k, c := range coefficients {
		for j, v := range p.slopes[k] {
			dst[j] += p.h * c * v
		}
	}
}

// advance accepts the step if its error is within the tolerance, adapts the step size, and tells whether the row is
// done.
func (a Adaptive) advance(p *path, method Method, to float64) (done bool) {
	worst := 0.0
	for j, v := range p.x {
		e, size := 0.0, a.Tolerance
		for k, c := range method.Error {
			e += p.h * c * p.slopes[k][j]
		}
		if j < len(p.x)-a.Plain {
			size *= 1 + math.Abs(v)
		}
		worst = max(worst, math.Abs(e)/size) // NaN stays NaN
	}
	if p.steps++; math.IsNaN(worst) || p.steps > maxSteps {
		for j := range p.x {
			p.x[j] = math.NaN()
		}
		return true
	}
	if worst <= 1 {
		last := len(method.Nodes) - 1
		p.at(p.x, method.Weights)
		if p.t += p.h; math.Abs(to-p.t) < 1e-12 {
			return true
		}
		p.slopes[0], p.slopes[last] = p.slopes[last], p.slopes[0] // first same as last
	}
	p.h *= min(5, max(0.2, 0.9*math.Pow(math.Max(worst, 1e-10), -0.2)))
	if math.Abs(p.h) >= math.Abs(to-p.t) {
		p.h = to - p.t
	}
	return false
}
