package onnx

import (
	"fmt"
	"math"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/internal/ode"
	"genlab/internal/usage"
	"genlab/standardize"
)

// velocities is a network of velocities, or of average velocities, which has two times. Its layers are those of a denoiser.
type velocities struct {
	denoiser
	times int
	floor float64
	scale standardize.Map
}

func newVelocities(cfg matching.NetworkConfig, times, d int, saved tensors) (*velocities, error) {
	scale, err := standardize.FromState("scale", saved)
	return &velocities{
		denoiser: denoiser{
			saved: saved, net: tensors(checkpoint.Out("ema", saved)).mlp("layer", cfg.Activation),
			levels: diffusion.NewNoiseEmbedding(cfg.TimeFeatures), d: d,
		},
		times: times, floor: matching.Constants()["time_floor"], scale: scale,
	}, err
}

// level returns log(t/(1-t)), bounded at 0 and 1, of times (n x 1, of a kind of number).
func (v *velocities) level(g *graph, t value, number func(float64) value) value {
	return g.op("Log", g.div(g.sum(t, number(v.floor)), g.sub(number(1+v.floor), t)))
}

// at returns the output at points (n x d, float32) and the embeddings of the times' levels.
func (v *velocities) at(g *graph, x value, embeddings ...value) value {
	in := append([]value{g.fourier(v.saved, "features/frequencies", x)}, embeddings...)
	for i, e := range in {
		lo := 0
		if i > 0 {
			lo = v.net.inputs() - 2*len(v.levels)*(v.times-i+1)
		}
		hi := v.net.inputs() - 2*len(v.levels)*(v.times-i)
		in[i] = g.op("MatMul", e, v.rows(g, lo, hi))
	}
	return v.net.after(g, g.sum(append(in, g.weights(v.net.biases[0]))...))
}

// embed returns the sines and cosines of levels (n x 1, float32).
func (v *velocities) embed(g *graph, level value) value {
	angles := g.mul(level, g.row32(v.levels))
	return g.concat(1, g.op("Sin", angles), g.op("Cos", angles))
}

// embedded is embed of one time for all rows: a constant, repeated for each row of x.
func (v *velocities) embedded(g *graph, x value, t float64) value {
	u := float64(float32(math.Log((t + v.floor) / (1 - t + v.floor))))
	row := make([]float32, 0, 2*len(v.levels))
	for _, wave := range []func(float64) float64{math.Sin, math.Cos} {
		for _, f := range v.levels {
			row = append(row, float32(wave(float64(float32(u)*f))))
		}
	}
	return g.sum(g.mul(g.f32(0), g.cols(x, 0, 1)), g.row32(row))
}

// velocity is the output at points (n x d, float64) and times of all rows.
func (v *velocities) velocity(g *graph, x value, times ...float64) value {
	x = g.cast(x, Float32)
	var embeddings []value
	for _, t := range times {
		embeddings = append(embeddings, v.embedded(g, x, t))
	}
	return g.cast(v.at(g, x, embeddings...), Float64)
}

// network is the graph of the network alone, in float32.
func (v *velocities) network(doc string, names ...string) *graph {
	g := newGraph("network", doc)
	x := g.input("x", Float32, "points in standardised coordinates", "n", v.d)
	var embeddings []value
	for _, name := range names {
		t := g.input(name, Float32, "time of each row, 1 at noise and 0 at data", "n", 1)
		embeddings = append(embeddings, v.embed(g, v.level(g, t, g.f32)))
	}
	g.output(v.at(g, x, embeddings...), "velocity", Float32, "velocity in standardised coordinates", "n", v.d)
	return g
}

// sample finishes the graph of a sampler.
func (v *velocities) sample(g *graph, z value) *graph {
	g.output(g.toData(v.scale.Shift, v.scale.Scale, z), "x", Float64, "samples in the data's coordinates", "n", v.d)
	return g
}

// slope is the velocity and the divergence at points x and times t (n x 1), both float64.
func (v *velocities) slope(g *graph, t, x value) (value, error) {
	out, trace := v.withTrace(g, g.cast(x, Float32), g.cast(v.level(g, t, g.f64), Float32), "")
	return g.cast(g.concat(1, out, trace), Float64), nil
}

