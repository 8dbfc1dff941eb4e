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
	"genlab/internal/unknown"
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
	load:     func(c diffusion.Config, saved []state.Tensor) (sampled, error) { return diffusion.Load(c, saved) },
	sampling: diffusionSampling,
	pictures: diffusionPictures,
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
		if err := c.Spacing.UnmarshalText([]byte(f.Spacing)); err != nil {
			return nil, 0, err
		}
	}
	if err := c.Validate(); err != nil {
		return nil, 0, usageError{err}
	}
	model := m.(*diffusion.Model)
	s := diffusion.Sampling{Model: model, Sampler: diffusion.DDIM{Eta: c.Eta}, Grid: c.Spacing.Grid(model.Schedule(), c.NFE)}
	switch f.Sampler {
	case "", "ddim":
	case "ddpm":
		if f.Eta != nil {
			return nil, 0, usagef("--eta belongs to ddim; ddpm has no such parameter")
		}
		s.Sampler = diffusion.DDPM{}
	default:
		return nil, 0, unknown.Name("sampler", f.Sampler, []string{"ddim", "ddpm"})
	}
	return s, c.NFE, nil
}

// diffusionPictures is the animation of the reverse process.
func diffusionPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	s := m.(*diffusion.Model).Sampling()
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
