package onnx

import (
	"fmt"

	"genlab/checkpoint"
	"genlab/standardize"
	"genlab/vae"
)

// vaeModel is a variational autoencoder with a normal prior.
type vaeModel struct {
	cfg   vae.Config
	ema   tensors
	scale standardize.Map
}

func newVAE(cfg vae.Config, saved tensors) (vaeModel, error) {
	scale, err := standardize.FromState("scale", saved)
	return vaeModel{cfg, checkpoint.Out("ema", saved), scale}, err
}

func (m vaeModel) dim() int { return len(m.scale.Shift) }

// network applies the encoder or the decoder to float32 inputs: the mean, of so many columns, and the other outputs.
func (m vaeModel) network(g *graph, name string, x value, mean int) (first, rest value) {
	net := m.ema.mlp(name, m.cfg.Activation)
	h := net.apply(g, x)
	first, rest = g.cols(h, 0, mean), g.cols(h, mean, net.biases[len(net.biases)-1].Shape[1])
	if m.ema.has(name + ".skip") {
		first = g.sum(first, g.op("MatMul", x, g.weights(m.ema.get(name+".skip"))))
	}
	return first, rest
}

// decode returns the mean and the standard deviation of p(x|z) in float64, standardised; z is float64.
func (m vaeModel) decode(g *graph, z value) (mean, sigma value) {
	mean, raw := m.network(g, "decoder", g.cast(z, Float32), m.dim())
	return g.cast(mean, Float64), g.sum(g.f64(m.cfg.Floor), g.softplus64(g.cast(raw, Float64)))
}

// drawn decodes latent points (float64) with the decoder's noise, in the data's coordinates; "" for the mean.
func (m vaeModel) drawn(g *graph, z, noise value) value {
	mean, sigma := m.decode(g, z)
	if noise != "" {
		mean = g.sum(mean, g.mul(sigma, noise))
	}
	return g.toData(m.scale.Shift, m.scale.Scale, mean)
}

// decoder is the graph of p(x|z).
func (m vaeModel) decoder() *graph {
	g := newGraph("decoder", "The mean and the standard deviation of p(x|z).")
	mean, sigma := m.decode(g, g.input("z", Float64, "latent points", "n", m.cfg.Latent))
	g.output(g.toData(m.scale.Shift, m.scale.Scale, mean), "mean", Float64, "in the data's coordinates", "n", m.dim())
	g.output(g.mul(g.row64(m.scale.Scale), sigma), "sigma", Float64, "in the data's coordinates", "n", m.dim())
	return g
}

func vaeGraphs(cfg vae.Config, saved tensors) ([]*graph, error) {
	m, err := newVAE(cfg, saved)
	if err != nil {
		return nil, err
	}
	d, k := m.dim(), cfg.Latent
	sample := newGraph("sample", "Samples from standard normal noise.")
	z := sample.input("noise", Float64, "standard normal numbers: z", "n", k)
	x := m.drawn(sample, z, sample.input("decoder_noise", Float64, "standard normal numbers of p(x|z)", "n", d))
	sample.output(x, "x", Float64, "samples in the data's coordinates", "n", d)
	return []*graph{m.encoder(), m.decoder(), sample, m.bound()}, nil
}

// bound is the graph of the importance-weighted bound, with axes (points, samples of z, coordinates).
func (m vaeModel) bound() *graph {
	d, k := m.dim(), m.cfg.Latent
	g := newGraph("log_bound", "The importance-weighted lower bound on log p(x), in nats; with one sample of z it is the ELBO.")
	x := g.input("x", Float64, "points in the data's coordinates", "n", d)
	noise := g.input("noise", Float64, "standard normal numbers: samples of z for each point", "n", "samples", k)
	z, logq := m.encode(g, x).sample(g, noise)
	flat := g.op("Reshape", z, g.ints(-1, k))
	mu, sigma := m.decode(g, flat)
	shape := g.concat(0, g.op("Slice", g.op("Shape", noise), g.ints(0), g.ints(2)), g.ints(d))
	mu, sigma = g.op("Reshape", mu, shape), g.op("Reshape", sigma, shape)
	// Networks take the standardised points rounded to float32, as genlab does.
	points := g.cast(g.cast(g.fromData(m.scale.Shift, m.scale.Scale, x), Float32), Float64)
	u := g.div(g.sub(g.op("Unsqueeze", points, g.ints(1)), mu), sigma)
	logpx := g.sub(g.logNormal(u, d), g.rowSum(g.op("Log", sigma)))
	weights := g.last(g.sub(g.sum(logpx, g.logNormal(z, k)), logq))
	count := g.cast(g.op("Slice", g.op("Shape", noise), g.ints(1), g.ints(2)), Float64)
	bound := g.sub(g.with("ReduceLogSumExp", []attribute{{"axes", []int{1}}, {"keepdims", 0}}, weights), g.sum(g.op("Log", count), g.f64(m.scale.LogScale())))
	g.output(bound, "log_bound", Float64, fmt.Sprintf("a lower bound on log p of points of %d coordinates, one estimate for each", d), "n")
	return g
}
