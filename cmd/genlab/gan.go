package main

import (
	"math/rand/v2"

	"genlab"
	"genlab/datasets"
	"genlab/gan"
	"genlab/internal/affine"
	"genlab/internal/state"
	"genlab/internal/train"
)

var ganFamily = family[gan.Config]{
	name:     "gan",
	defaults: gan.DefaultConfig,
	smoke:    func(c *gan.Config) { c.Steps, c.Batch, c.Hidden, c.EMA = 300, 128, 64, 0.98 },
	loop: func(c gan.Config) train.Options {
		return train.Options{Steps: c.Steps, Batch: c.Batch * c.CriticSteps}
	},
	begin: func(c gan.Config, scale affine.Map, rng *rand.Rand) (trainee, error) {
		m, err := gan.New(c, scale, rng)
		if err != nil {
			return nil, err
		}
		return gan.NewTrainer(m)
	},
	resume: func(c gan.Config, saved []state.Tensor, steps int) (trainee, error) {
		return gan.Resume(c, saved, steps)
	},
	load:     func(c gan.Config, saved []state.Tensor) (sampled, error) { return gan.Load(c, saved) },
	sampling: ganSampling,
	pictures: ganPictures,
}

// ganSampling is one pass: there is nothing to choose.
func ganSampling(m sampled, _ gan.Config, f samplingFlags) (genlab.Sampler, int, error) {
	switch {
	case f.NFE != nil && *f.NFE != 1:
		return nil, 0, usagef("--nfe is %d, but a gan makes a sample in 1 evaluation", *f.NFE)
	case f.Sampler != "":
		return nil, 0, usagef("--sampler is %q, but a gan has no choice of samplers: it makes a sample in one pass", f.Sampler)
	case f.Eta != nil:
		return nil, 0, usagef("--eta is of no use to a gan, which makes a sample in one pass")
	case f.Spacing != "":
		return nil, 0, usagef("--spacing is of no use to a gan, which makes a sample in one pass")
	}
	return m, 1, nil
}

func ganPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) { return nil, nil }
