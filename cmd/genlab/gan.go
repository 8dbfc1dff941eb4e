package main

import (
	"math/rand/v2"

	"genlab"
	"genlab/checkpoint"
	"genlab/gan"
	"genlab/standardize"
	"genlab/train"
)

var ganFamily = family[gan.Config]{
	name:     "gan",
	defaults: gan.DefaultConfig,
	smoke:    func(c *gan.Config) { c.Steps, c.Batch, c.Hidden, c.LatentFeatures, c.EMA = 300, 128, 64, 16, 0.98 },
	loop: func(c gan.Config) train.Options {
		return train.Options{Steps: c.Steps, Batch: c.Batch * c.CriticSteps}
	},
	begin: func(c gan.Config, scale standardize.Map, rng *rand.Rand) (trainee, error) {
		m, err := gan.New(c, scale, rng)
		if err != nil {
			return nil, err
		}
		return gan.NewTrainer(m)
	},
	resume: func(c gan.Config, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return gan.Resume(c, saved, steps)
	},
	load:     func(c gan.Config, saved []checkpoint.Tensor) (sampled, error) { return gan.Load(c, saved) },
	sampling: ganSampling,
	pictures: ganPictures,
}

// ganSampling is the model's one way to sample: a pass of the generator.
func ganSampling(m sampled, _ gan.Config, f samplingFlags) (genlab.Sampler, int, error) {
	if f != (samplingFlags{}) {
		return nil, 0, usagef("a GAN samples in one pass: --sampler, --nfe, --eta, --spacing and --guidance belong to diffusion runs")
	}
	return m, 1, nil
}
