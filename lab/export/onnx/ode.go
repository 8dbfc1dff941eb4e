package onnx

import (
	"math"

	"genlab/diffusion"
	"genlab/internal/ode"
)

const maxODESteps = 10000

// integral is an ODE of points and of an integral along their paths, which each row solves with steps of its own, in a Loop.
type integral struct {
	d                int
	first, last      float64 // of the variable; it ascends
	parts, tolerance float64 // the first step is a part of the way
	// slope returns the derivatives of points x (n x d) at values of the variable (n x 1), those of the integral in a last column.
	slope func(g *graph, at, x value) (value, error)
}

// solve returns the points and the integrals at the end of the paths from y. They are NaN for a row that does not arrive.
func (o integral) solve(g *graph, y value) (x, change value, err error) {
	zero := g.mul(g.f64(0), g.cols(y, 0, 1))
	column := func(v float64) value { return g.op("Where", g.op("Equal", zero, g.f64(0)), g.f64(v), g.f64(v)) }
	slope, err := o.slope(g, column(o.first), y)
	if err != nil {
		return "", "", err
	}
	state := []value{column(o.first), column((o.last - o.first) / o.parts), y, zero, slope}
	names := []string{"at", "h", "point", "change", "slope"}

	b := g.body("step")
	widths := []int{1, 1, o.d, 1, o.d + 1}
	b.inputs = append(b.inputs, Value{Name: "iteration", Type: Int64}, Value{Name: "going", Type: Bool})
	in := make([]value, len(names))
	for i, name := range names {
		in[i] = b.input(name, Float64, "", "n", widths[i])
	}
	out, going, err := o.step(b, in)
	if err != nil {
		return "", "", err
	}
	b.add("Identity", []value{going}, []value{"go_on"})
	b.outputs = append(b.outputs, Value{Name: "go_on", Type: Bool})
	for i, v := range out {
		b.output(v, "next_"+names[i], Float64, "", "n", widths[i])
	}
	results := make([]value, len(names))
	for i := range results {
		results[i] = g.fresh()
	}
	yes := g.op("Greater", g.int(1), g.int(0))
	g.add("Loop", append([]value{g.int(maxODESteps), yes}, state...), results, attribute{"body", b})
	arrived := g.op("GreaterOrEqual", results[0], g.f64(o.last))
	known := func(v value) value { return g.op("Where", arrived, v, g.f64(math.NaN())) }
	return known(results[2]), known(results[3]), nil
}

// density is the graph of [diffusion.ProbabilityFlow].
func (n *denoiser) density(shift, scale []float64, logScale float64) (*graph, error) {
	g := newGraph("log_prob", "The log density of points, in nats: that of the probability flow, by the Dormand-Prince method.")
	x := g.input("x", Float64, "points in the data's coordinates", "n", n.d)
	label := n.label(g)
	alpha, sigma := n.model.Schedule().At(1)
	first, last := math.Atan(diffusion.MinNoise), math.Atan2(sigma, alpha)
	end, change, err := integral{n.d, first, last, 50, diffusion.DefaultTolerance, func(g *graph, angle, x value) (value, error) {
		return n.flowSlope(g, angle, x, label)
	}}.solve(g, g.mul(g.f64(math.Cos(first)), g.fromData(shift, scale, x)))
	if err != nil {
		return nil, err
	}
	logp := g.sum(g.logNormal(end, n.d), change, g.f64(float64(n.d)*math.Log(math.Cos(first))-logScale))
	g.output(g.last(g.finite(logp, x)), "log_prob", Float64, "log p(x), of a conditional model log p(x|label) without guidance", "n")
	return g, nil
}

// flowSlope returns dx/dφ of the probability flow at angles (n x 1) and, in the last column, minus that of log p.
func (n *denoiser) flowSlope(g *graph, angle, x, label value) (value, error) {
	sin, cos := g.op("Sin", angle), g.op("Sin", g.sum(angle, g.f64(math.Pi/2)))
	out, trace := n.withTrace(g, g.cast(x, Float32), g.cast(g.op("Log", g.div(sin, cos)), Float32), label)
	out, trace = g.cast(out, Float64), g.cast(trace, Float64)
	var a, b value
	switch n.cfg.Prediction {
	case diffusion.VelocityPrediction:
		a, b = cos, g.op("Neg", sin)
	case diffusion.NoisePrediction:
		a, b = g.div(g.f64(1), cos), g.op("Neg", g.div(sin, cos))
	case diffusion.DataPrediction:
		a, b = g.f64(0), g.f64(1)
	default:
		_, _, err := n.coefficients(1, 0)
		return "", err
	}
	denoised := g.sum(g.mul(a, x), g.mul(b, out))
	d := g.f64(float64(n.d))
	dx := g.div(g.sub(g.mul(cos, x), denoised), sin)
	dl := g.div(g.sub(g.mul(d, cos), g.sum(g.mul(d, a), g.mul(b, trace))), sin)
	return g.concat(1, dx, dl), nil
}

