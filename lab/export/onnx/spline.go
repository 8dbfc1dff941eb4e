package onnx

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/flow"
)

// inverted returns the inverse of a d x d matrix.
func inverted(matrix []float64, d int) []float64 {
	var inverse mat.Dense
	if err := inverse.Inverse(mat.NewDense(d, d, matrix)); err != nil {
		panic("onnx: a linear layer is singular: " + err.Error()) // its determinant is the exponential of a number
	}
	return inverse.RawMatrix().Data
}

// scalar maps a column (n x 1) by the increasing function with parameters theta, or by its inverse, and returns the log slope of
// the function there.
func (m *flowModel) scalar(g *graph, theta, x value, inverse bool) (y, logSlope value) {
	if m.cfg.Transform == flow.Spline {
		return m.spline(g, theta, x, inverse)
	}
	most := m.k["max_log_slope"]
	s := g.mul(g.f64(most), g.op("Tanh", g.div(g.cols(theta, 0, 1), g.f64(most))))
	t := g.cols(theta, 1, 2)
	if inverse {
		return g.mul(g.sub(x, t), g.op("Exp", g.op("Neg", s))), s
	}
	return g.sum(g.mul(x, g.op("Exp", s)), t), s
}

// shares maps parameters to fractions of 1 that are at least so large: n x bins.
func (m *flowModel) shares(g *graph, theta value, least float64) value {
	softmax := g.with("Softmax", []attribute{{"axis", -1}}, theta)
	return g.sum(g.f64(least), g.mul(g.f64(1-float64(m.cfg.Bins)*least), softmax))
}

// spline is the rational-quadratic spline, in units where [-bound, bound]² is the unit square ([durkan2019] eq. 4 to 8).
func (m *flowModel) spline(g *graph, theta, x value, inverse bool) (y, logSlope value) {
	bins, bound := m.cfg.Bins, m.cfg.Bound
	one, zero := g.f64(1), g.f64(0)
	widths := m.shares(g, g.cols(theta, 0, bins), m.k["min_width"])
	heights := m.shares(g, g.cols(theta, bins, 2*bins), m.k["min_height"])
	least := m.k["min_slope"]
	inner := g.sum(g.f64(least), g.softplus64(g.sum(g.cols(theta, 2*bins, 3*bins-1), g.f64(math.Log(math.Expm1(1-least))))))
	edge := g.sum(one, g.mul(zero, g.cols(inner, 0, 1)))

	inside := g.op("And", g.op("Greater", x, g.f64(-bound)), g.op("Less", x, g.f64(bound)))
	at := g.op("Where", inside, g.div(g.sum(x, g.f64(bound)), g.f64(2*bound)), g.f64(0.5))
	sums := func(v value) value { return g.op("CumSum", v, g.int(1)) }
	endsX, endsY := sums(widths), sums(heights)
	ends := endsX
	if inverse {
		ends = endsY
	}
	// The bin: the number of ends at or before the position, the last bin at most, as a row with a single one.
	before := g.rowSum(g.cast(g.op("LessOrEqual", ends, at), Float64))
	numbers := make([]float64, bins)
	for i := range numbers {
		numbers[i] = float64(i)
	}
	bin := g.cast(g.op("Equal", g.op("Min", before, g.f64(float64(bins-1))), g.row64(numbers)), Float64)
	pick := func(v value) value { return g.rowSum(g.mul(bin, v)) }
	w, h := pick(widths), pick(heights)
	x0, y0 := g.sub(pick(endsX), w), g.sub(pick(endsY), h)
	d0, d1 := pick(g.concat(1, edge, inner)), pick(g.concat(1, inner, edge))
	s := g.div(h, w)
	bend := g.sub(g.sum(d0, d1), g.mul(g.f64(2), s))

	var xi, image value
	if inverse {
		rise := g.sub(at, y0)
		turn := g.mul(rise, bend)
		a := g.sum(g.mul(h, g.sub(s, d0)), turn)
		b := g.sub(g.mul(h, d0), turn)
		c := g.op("Neg", g.mul(s, rise))
		root := g.op("Sqrt", g.op("Max", zero, g.sub(g.square(b), g.mul(g.f64(4), g.mul(a, c)))))
		xi = g.op("Clip", g.div(g.mul(g.f64(2), c), g.sub(g.op("Neg", b), root)), zero, one)
		image = g.sum(x0, g.mul(xi, w))
	} else {
		xi = g.op("Min", g.div(g.sub(at, x0), w), one)
	}
	rest := g.sub(one, xi)
	q := g.mul(xi, rest)
	den := g.sum(s, g.mul(bend, q))
	if !inverse {
		image = g.sum(y0, g.div(g.mul(h, g.sum(g.mul(s, g.square(xi)), g.mul(d0, q))), den))
	}
	slope := g.mul(g.square(g.div(s, den)), g.sum(g.mul(d1, g.square(xi)), g.mul(g.mul(g.f64(2), s), q), g.mul(d0, g.square(rest))))
	y = g.op("Where", inside, g.sub(g.mul(g.f64(2*bound), image), g.f64(bound)), x)
	return y, g.op("Log", g.op("Where", inside, slope, one))
}
