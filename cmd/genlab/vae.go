package main

import (
	"math/rand/v2"

	"genlab"
	"genlab/datasets"
	"genlab/internal/affine"
	"genlab/internal/state"
	"genlab/internal/train"
	"genlab/vae"
)

var vaeFamily = family[vae.Config]{
	name:     "vae",
	defaults: vae.DefaultConfig,
	smoke:    func(c *vae.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 32, 20, 0.97 },
	loop:     func(c vae.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	begin: func(c vae.Config, scale affine.Map, rng *rand.Rand) (trainee, error) {
		m, err := vae.New(c, scale, rng)
		if err != nil {
			return nil, err
		}
		return vae.NewTrainer(m)
	},
	resume: func(c vae.Config, saved []state.Tensor, steps int) (trainee, error) {
		return vae.Resume(c, saved, steps)
	},
	load:     func(c vae.Config, saved []state.Tensor) (sampled, error) { return vae.Load(c, saved) },
	sampling: vaeSampling,
	pictures: vaePictures,
}

// vaeSampling is the model's one way to sample: a pass of the decoder.
func vaeSampling(m sampled, _ vae.Config, f samplingFlags) (genlab.Sampler, int, error) {
	if f != (samplingFlags{}) {
		return nil, 0, usagef("a VAE samples in one pass: --sampler, --nfe, --eta and --spacing belong to diffusion runs")
	}
	return m, 1, nil
}

// vaePictures are the latent plane, its posteriors, its image in the plane of the data, and the
// ladder of bounds.
func vaePictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	return nil, nil
}
