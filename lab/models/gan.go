package models

import (
	"math/rand/v2"

	"genlab"
	"genlab/checkpoint"
	"genlab/gan"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/train"
)

// GAN is the generative adversarial network.
var GAN = registry.Spec[gan.Config]{
	Info: registry.Info{
		Name: "gan", Summary: "Generative adversarial network, WGAN-LP, WGAN-GP or the original objective; no density.",
		Likelihood: "none", Colour: plot.Purple, Marker: plot.Diamond,
		Constants: gan.Constants(),
	},
	Defaults: gan.DefaultConfig,
	Tiny:     func(c *gan.Config) { c.Steps, c.Batch, c.Hidden, c.LatentFeatures, c.EMA = 300, 128, 64, 16, 0.98 },
	Loop: func(c gan.Config) train.Options {
		return train.Options{Steps: c.Steps, Batch: c.Batch * c.CriticSteps}
	},
	Task:   func(_ gan.Config, data string) (registry.Task, error) { return points("gan", data, false, 0) },
	New:    onPoints(unconditional(gan.New, gan.NewTrainer)),
	Resume: resume(gan.Resume),
	Load: func(c gan.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := gan.Load(c, saved)
		return ganRun{m}, err
	},
}

// ganRun is a trained generator with its critic.
type ganRun struct{ *gan.Model }

// Unwrap returns the model of the library.
func (r ganRun) Unwrap() *gan.Model { return r.Model }

// With samples in one forward pass of the generator, or with [gan.Truncated] where a share is given.
func (r ganRun) With(o registry.Options) (genlab.Sampler, int, error) {
	const how = "a GAN samples in one forward pass"
	if o.Truncate == nil {
		return r.Model, 1, o.Only(how)
	}
	if err := o.Only(how, "--truncate"); err != nil {
		return nil, 0, err
	}
	t, err := r.Truncate(*o.Truncate, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, 0, usage.Errorf("--truncate %v: %w", *o.Truncate, err)
	}
	return t, 1 + r.Config().Latent, nil
}
