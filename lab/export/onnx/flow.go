package onnx

import (
	"fmt"
	"math"

	"genlab/checkpoint"
	"genlab/flow"
	"genlab/standardize"
)

// flowModel is a flow: its layers are built from the tensors as in docs/checkpoint.md.
type flowModel struct {
	cfg     flow.Config
	ema     tensors
	scale   standardize.Map
	classes int
	k       map[string]float64 // constants
}

func newFlow(cfg flow.Config, saved tensors) (*flowModel, error) {
	scale, err := standardize.FromState("scale", saved)
	m := &flowModel{cfg: cfg, ema: checkpoint.Out("ema", saved), scale: scale, k: flow.Constants()}
	if m.ema.has("prior") {
		m.classes = m.ema.get("prior").Shape[1]
	}
	return m, err
}

func (m *flowModel) dim() int { return len(m.scale.Shift) }

// label declares the labels of a conditional flow, one-hot in float32; "" for others.
func (m *flowModel) label(g *graph) value {
	if m.classes == 0 {
		return ""
	}
	return g.oneHot(g.input("label", Int64, fmt.Sprintf("label of each row, from 0 to %d", m.classes-1), "n"), m.classes, Float32)
}

func flowGraphs(cfg flow.Config, saved tensors) ([]*graph, error) {
	m, err := newFlow(cfg, saved)
	if err != nil {
		return nil, err
	}
	d := m.dim()
	network := newGraph("network", "The flow: z = f(x), N(0, I) under the model, and log |det dz/dx|.")
	z, logDet := m.forward(network, network.input("x", Float64, "points in the data's coordinates", "n", d), m.label(network))
	network.output(z, "z", Float64, "their images", "n", d)
	network.output(network.last(logDet), "log_det", Float64, "log |det dz/dx|", "n")

	density := newGraph("log_prob", "The log density of points, in nats.")
	x := density.input("x", Float64, "points in the data's coordinates", "n", d)
	z, logDet = m.forward(density, x, m.label(density))
	logp := density.finite(density.sum(density.logNormal(z, d), logDet), x)
	density.output(density.last(logp), "log_prob", Float64, "log q(x), of a conditional flow log q(x|label)", "n")
	if m.classes > 0 {
		density.output(m.logPrior(density), "log_prior", Float64, "log of the probability of each class: logsumexp of log_prior + log_prob over the labels is log q(x)", m.classes)
	}

	sample := newGraph("sample", "Samples from standard normal noise.")
	z = sample.input("noise", Float64, "standard normal numbers", "n", d)
	sample.output(m.inverse(sample, z, m.label(sample)), "x", Float64, "samples in the data's coordinates", "n", d)
	return []*graph{network, sample, density}, nil
}

// logPrior returns log π, a constant.
func (m *flowModel) logPrior(g *graph) value {
	var logPi []float64
	sum := math.Inf(-1)
	for _, v := range m.ema.get("prior").Data {
		logPi = append(logPi, float64(v))
		sum = max(sum, float64(v)) + math.Log1p(math.Exp(-math.Abs(sum-float64(v))))
	}
	for i := range logPi {
		logPi[i] -= sum
	}
	return g.constant([]int{len(logPi)}, logPi)
}

// forward maps points to the base: n x d, and the log-determinants, n x 1.
func (m *flowModel) forward(g *graph, x, label value) (z, logDet value) {
	x = g.fromData(m.scale.Shift, m.scale.Scale, x)
	logDet = g.sum(g.mul(g.f64(0), g.cols(x, 0, 1)), g.f64(-m.scale.LogScale()))
	for i := 1; i <= m.cfg.Layers; i++ {
		if name := fmt.Sprintf("mixing%d", i); m.ema.has(name + ".triangles") {
			matrix, shift, det := m.mixing(name)
			x = g.sum(g.op("MatMul", x, g.constant([]int{m.dim(), m.dim()}, matrix)), g.row64(shift))
			logDet = g.sum(logDet, g.f64(det))
		}
		columns := m.columns(g, x)
		for k, s := range m.stages(i) {
			theta := m.theta(g, fmt.Sprintf("layer%d.stage%d", i, k+1), s, m.columns(g, x), label)
			for j := s.lo; j < s.hi; j++ {
				var slope value
				columns[j], slope = m.scalar(g, theta(j), g.cols(x, j, j+1), false)
				logDet = g.sum(logDet, slope)
			}
		}
		x = g.concat(1, columns...)
	}
	return x, logDet
}