// matchingGraphs are those of a model of velocities, whose tensors are saved.
func matchingGraphs(m *matching.Model, saved tensors) ([]*graph, error) {
	cfg := m.Config()
	v, err := newVelocities(cfg.NetworkConfig, 1, m.Dim(), saved)
	if err != nil {
		return nil, err
	}
	g := newGraph("sample", fmt.Sprintf("Samples by %v.", m.Sampling()))
	x := g.input("noise", Float64, "standard normal numbers", "n", v.d)
	switch s := m.Sampling(); method := s.Sampler.(type) {
	case matching.Fixed:
		for i, t := range s.Grid[:len(s.Grid)-1] {
			x = v.step(g, method.Method, x, t, s.Grid[i+1])
		}
	case matching.Adaptive:
		x, _, err = integral{v.d, 0, 1, 20, method.Tolerance, func(g *graph, at, x value) (value, error) {
			level := g.cast(v.level(g, g.sub(g.f64(1), at), g.f64), Float32)
			out := g.cast(v.at(g, g.cast(x, Float32), v.embed(g, level)), Float64)
			return g.concat(1, g.op("Neg", out), g.mul(g.f64(0), at)), nil
		}}.solve(g, x)
	default:
		err = usage.Errorf("its sampler %v has no ONNX graph yet", s.Sampler)
	}
	if err != nil {
		return nil, err
	}
	graphs := []*graph{v.network("The network, which predicts the velocity.", "t"), v.sample(g, x)}
	if v.d != 2 {
		return graphs, nil // the density takes a derivative along each coordinate
	}
	density, err := v.density(cfg.Tolerance)
	return append(graphs, density), err
}

// step is a step of a Runge-Kutta method from time t to s.
func (v *velocities) step(g *graph, method ode.Method, x value, t, s float64) value {
	h, k := s-t, []value{}
	weighted := func(x value, weights []float64) value {
		terms := []value{x}
		for i, w := range weights {
			if w != 0 {
				terms = append(terms, g.mul(g.f64(h*w), k[i]))
			}
		}
		return g.sum(terms...)
	}
	for i, node := range method.Nodes {
		k = append(k, v.velocity(g, weighted(x, method.Stages[i]), t+node*h))
	}
	return weighted(x, method.Weights)
}

// density is the graph of [matching.ContinuousFlow].
func (v *velocities) density(tolerance float64) (*graph, error) {
	g := newGraph("log_prob", "The log density of points, in nats: that of the continuous flow, by the Dormand-Prince method.")
	x := g.input("x", Float64, "points in the data's coordinates", "n", v.d)
	end, change, err := integral{v.d, 0, 1, 20, tolerance, v.slope}.solve(g, g.fromData(v.scale.Shift, v.scale.Scale, x))
	if err != nil {
		return nil, err
	}
	logp := g.sum(g.logNormal(end, v.d), change, g.f64(-v.scale.LogScale()))
	g.output(g.last(g.finite(logp, x)), "log_prob", Float64, "log p(x)", "n")
	return g, nil
}

func flowMapGraphs(m *matching.FlowMap, saved tensors) ([]*graph, error) {
	cfg := m.Config()
	v, err := newVelocities(cfg.NetworkConfig, 2, m.Dim(), saved)
	if err != nil {
		return nil, err
	}
	g := newGraph("sample", fmt.Sprintf("Samples by %v.", m.Sampling(cfg.Evaluations)))
	x := g.input("noise", Float64, "standard normal numbers", "n", v.d)
	grid := matching.Uniform(cfg.Evaluations)
	for i, t := range grid[:cfg.Evaluations] {
		r := grid[i+1]
		x = g.sum(x, g.mul(g.f64(r-t), v.velocity(g, x, t, r)))
	}
	return []*graph{v.network("The network, which predicts the average velocity from time t to time r.", "t", "r"), v.sample(g, x)}, nil
}
