package main

import (
	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/train"
)

var diffusionFamily = family[diffusion.Config]{
	name:     "diffusion",
	defaults: diffusion.DefaultConfig,
	smoke:    func(c *diffusion.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 64, 20, 0.98 },
	loop:     func(c diffusion.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	beginOn: func(c diffusion.Config, m material, seed uint64) (trainee, error) {
		p := m.(plane)
		scale, err := p.scale(seed)
		if err != nil {
			return nil, err
		}
		q, err := diffusion.NewConditional(c, scale, p.classes(), train.NewStream(seed, "init").Rand)
		if err != nil {
			return nil, err
		}
		return diffusion.NewTrainer(q)
	},
	conditional: func(c diffusion.Config) bool { return c.Conditional },
	resume: func(c diffusion.Config, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return diffusion.Resume(c, saved, steps)
	},
	load: func(c diffusion.Config, saved []checkpoint.Tensor) (sampled, error) {
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
	if f.Guidance != nil && c.Conditional && f.label == nil {
		return nil, 0, usagef("--guidance is towards a label: add --label")
	}
	c, err := f.change(c)
	if err != nil {
		return nil, 0, err
	}
	q := diffusionModel(m)
	if f.label == nil {
		return q.SamplingWith(c), c.NFE, nil
	}
	given := q.Given(f.labelContext()).With(c)
	if flow := given.Flow(); len(flow.Scale.Shift) == 2 {
		return diffusionLabel{given, flow}, given.Passes(), nil
	}
	return given, given.Passes(), nil
}

// change returns a configuration with what the flags say about the way to sample.
func (f samplingFlags) change(c diffusion.Config) (diffusion.Config, error) {
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
	if f.Guidance != nil {
		c.Guidance = *f.Guidance
	}
	if err := c.Validate(); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// labelContext is the label of the flags as a context, nil without one.
func (f samplingFlags) labelContext() mat.Matrix {
	if f.label == nil {
		return nil
	}
	return mat.NewDense(1, 1, []float64{float64(*f.label)})
}

// diffusionLabel is a model of the plane given a label or a prompt, with the density of its probability flow,
// which guidance does not change.
type diffusionLabel struct {
	*diffusion.Conditioned
	flow diffusion.Flow
}

// LogProb is exact, of samples without guidance.
func (l diffusionLabel) LogProb(x mat.Matrix) []float64 { return l.flow.LogProb(x) }
