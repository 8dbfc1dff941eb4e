package onnx

import (
	"fmt"
	"slices"

	"genlab/checkpoint"
	"genlab/gan"
	"genlab/standardize"
)

func ganGraphs(cfg gan.Config, saved tensors) ([]*graph, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, err
	}
	d := len(scale.Shift)
	critic := newGraph("critic", "The critic's values at points, which are no log density.")
	x := critic.fromData(scale.Shift, scale.Scale, critic.input("x", Float64, "points in the data's coordinates", "n", d))
	in := critic.fourier(saved, "features/frequencies", critic.cast(x, Float32))
	in = critic.concat(1, slices.Repeat([]value{in}, max(1, cfg.Pack))...) // a pack of copies
	v := criticNetwork(cfg, saved).apply(critic, in)
	critic.output(critic.last(v), "value", Float32, "the critic's values", "n")

	sample := newGraph("sample", "Samples from standard normal noise: the generator.")
	z := sample.cast(sample.input("noise", Float64, "standard normal numbers", "n", cfg.Latent), Float32)
	y := tensors(checkpoint.Out("ema", saved)).mlp("layer", cfg.Activation).apply(sample, sample.fourier(saved, "latent/frequencies", z))
	sample.output(sample.toData(scale.Shift, scale.Scale, sample.cast(y, Float64)), "x", Float64, "samples in the data's coordinates", "n", d)
	return []*graph{critic, sample}, nil
}

// criticNetwork returns the layers of a critic; those with spectral normalisation have the weights W/σ, σ = vᵀ·W·u [miyato2018].
func criticNetwork(cfg gan.Config, saved tensors) mlp {
	net := tensors(checkpoint.In("critic", checkpoint.Out("critic", saved))).mlp("critic/layer", cfg.Activation)
	for i, w := range net.weights {
		name := fmt.Sprintf("spectral/%d/", i+1)
		if !saved.has(name + "u") {
			continue
		}
		u, v := saved.get(name+"u").Data, saved.get(name+"v").Data
		sigma := 0.0
		for j, x := range w.Data {
			sigma += float64(v[j/len(u)]) * float64(x) * float64(u[j%len(u)])
		}
		w.Name, w.Data = w.Name+"/normalised", slices.Clone(w.Data)
		for j := range w.Data {
			w.Data[j] = float32(float64(w.Data[j]) / sigma)
		}
		net.weights[i] = w
	}
	return net
}