// withTrace returns the network's output and the trace of its Jacobian by the point, n x 1, in float32.
func (n *denoiser) withTrace(g *graph, x, u, label value) (out, trace value) {
	hidden := g.sum(n.first(g, x), n.level(g, u))
	if label != "" {
		hidden = g.sum(hidden, label)
	}
	// The derivatives of the first layer along each coordinate: those of x, sin(x·B) and cos(x·B) times the weights.
	var tangents []value
	for j := range n.d {
		unit := g.op("Slice", g.weights(n.net.weights[0]), g.ints(j), g.ints(j+1), g.ints(0))
		tangent := g.sum(unit, g.mul(g.f32(0), g.cols(hidden, 0, 1)))
		if name := "features/frequencies"; n.saved.has(name) {
			b := g.weights(n.saved.get(name))
			k := n.saved.get(name).Shape[1]
			angles, row := g.op("MatMul", x, b), g.op("Slice", b, g.ints(j), g.ints(j+1), g.ints(0))
			waves := g.concat(1, g.mul(g.op("Cos", angles), row), g.op("Neg", g.mul(g.op("Sin", angles), row)))
			tangent = g.sum(tangent, g.op("MatMul", waves, n.rows(g, n.d, n.d+2*k)))
		}
		tangents = append(tangents, tangent)
	}
	out, tangents = n.net.withTangents(g, hidden, tangents)
	for j := range tangents {
		tangents[j] = g.cols(tangents[j], j, j+1)
	}
	return out, g.sum(tangents...)
}

// step tries a step of each row that is not at the end, and returns the state after it and whether a row goes on.
func (o integral) step(g *graph, state []value) (next []value, going value, err error) {
	now, h, x, change, last := state[0], state[1], state[2], state[3], o.last
	k := []value{state[4]}
	weighted := func(c []float64) value {
		var list []value
		for i, v := range c {
			if v != 0 {
				list = append(list, g.mul(g.f64(v), k[i]))
			}
		}
		return g.mul(h, g.sum(list...))
	}
	for i := 1; i < len(ode.DormandPrince.Nodes); i++ {
		at := g.sum(x, g.cols(weighted(ode.DormandPrince.Stages[i]), 0, o.d))
		slope, err := o.slope(g, g.sum(now, g.mul(g.f64(ode.DormandPrince.Nodes[i]), h)), at)
		if err != nil {
			return nil, "", err
		}
		k = append(k, slope)
	}
	// The largest error in units of the tolerance: relative for x, absolute for log p.
	tolerance := g.f64(o.tolerance)
	one := g.f64(1)
	size := g.mul(tolerance, g.concat(1, g.sum(one, g.op("Abs", x)), g.sum(one, g.mul(g.f64(0), now))))
	worst := g.with("ReduceMax", []attribute{{"axes", []int{1}}}, g.div(g.op("Abs", weighted(ode.DormandPrince.Error[:])), size))
	undefined := g.op("IsNaN", g.rowSum(g.concat(1, k...))) // a maximum may hide a NaN
	active := g.op("And", g.op("Less", now, g.f64(last)), g.op("Not", g.op("IsNaN", change)))
	accepted := g.op("And", g.op("And", active, g.op("Not", undefined)), g.op("LessOrEqual", worst, one))

	moved := weighted(ode.DormandPrince.Stages[6])
	newX := g.op("Where", accepted, g.sum(x, g.cols(moved, 0, o.d)), x)
	newChange := g.op("Where", accepted, g.sum(change, g.cols(moved, o.d, o.d+1)), change)
	newChange = g.op("Where", g.op("And", active, undefined), g.f64(math.NaN()), newChange)
	newAt := g.op("Where", accepted, g.sum(now, h), now)
	newAt = g.op("Where", g.op("Less", g.sub(g.f64(last), newAt), g.f64(1e-9)), g.f64(last), newAt)
	newSlope := g.op("Where", accepted, k[6], k[0])
	factor := g.op("Pow", g.op("Max", worst, g.f64(1e-10)), g.f64(-0.2))
	factor = g.op("Clip", g.mul(g.f64(0.9), factor), g.f64(0.2), g.f64(5))
	newH := g.op("Min", g.mul(h, factor), g.sub(g.f64(last), newAt))
	newH = g.op("Where", active, newH, g.mul(g.f64(0), now))
	more := g.op("And", g.op("Less", newAt, g.f64(last)), g.op("Not", g.op("IsNaN", newChange)))
	going = g.cast(g.with("ReduceMax", []attribute{{"keepdims", 0}}, g.cast(more, Float32)), Bool)
	return []value{newAt, newH, newX, newChange, newSlope}, going, nil
}
