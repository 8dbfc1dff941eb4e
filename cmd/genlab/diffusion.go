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
		if flow := m.Flow(); len(flow.Scale.Shift) == 2 {
			return diffusionRun{m, flow}, nil
		}
		return m, nil
	},
	sampling: diffusionSampling,
	pictures: diffusionPictures,
	remarks:  diffusionRemarks,
}

// diffusionRun is a trained model of the plane with the density of its probability flow. In more
// dimensions the flow's divergence costs a backward pass for each: a model there has no density.
type diffusionRun struct {
	*diffusion.Model
	genlab.LogProber
}

// diffusionModel is the model of a run in any number of dimensions.
func diffusionModel(m sampled) *diffusion.Model {
	if run, ok := m.(diffusionRun); ok {
		return run.Model
	}
	return m.(*diffusion.Model)
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
	return diffusionModel(m).SamplingWith(c), c.NFE, nil
}

// diffusionPictures is the animation of the reverse process.
func diffusionPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	s := diffusionModel(m).Sampling()
	frames := func(yield func(plot.Frame) bool) {
		step := 0
		for t, z := range s.Trajectory(movieSamples, train.NewStream(seed, "movie").Rand) {
			x := mat.DenseCopyOf(z)
			s.Scale.ToData(x)
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
