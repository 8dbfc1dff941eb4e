package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/metrics"
	"genlab/train"
)

var latentDiffusionFamily = family[hybrid.LatentConfig]{
	name:     "latent-diffusion",
	defaults: func() hybrid.LatentConfig { return hybrid.DefaultLatent(2) },
	smoke: func(c *hybrid.LatentConfig) {
		diffusionFamily.smoke(&c.Latents.Teacher)
		c.AutoencoderSteps, c.AutoencoderHidden, c.Latents.StudentSteps = 150, 64, min(c.Latents.StudentSteps, 100)
	},
	adapt: func(c *hybrid.LatentConfig, data string) {
		if ds, err := datasets.ByName(data); err == nil {
			*c = hybrid.DefaultLatent(ds.Dim())
			if len(ds.Labels) == 0 {
				c.Latents.Teacher.Conditional, c.Latents.Teacher.Guidance = false, 1
			}
		}
	},
	loop: func(c hybrid.LatentConfig) train.Options {
		return train.Options{Steps: c.TotalSteps(), Batch: c.Latents.Teacher.Batch}
	},
	beginOn: func(c hybrid.LatentConfig, m material, seed uint64) (trainee, error) {
		p := m.(plane)
		scale, err := p.scale(seed)
		if err != nil {
			return nil, err
		}
		return hybrid.NewLatentDiffusion(c, scale, p.classes(), train.NewStream(seed, "init").Rand)
	},
	conditional: func(c hybrid.LatentConfig) bool { return c.Latents.Teacher.Conditional },
	resume: func(c hybrid.LatentConfig, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return hybrid.ResumeLatentDiffusion(c, saved, steps)
	},
	load: func(c hybrid.LatentConfig, saved []checkpoint.Tensor) (sampled, error) {
		return hybrid.LoadLatentDiffusion(c, saved)
	},
	sampling: latentSampling,
	remarks:  latentRemarks,
	pictures: latentPictures, anyView: true,
}

// latentSampling is a law of the latent points with what the flags change of it, decoded. Flags of a
// sampler are those of the diffusion model, also where it has a student.
func latentSampling(m sampled, c hybrid.LatentConfig, f samplingFlags) (genlab.Sampler, int, error) {
	q := m.(*hybrid.LatentDiffusionModel)
	if q.Latents == nil && f != (samplingFlags{}) {
		return nil, 0, usagef("the diffusion model of this run has not begun to learn: genlab train --resume goes on")
	}
	if f.Sampler != "" || f.Eta != nil || f.Spacing != "" || f.Guidance != nil {
		c.Latents.StudentSteps = 0
	}
	label := f.labelContext()
	if c.Latents.StudentSteps > 0 {
		if f.NFE != nil {
			c.Latents.Evaluations = *f.NFE
		}
		if err := c.Validate(); err != nil {
			return nil, 0, usageError{err}
		}
	} else {
		var err error
		if c.Latents.Teacher, err = f.change(c.Latents.Teacher); err != nil {
			return nil, 0, err
		}
	}
	law, passes := q.Law(c.Latents, label)
	return q.Through(law), passes + 1, nil
}

// rebuiltSamples is the number of points that the floor of a latent-diffusion model is measured with.
const rebuiltSamples = 10000

// latentRemarks is the floor under the model, points that are encoded and decoded, and what a sample
// costs.
func latentRemarks(m sampled, ds *datasets.Dataset, seed uint64) ([]likelihood, string) {
	q := m.(*hybrid.LatentDiffusionModel)
	rng := train.NewStream(seed, "rebuilt").Rand
	x, truth, oracle := ds.Law.Sample(rebuiltSamples, rng), ds.Law.Sample(rebuiltSamples, rng), ds.Law.Sample(rebuiltSamples, rng)
	rebuilt := q.Rebuild(x, rng)
	plane := ds.Plane()
	var rows []likelihood
	for _, r := range metrics.Fidelity(ds.Project(rebuilt), ds.Project(truth), ds.Project(oracle),
		metrics.Described{Modes: plane.Modes, Weights: plane.ModeWeights(), Ceiling: plane.HighQuality}) {
		rows = append(rows, likelihood{"rebuilt_" + r.Name, figure{number(r.Value), number(r.SE), number(r.Oracle), r.N, "", r.Better}})
	}
	if v, ok := ds.View.(datasets.Manifold); ok {
		rows = append(rows, likelihood{"rebuilt_off_manifold", offManifold(v, rebuilt, oracle)})
	}
	rows = append(rows, likelihood{"flops_per_sample", figure{number(q.FLOPs()), 0, number(math.NaN()), 1, "", "lower"}})
	return rows, fmt.Sprintf("rebuilt: %d points encoded and decoded, what the model would draw if it knew the law of the latent points.", rebuiltSamples)
}

// latentPictures are the latent points of the data beside those that the model draws, where they
// are a plane, and what the view of the data shows.
func latentPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	q := m.(*hybrid.LatentDiffusionModel)
	if q.Latents == nil || q.Decoder.Config().Latent < 2 {
		return nil, nil
	}
	p := vaePainter{q.Decoder, ds, seed}
	law, _ := q.Law(q.Config().Latents, nil)
	x, parts := p.labelled(latentDraws)
	panel := func(title, colour string, z *mat.Dense, parts []int) plot.Panel {
		return plot.Panel{Title: title, Points: z.Slice(0, latentDraws, 0, 2), Parts: parts, Colour: plot.ModelColour(colour), Axes: [2]string{"z1", "z2"}}
	}
	encoded := panel("what the encoder makes of data", "vae", p.m.Latents(x, train.NewStream(seed, "latent draws").Rand), parts)
	drawn := panel("what diffusion draws", "diffusion", law.Sample(latentDraws, train.NewStream(seed, "prior").Rand), nil)
	png, err := plot.Compare("latent points of "+ds.Name+", the first two coordinates", latentBox, encoded, drawn)
	return []picture{{"latent.png", png}}, err
}
