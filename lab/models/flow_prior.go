package models

import (
	"fmt"
	"math"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
	"genlab/vae"
)

// FlowPrior is the VAE with a learned prior.
var FlowPrior = registry.Spec[hybrid.FlowPriorConfig]{
	Info: registry.Info{
		Name: "flow-prior", Summary: "VAE with a normalizing flow as its prior; lower bounds on its density.",
		Role: registry.Hybrid, Likelihood: "bound", Colour: plot.Green, Marker: plot.HollowTriangle,
		Constants: hybrid.FlowPriorConstants(),
	},
	Defaults: hybrid.DefaultFlowPrior,
	Tiny: func(c *hybrid.FlowPriorConfig) {
		VAE.Tiny(&c.VAE)
		c.FlowLayers, c.FlowHidden, c.FlowBins, c.PriorSteps = 2, 16, 8, 200
	},
	Loop: func(c hybrid.FlowPriorConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.VAE.Batch}
	},
	Task: func(_ hybrid.FlowPriorConfig, data string) (registry.Task, error) {
		return points("flow-prior", data, false, 0)
	},
	New:    onPoints(unconditional(hybrid.NewFlowPrior, identity)),
	Resume: resume(hybrid.ResumeFlowPrior),
	Load: func(c hybrid.FlowPriorConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadFlowPrior(c, saved)
		switch m := m.(type) {
		case *vae.Model:
			return flowPriorRun{vaeRun{m}, c}, err
		case *hybrid.LatentModel:
			return latentDiffusionPrior{m, c}, err
		}
		return nil, err
	},
}

// flowPriorRun is a trained VAE with a flow, or the normal distribution, as its prior.
type flowPriorRun struct {
	vaeRun
	cfg hybrid.FlowPriorConfig
}

// Unwrap returns the model of the library.
func (r flowPriorRun) Unwrap() hybrid.SizedSampler { return r.Model }

// With samples in one forward pass of the prior and one of the decoder.
func (r flowPriorRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.Model, r.cfg.Evaluations(), o.Only("this VAE samples in one forward pass of its prior and one of its decoder")
}

// latentDiffusionPrior is a VAE with a diffusion model as its prior, which has no bound.
type latentDiffusionPrior struct {
	*hybrid.LatentModel
	cfg hybrid.FlowPriorConfig
}

// Unwrap returns the model of the library.
func (r latentDiffusionPrior) Unwrap() hybrid.SizedSampler { return r.LatentModel }

// With samples by the prior's own sampler and one forward pass of the decoder.
func (r latentDiffusionPrior) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.LatentModel, r.cfg.Evaluations(), o.Only("the prior of this VAE has only one sampler")
}

// Numbers of samples of z, and of posteriors that make up the aggregate posterior.
const (
	aggregateSamples    = 2000
	aggregatePosteriors = 100000
)

// Report implements [registry.Reporter]: the KL divergence of the aggregate posterior from the prior.
func (r flowPriorRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	rng := train.NewStream(seed, "aggregate").Rand
	x, others := ds.Fresh(aggregateSamples, rng), ds.Fresh(aggregatePosteriors, rng)
	e := metrics.Mean(r.AggregateRatios(x, others, train.NewStream(seed, "aggregate draws").Rand))
	return []metrics.Row{e.Row("kl_aggregate", math.NaN(), "", "lower")},
		fmt.Sprintf("KL(aggregate posterior ‖ prior) is %v nats, the part of the bound's gap that is due to the prior.", e)
}

// Pictures draws the aggregate posterior next to the prior, and the pictures of a VAE.
func (r flowPriorRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	p := vaePainter{r.Model, ds, seed}
	files := []painting{{"bounds.png", p.bounds}}
	if r.Config().Latent == 2 {
		files = []painting{
			{"latent.png", func() ([]byte, error) { return p.aggregate(r.Prior()) }},
			{"posteriors.png", p.posteriors}, {"density.png", p.density}, {"bounds.png", p.bounds},
		}
	}
	return paint(files)
}

// Pictures draws the aggregate posterior next to the prior, for two latent dimensions.
func (r latentDiffusionPrior) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	if r.Decoder.Config().Latent != 2 {
		return nil, nil
	}
	p := vaePainter{r.Decoder, ds, seed}
	return paint([]painting{{"latent.png", func() ([]byte, error) { return p.aggregate(r.Latents) }}})
}

// aggregate draws samples of q(z|x) at fresh points next to samples of the prior.
func (p vaePainter) aggregate(prior genlab.Sampler) ([]byte, error) {
	x, parts := p.labelled(latentSamples)
	q := plot.Panel{Title: "aggregate posterior q(z)", Colour: plot.Green, Axes: [2]string{"z1", "z2"}}
	q.Points, q.Labels = p.m.Latents(x, train.NewStream(p.seed, "latent draws").Rand), parts
	z := plot.Panel{Title: "prior p(z)", Colour: plot.SkyBlue, Axes: q.Axes}
	z.Points = prior.Sample(latentSamples, train.NewStream(p.seed, "prior").Rand)
	return plot.Compare("Latent space: "+p.ds.Name, latentBox, q, z)
}
