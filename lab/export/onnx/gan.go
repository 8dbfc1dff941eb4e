package onnx

import (
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
	v := tensors(checkpoint.In("critic", checkpoint.Out("critic", saved))).mlp("critic/layer", cfg.Activation).apply(critic, in)
	critic.output(critic.last(v), "value", Float32, "the critic's values", "n")

	sample := newGraph("sample", "Samples from standard normal noise: the generator.")
	z := sample.cast(sample.input("noise", Float64, "standard normal numbers", "n", cfg.Latent), Float32)
	y := tensors(checkpoint.Out("ema", saved)).mlp("layer", cfg.Activation).apply(sample, sample.fourier(saved, "latent/frequencies", z))
	sample.output(sample.toData(scale.Shift, scale.Scale, sample.cast(y, Float64)), "x", Float64, "samples in the data's coordinates", "n", d)
	return []*graph{critic, sample}, nil
}