// inverse maps points of the base to the data's coordinates.
func (m *flowModel) inverse(g *graph, z, label value) value {
	for i := m.cfg.Layers; i >= 1; i-- {
		columns := m.columns(g, z)
		for k, s := range m.stages(i) { // the conditioners read columns that are inverted already
			theta := m.theta(g, fmt.Sprintf("layer%d.stage%d", i, k+1), s, columns, label)
			for j := s.lo; j < s.hi; j++ {
				columns[j], _ = m.scalar(g, theta(j), g.cols(z, j, j+1), true)
			}
		}
		z = g.concat(1, columns...)
		if name := fmt.Sprintf("mixing%d", i); m.ema.has(name + ".triangles") {
			matrix, shift, _ := m.mixing(name)
			z = g.op("MatMul", g.sub(z, g.row64(shift)), g.constant([]int{m.dim(), m.dim()}, inverted(matrix, m.dim())))
		}
	}
	return g.toData(m.scale.Shift, m.scale.Scale, z)
}

// columns returns each column of a matrix.
func (m *flowModel) columns(g *graph, x value) []value {
	list := make([]value, m.dim())
	for j := range list {
		list[j] = g.cols(x, j, j+1)
	}
	return list
}

// stage transforms the columns [lo, hi), conditioned on [from, to).
type stage struct{ from, to, lo, hi int }

func (m *flowModel) stages(layer int) (list []stage) {
	d := m.dim()
	if m.cfg.Structure == flow.Coupling {
		h := (d + 1) / 2
		list = append(list, stage{0, h, h, d})
	} else {
		for i := range d {
			list = append(list, stage{0, i, i, i + 1})
		}
	}
	if layer%2 == 0 { // the order of the columns alternates
		for i, s := range list {
			list[i] = stage{d - s.to, d - s.from, d - s.hi, d - s.lo}
		}
	}
	return list
}

// theta returns the parameters of a stage's column in float64: n x their number, or a constant row.
func (m *flowModel) theta(g *graph, name string, s stage, given []value, label value) func(j int) value {
	per := 2
	if m.cfg.Transform == flow.Spline {
		per = 3*m.cfg.Bins - 1
	}
	var all value
	if m.ema.has(name + ".theta") {
		all = g.weights(m.ema.get(name + ".theta"))
	} else {
		var in []value
		if s.to > s.from {
			clip := g.f64(m.k["input_clip"])
			x := g.concat(1, given[s.from:s.to]...)
			in = append(in, g.cast(g.op("Clip", x, g.op("Neg", clip), clip), Float32))
		}
		if label != "" {
			in = append(in, label)
		}
		all = m.ema.mlp(name+".layer", m.cfg.Activation).apply(g, g.concat(1, in...))
	}
	all = g.cast(all, Float64)
	return func(j int) value { return g.cols(all, (j-s.lo)*per, (j-s.lo+1)*per) }
}

// mixing returns L·U, the shift and the log-determinant of a linear layer.
func (m *flowModel) mixing(name string) (matrix, shift []float64, logDet float64) {
	d := m.dim()
	triangles, diagonal := m.ema.get(name+".triangles").Data, m.ema.get(name+".log-diagonal").Data
	at := func(upper bool, i, j int) float64 {
		switch {
		case i == j && upper:
			return math.Exp(float64(diagonal[i]))
		case i == j:
			return 1
		case upper == (i < j):
			return float64(triangles[i*d+j])
		}
		return 0
	}
	matrix = make([]float64, d*d)
	for i := range d {
		for j := range d {
			for k := range d {
				matrix[i*d+j] += at(false, i, k) * at(true, k, j)
			}
		}
		shift = append(shift, float64(m.ema.get(name + ".shift").Data[i]))
		logDet += float64(diagonal[i])
	}
	return matrix, shift, logDet
}
