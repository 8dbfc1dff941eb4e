package onnx

import (
	"fmt"
	"math"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/internal/usage"
)

// denoiser is the network of a diffusion model with the default network, a perceptron.
type denoiser struct {
	model   *diffusion.Model
	cfg     diffusion.Config
	saved   tensors
	net     mlp
	levels  []float32 // frequencies of the embedding of the noise level
	d       int
	classes int
}

func newDenoiser(m *diffusion.Model, saved tensors) (*denoiser, error) {
	if m.Components().Network != nil {
		return nil, usage.Errorf("its network is not the default one, and has no ONNX graph: sample it with genlab sample")
	}
	cfg := m.Config()
	return &denoiser{
		model: m, cfg: cfg, saved: saved, net: tensors(checkpoint.Out("ema", saved)).mlp("layer", cfg.Activation),
		levels: diffusion.NewNoiseEmbedding(cfg.TimeFeatures), d: m.Dim(), classes: m.Components().ContextWidth(),
	}, nil
}

// label declares the labels of a conditional model and returns their part of the first layer, "" for others.
func (n *denoiser) label(g *graph) (hidden value) {
	if n.classes == 0 {
		return ""
	}
	label := g.input("label", Int64, fmt.Sprintf("label of each row, from 0 to %d, or -1 for none", n.classes-1), "n")
	rows := n.net.inputs() - n.classes
	return g.op("MatMul", g.oneHot(label, n.classes, Float32), n.rows(g, rows, n.net.inputs()))
}

// rows returns rows [lo, hi) of the first layer's weights.
func (n *denoiser) rows(g *graph, lo, hi int) value {
	return g.op("Slice", g.weights(n.net.weights[0]), g.ints(lo), g.ints(hi), g.ints(0))
}

// first returns the first layer before its activation: of x (n x d) with its features, and of what is known of all rows.
func (n *denoiser) first(g *graph, x value) value {
	in := g.fourier(n.saved, "features/frequencies", x)
	return g.op("MatMul", in, n.rows(g, 0, n.net.inputs()-n.classes-2*len(n.levels)))
}

// levelRows returns the rows of the first layer's weights that take the embedding of the noise level.
func (n *denoiser) levelRows(g *graph) value {
	at := n.net.inputs() - n.classes - 2*len(n.levels)
	return n.rows(g, at, at+2*len(n.levels))
}

// level returns the part of the first layer of the noise levels u (n x 1, float32), with its bias.
func (n *denoiser) level(g *graph, u value) value {
	angles := g.mul(u, g.row32(n.levels))
	embedding := g.concat(1, g.op("Sin", angles), g.op("Cos", angles))
	return g.sum(g.op("MatMul", embedding, n.levelRows(g)), g.weights(n.net.biases[0]))
}

// levelAt is level for one level of all rows.
func (n *denoiser) levelAt(g *graph, u float64) value {
	row := make([]float32, 0, 2*len(n.levels))
	for _, wave := range []func(float64) float64{math.Sin, math.Cos} {
		for _, f := range n.levels {
			row = append(row, float32(wave(float64(f)*u)))
		}
	}
	return g.sum(g.op("MatMul", g.row32(row), n.levelRows(g)), g.weights(n.net.biases[0]))
}

// coefficients returns a and b of the denoised point a·x + b·network.
func (n *denoiser) coefficients(alpha, sigma float64) (a, b float64, err error) {
	switch n.cfg.Prediction {
	case diffusion.VelocityPrediction:
		return alpha, -sigma, nil
	case diffusion.NoisePrediction:
		return 1 / alpha, -sigma / alpha, nil
	case diffusion.DataPrediction:
		return 0, 1, nil
	}
	return 0, 0, usage.Errorf("its network predicts %q, for which there is no ONNX graph yet", n.cfg.Prediction)
}

