package main

import (
	"math/rand/v2"

	"genlab"
	"genlab/checkpoint"
	"genlab/hybrid"
	"genlab/standardize"
	"genlab/train"
)

var adversarialFamily = family[hybrid.AdversarialConfig]{
	name:     "adversarial-diffusion",
	defaults: hybrid.DefaultAdversarial,
	smoke: func(c *hybrid.AdversarialConfig) {
		consistencyFamily.smoke(&c.Consistency)
		c.GameSteps, c.CriticHidden, c.CriticLayers = 200, 32, 2
	},
	loop: func(c hybrid.AdversarialConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Consistency.Teacher.Batch}
	},
	begin: func(c hybrid.AdversarialConfig, scale standardize.Map, rng *rand.Rand) (trainee, error) {
		return hybrid.NewAdversarial(c, scale, rng)
	},
	resume: func(c hybrid.AdversarialConfig, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return hybrid.ResumeAdversarial(c, saved, steps)
	},
	load: func(c hybrid.AdversarialConfig, saved []checkpoint.Tensor) (sampled, error) {
		return hybrid.LoadAdversarial(c, saved)
	},
	sampling: func(m sampled, c hybrid.AdversarialConfig, f samplingFlags) (genlab.Sampler, int, error) {
		return consistencySampling(m, c.Consistency, f)
	},
	remarks:  studentAndTeacher,
	pictures: consistencyPictures,
}
