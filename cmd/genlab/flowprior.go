package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
	"genlab/vae"
)

var flowPriorFamily = family[hybrid.FlowPriorConfig]{
	name:     "flow-prior",
	defaults: hybrid.DefaultFlowPrior,
	smoke: func(c *hybrid.FlowPriorConfig) {
		vaeFamily.smoke(&c.VAE)
		c.FlowLayers, c.FlowHidden, c.FlowBins, c.LaterSteps = 2, 16, 8, 200
	},
	loop: func(c hybrid.FlowPriorConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.VAE.Batch}
	},
	begin: func(c hybrid.FlowPriorConfig, scale standardize.Map, rng *rand.Rand) (trainee, error) {
		return hybrid.NewFlowPrior(c, scale, rng)
	},
	resume: func(c hybrid.FlowPriorConfig, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return hybrid.ResumeFlowPrior(c, saved, steps)
	},
	load: func(c hybrid.FlowPriorConfig, saved []checkpoint.Tensor) (sampled, error) {
		return hybrid.LoadFlowPrior(c, saved)
	},
	sampling: func(m sampled, c hybrid.FlowPriorConfig, f samplingFlags) (genlab.Sampler, int, error) {
		if f != (samplingFlags{}) {
			return nil, 0, usagef("a VAE samples in one pass of its prior and of its decoder: --sampler, --nfe, --eta, --spacing and --guidance belong to diffusion runs")
		}
		return m, c.Evaluations(), nil
	},
	remarks:  aggregate,
	pictures: flowPriorPictures,
}

// The numbers of draws of z, and of the posteriors that each of them is looked for in.
const (
	aggregateDraws = 2000
	aggregateRows  = 100000
)

// aggregate says how far the posteriors together are from the prior.
func aggregate(m sampled, ds *datasets.Dataset, seed uint64) ([]likelihood, string) {
	v, ok := m.(*vae.Model)
	if !ok {
		return nil, ""
	}
	rng := train.NewStream(seed, "aggregate").Rand
	x, others := ds.Law.Sample(aggregateDraws, rng), ds.Law.Sample(aggregateRows, rng)
	e := metrics.Mean(v.AggregateRatios(x, others, train.NewStream(seed, "aggregate draws").Rand))
	kl := figure{number(e.Value), number(e.SE), number(math.NaN()), e.N, "", "lower"}
	return []likelihood{{"kl_aggregate", kl}},
		fmt.Sprintf("KL(aggregate posterior || prior) is %s nats: what the bound loses to the prior's shape.", withError(kl))
}

// flowPriorPictures are the two laws of z that should be one, and what a VAE shows of its bounds.
func flowPriorPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	decoder, prior := vaeAndPrior(m)
	p := vaePainter{decoder, ds, seed}
	files := []painting{{"bounds.png", p.bounds}}
	if decoder.Config().Latent == 2 {
		files = []painting{{"latent.png", func() ([]byte, error) { return p.aggregate(prior) }}}
		if m == decoder {
			files = append(files, painting{"posteriors.png", p.posteriors}, painting{"density.png", p.density}, painting{"bounds.png", p.bounds})
		}
	} else if m != decoder {
		files = nil // no plane, no bound
	}
	return paint(files)
}

// vaeAndPrior are the parts of a flow-prior model.
func vaeAndPrior(m sampled) (*vae.Model, genlab.Sampler) {
	if l, ok := m.(*hybrid.LatentModel); ok {
		return l.Decoder, l.Latents
	}
	v := m.(*vae.Model)
	return v, v.Prior()
}

// aggregate is the latent plane twice: draws of q(z|x) of fresh points, and of the prior.
func (p vaePainter) aggregate(prior genlab.Sampler) ([]byte, error) {
	x, parts := p.labelled(latentDraws)
	q := plot.Panel{Title: "q(z): the encoder's draws", Colour: plot.ModelColour("vae"), Axes: [2]string{"z1", "z2"}}
	q.Points, q.Parts = p.m.Latents(x, train.NewStream(p.seed, "latent draws").Rand), parts
	z := plot.Panel{Title: "p(z): the prior's draws", Colour: plot.ModelColour("hybrid"), Axes: q.Axes}
	z.Points = prior.Sample(latentDraws, train.NewStream(p.seed, "prior").Rand)
	return plot.Compare("latent plane of "+p.ds.Name, latentBox, q, z)
}
