package main

import (
	"math/rand/v2"

	"genlab"
	"genlab/datasets"
	"genlab/flow"
	"genlab/internal/affine"
	"genlab/internal/state"
	"genlab/internal/train"
)

var flowFamily = family[flow.Config]{
	name:     "flow",
	defaults: flow.DefaultConfig,
	smoke:    func(c *flow.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 200, 256, 32, 20, 0.97 },
	loop:     func(c flow.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	begin: func(c flow.Config, scale affine.Map, rng *rand.Rand) (trainee, error) {
		m, err := flow.New(c, scale, rng)
		if err != nil {
			return nil, err
		}
		return flow.NewTrainer(m)
	},
	resume: func(c flow.Config, saved []state.Tensor, steps int) (trainee, error) {
		return flow.Resume(c, saved, steps)
	},
	load:     func(c flow.Config, saved []state.Tensor) (sampled, error) { return flow.Load(c, saved) },
	sampling: flowSampling,
	pictures: flowPictures,
}

// flowSampling is the model's one way to sample: a pass back through the chain.
func flowSampling(m sampled, _ flow.Config, f samplingFlags) (genlab.Sampler, int, error) {
	if f != (samplingFlags{}) {
		return nil, 0, usagef("a flow samples in one pass: --sampler, --nfe, --eta and --spacing belong to diffusion runs")
	}
	return m, 1, nil
}

// flowPictures are the density beside the true one, the plane as the flow bends it, and the
// way of points through the layers.
func flowPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	return nil, nil
}
