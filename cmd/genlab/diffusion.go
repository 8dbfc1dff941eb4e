package main

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/internal/affine"
	"genlab/internal/plot"
	"genlab/internal/state"
	"genlab/internal/train"
)

var diffusionFamily = family[diffusion.Config]{
	name:     "diffusion",
	defaults: diffusion.DefaultConfig,
	smoke:    func(c *diffusion.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 64, 20, 0.98 },
	loop:     func(c diffusion.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	begin: func(c diffusion.Config, scale affine.Map, rng *rand.Rand) (trainee, error) {
		m, err := diffusion.New(c, scale, rng)
		if err != nil {
			return nil, err
		}
		return diffusion.NewTrainer(m)
	},
	resume: func(c diffusion.Config, saved []state.Tensor, steps int) (trainee, error) {
		return diffusion.Resume(c, saved, steps)
	},
	load: func(c diffusion.Config, saved []state.Tensor) (sampled, error) {
		m, err := diffusion.Load(c, saved)
		if err != nil {
			return nil, err
		}
		return diffusionRun{m, m.Flow()}, nil
	},
	sampling: diffusionSampling,
	pictures: diffusionPictures,
}

// diffusionRun is a trained model with the density of its probability flow.
type diffusionRun struct {
	*diffusion.Model
	genlab.LogProber
}

// diffusionSampling is a diffusion model's sampling with what the flags change of it.
func diffusionSampling(m sampled, c diffusion.Config, f samplingFlags) (genlab.Sampler, int, error) {
	if f.NFE != nil {
		c.NFE = *f.NFE
	}
	if f.Eta != nil {
		c.Eta = *f.Eta
	}
	if f.Spacing != "" {
		c.Spacing = diffusion.Spacing(f.Spacing)
	}
	if f.Sampler != "" {
		c.Sampler = diffusion.SamplerName(f.Sampler)
	}
	if err := c.Validate(); err != nil {
		return nil, 0, usageError{err}
	}
	return m.(diffusionRun).SamplingWith(c), c.NFE, nil
}

// diffusionPictures is the animation of the reverse process.
func diffusionPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	s := m.(diffusionRun).Sampling()
	frames := func(yield func(plot.Frame) bool) {
		step := 0
		for t, z := range s.Trajectory(movieSamples, train.NewStream(seed, "movie").Rand) {
			x := mat.DenseCopyOf(z)
			s.Model.ToData(x)
			if !yield(plot.Frame{X: x, T: t, Step: step}) {
				return
			}
			step++
		}
	}
	gif, err := plot.Animate(frames, plot.Animation{
		Title: "diffusion on " + ds.Name, Truth: ds.Density, Box: boxOf(ds), Colour: plot.ModelColour("diffusion"),
	})
	return []picture{{"denoise.gif", gif}}, err
}

// movieSamples is the number of points in an animation.
const movieSamples = 1200
