package onnx

import (
	"math"

	"genlab/autoregressive"
)

// digits is a transformer over the digits of a point's cell.
type digits struct {
	transformer
	box   autoregressive.Box
	grids [2]autoregressive.Grid
}

func pointsGraphs(p *autoregressive.Points, saved tensors) []*graph {
	t := digits{newTransformer(p.Config(), saved, false), p.Box(), p.Grids()}
	return []*graph{t.network(), t.sample(), t.density()}
}

// position returns the place in the sequence of digit k of an axis; digit 0 is the most significant.
func (t digits) position(axis, k int) int {
	if t.cfg.Interleaved {
		return 2*k + axis
	}
	return axis*t.cfg.Digits + k
}

// atLeast is a boolean of float64 values.
func (g *graph) atLeast(a, b value) value { return g.op("GreaterOrEqual", a, b) }

// bin returns the bin (n x 1, int64) of coordinates within an axis.
func (t digits) bin(g *graph, a autoregressive.Grid, v value) value {
	offset := max(0, len(a.Below)-1)
	clipped := func(x value, most int) value { return g.op("Min", g.op("Max", x, g.f64(0)), g.f64(float64(most))) }
	within := func(edges []float64) value {
		before := g.rowSum(g.cast(g.op("LessOrEqual", g.row64(edges), v), Float64))
		return clipped(g.sub(before, g.f64(1)), len(edges)-2)
	}
	part := g.mul(g.div(g.sub(v, g.f64(a.Lo)), g.f64(a.Hi-a.Lo)), g.f64(float64(a.Bulk)))
	k := g.sum(clipped(g.op("Floor", part), a.Bulk-1), g.f64(float64(offset)))
	if len(a.Below) > 0 {
		k = g.op("Where", g.op("Less", v, g.f64(a.Lo)), within(a.Below), k)
	}
	if len(a.Above) > 0 {
		above := g.sum(within(a.Above), g.f64(float64(offset+a.Bulk)))
		k = g.op("Where", g.atLeast(v, g.f64(a.Hi)), above, k)
	}
	return g.cast(k, Int64)
}

// cell returns the lower edge and the width of bins (n x 1, int64) of an axis.
func (t digits) cell(g *graph, a autoregressive.Grid, bin value) (edge, width value) {
	offset := max(0, len(a.Below)-1)
	step := (a.Hi - a.Lo) / float64(a.Bulk)
	k := g.cast(bin, Float64)
	edge, width = g.sum(g.f64(a.Lo), g.mul(g.sub(k, g.f64(float64(offset))), g.f64(step))), g.f64(step)
	for _, tail := range []struct {
		edges []float64
		first int
	}{{a.Below, 0}, {a.Above, offset + a.Bulk}} {
		bins := len(tail.edges) - 1
		if bins < 1 {
			continue
		}
		widths := make([]float64, bins)
		for i := range widths {
			widths[i] = tail.edges[i+1] - tail.edges[i]
		}
		at := g.op("Min", g.op("Max", g.op("Sub", bin, g.int(tail.first)), g.int(0)), g.int(bins-1))
		of := func(list []float64) value { return g.op("Gather", g.constant([]int{bins}, list), at) }
		in := g.op("And", g.atLeast(k, g.f64(float64(tail.first))), g.op("Less", k, g.f64(float64(tail.first+bins))))
		edge, width = g.op("Where", in, of(tail.edges[:bins]), edge), g.op("Where", in, of(widths), width)
	}
	return edge, width
}

// sample is the graph of the sampler: digits by their quantiles, then a point of the cell.
func (t digits) sample() *graph {
	g := newGraph("sample", "Samples from uniform noise: the digits of a cell one by one, then a point of the cell.")
	length := 2 * t.cfg.Digits
	u := g.input("noise", Float64, "uniform numbers in [0, 1), one for each digit", "n", length)
	place := g.input("place", Float64, "uniform numbers in [0, 1): the place in the cell", "n", 2)
	tokens := []value{t.begin(g, u)}
	for k := range length {
		logits := g.op("Slice", t.logits(g, g.concat(1, tokens...)), g.ints(-1), g.ints(math.MaxInt64), g.ints(1))
		l := g.op("Squeeze", g.cast(logits, Float64), g.ints(1))
		top := g.with("ReduceMax", []attribute{{"axes", []int{1}}}, l)
		edges := g.op("CumSum", g.op("Exp", g.sub(l, top)), g.int(1))
		at := g.mul(g.cols(u, k, k+1), g.cols(edges, t.classes-1, t.classes))
		digit := g.op("Min", g.rowSum(g.cast(g.op("LessOrEqual", edges, at), Float64)), g.f64(float64(t.classes-1)))
		tokens = append(tokens, g.cast(digit, Int64))
	}
	var columns []value
	for axis, a := range t.grids {
		bin := g.op("Mul", g.int(0), tokens[0])
		for k := range t.cfg.Digits {
			bin = g.sum(g.mul(bin, g.int(t.cfg.Base)), tokens[1+t.position(axis, k)])
		}
		edge, width := t.cell(g, a, bin)
		columns = append(columns, g.sum(edge, g.mul(g.cols(place, axis, axis+1), width)))
	}
	g.output(g.concat(1, columns...), "x", Float64, "samples", "n", 2)
	return g
}

// density is the graph of the log density.
func (t digits) density() *graph {
	g := newGraph("log_prob", "The log density of points, in nats; -Inf outside the box.")
	x := g.input("x", Float64, "points", "n", 2)
	all := make([]value, 2*t.cfg.Digits)
	var inside, logArea value
	edges := [2][2]float64{{t.box.XMin, t.box.XMax}, {t.box.YMin, t.box.YMax}}
	for axis, a := range t.grids {
		v := g.cols(x, axis, axis+1)
		in := g.op("And", g.atLeast(v, g.f64(edges[axis][0])), g.op("LessOrEqual", v, g.f64(edges[axis][1])))
		bin := t.bin(g, a, g.op("Where", in, v, g.f64(a.Lo)))
		_, width := t.cell(g, a, bin)
		for k := t.cfg.Digits - 1; k >= 0; k-- {
			all[t.position(axis, k)] = g.op("Mod", bin, g.int(t.cfg.Base))
			bin = g.div(bin, g.int(t.cfg.Base))
		}
		if axis == 0 {
			inside, logArea = in, g.op("Log", width)
		} else {
			inside, logArea = g.op("And", inside, in), g.sum(logArea, g.op("Log", width))
		}
	}
	tokens := g.concat(1, all...)
	read := g.concat(1, append([]value{t.begin(g, x)}, all[:len(all)-1]...)...)
	logp := g.with("LogSoftmax", []attribute{{"axis", -1}}, g.cast(t.logits(g, read), Float64))
	chosen := g.with("GatherElements", []attribute{{"axis", 2}}, logp, g.op("Unsqueeze", tokens, g.ints(2)))
	total := g.sub(g.rowSum(g.last(chosen)), logArea)
	outside := g.op("Where", g.undefined(x), g.f64(math.NaN()), g.f64(math.Inf(-1)))
	g.output(g.last(g.op("Where", inside, total, outside)), "log_prob", Float64, "log p(x)", "n")
	return g
}