// network is the graph of the network alone, in float32.
func (n *denoiser) network() *graph {
	g := newGraph("network", fmt.Sprintf("The network, which predicts the %s at noisy points.", n.cfg.Prediction))
	x := g.input("x", Float32, "noisy points in standardised coordinates", "n", n.d)
	u := g.input("u", Float32, "log(sigma/alpha) of each row", "n", 1)
	hidden := g.sum(n.first(g, x), n.level(g, u))
	if n.classes > 0 {
		hidden = g.sum(hidden, n.label(g))
	}
	g.output(n.net.after(g, hidden), "prediction", Float32, string(n.cfg.Prediction), "n", n.d)
	return g
}

// sampled builds a sampling process of the model from noise (n x d) and, if it takes any, the noise of its steps; both
// are inputs of the graph. The result is standardised.
func (n *denoiser) sampled(g *graph, process diffusion.Sampling) (value, error) {
	steps, err := trace(process)
	if err != nil {
		return "", err
	}
	of := map[symbol]value{0: g.input("noise", Float64, "standard normal numbers", "n", n.d)}
	noisy := 0
	for _, s := range steps {
		if s.noise >= 0 {
			noisy++
		}
	}
	var stepNoise value
	if noisy > 0 {
		stepNoise = g.input("step_noise", Float64, "standard normal numbers for each step of the sampler", noisy, "n", n.d)
	}
	hidden := n.label(g)
	total := func(terms []term) value {
		var list []value
		for _, t := range terms {
			list = append(list, g.mul(g.f64(t.coefficient), of[t.of]))
		}
		return g.sum(list...)
	}
	noisy = 0
	for _, s := range steps {
		for _, e := range s.evaluations {
			if of[e.out], err = n.denoised(g, process.Schedule, total(e.at), e.t, hidden); err != nil {
				return "", err
			}
		}
		if s.noise >= 0 {
			of[s.noise] = g.with("Gather", []attribute{{"axis", 0}}, stepNoise, g.int(noisy))
			noisy++
		}
		of[s.point] = total(s.next)
	}
	return of[steps[len(steps)-1].point], nil
}

// denoised is E[x_0 | x_t = x] at a time, with the model's guidance where there are labels.
func (n *denoiser) denoised(g *graph, sched diffusion.Schedule, x value, t float64, label value) (value, error) {
	alpha, sigma := sched.At(t)
	a, b, err := n.coefficients(alpha, sigma)
	if err != nil {
		return "", err
	}
	free := g.sum(n.first(g, g.cast(x, Float32)), n.levelAt(g, math.Log(sigma/alpha)))
	predict := func(hidden value) value { return g.cast(n.net.after(g, hidden), Float64) }
	var out value
	switch w := n.cfg.Guidance; {
	case label == "" || w == 0:
		out = predict(free)
	case w == 1:
		out = predict(g.sum(free, label))
	default:
		out = g.sum(g.mul(g.f64(w), predict(g.sum(free, label))), g.mul(g.f64(1-w), predict(free)))
	}
	return g.sum(g.mul(g.f64(a), x), g.mul(g.f64(b), out)), nil
}

func diffusionGraphs(m *diffusion.Model, saved tensors) ([]*graph, error) {
	n, err := newDenoiser(m, saved)
	if err != nil {
		return nil, err
	}
	sample := newGraph("sample", fmt.Sprintf("Samples by %v.", m.Sampling()))
	z, err := n.sampled(sample, m.Sampling())
	if err != nil {
		return nil, err
	}
	scale := m.ProbabilityFlow().Scale
	sample.output(sample.toData(scale.Shift, scale.Scale, z), "x", Float64, "samples in the data's coordinates", "n", n.d)
	graphs := []*graph{n.network(), sample}
	if n.d != 2 {
		return graphs, nil // the density takes a derivative along each coordinate
	}
	density, err := n.density(scale.Shift, scale.Scale, scale.LogScale())
	return append(graphs, density), err
}
