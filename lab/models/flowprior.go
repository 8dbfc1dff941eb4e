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

// FlowPrior is the VAE with a flow for its prior.
var FlowPrior = registry.Spec[hybrid.FlowPriorConfig]{
	Info: registry.Info{
		Name: "flow-prior", Summary: "VAE whose prior is a normalizing flow; bounds on its density.",
		Role: registry.Hybrid, Likelihood: "bound", Colour: plot.Green, Marker: plot.HollowTriangle,
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
	New:    onPoints(plain(hybrid.NewFlowPrior, itself)),
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

// flowPriorRun is a trained VAE with a flow, or the normal distribution, for its prior.
type flowPriorRun struct {
	vaeRun
	cfg hybrid.FlowPriorConfig
}

// Unwrap returns the library's model.
func (r flowPriorRun) Unwrap() hybrid.SizedSampler { return r.Model }

// With samples in one pass of the prior and one of the decoder.
func (r flowPriorRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.Model, r.cfg.Evaluations(), o.Only("this VAE samples in one pass of its prior and one of its decoder")
}

// latentDiffusionPrior is one with a diffusion model for its prior, which has no bound.
type latentDiffusionPrior struct {
	*hybrid.LatentModel
	cfg hybrid.FlowPriorConfig
}

// Unwrap returns the library's model.
func (r latentDiffusionPrior) Unwrap() hybrid.SizedSampler { return r.LatentModel }

// With samples by the prior's own sampler and one pass of the decoder.
func (r latentDiffusionPrior) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.LatentModel, r.cfg.Evaluations(), o.Only("the prior of this VAE has one way to sample")
}

// The numbers of draws of z, and of the posteriors that each of them is looked for in.
const (
	aggregateDraws = 2000
	aggregateRows  = 100000
)

// Report says how far the posteriors together are from the prior.
func (r flowPriorRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	rng := train.NewStream(seed, "aggregate").Rand
	x, others := ds.Sampler.Sample(aggregateDraws, rng), ds.Sampler.Sample(aggregateRows, rng)
	e := metrics.Mean(r.AggregateRatios(x, others, train.NewStream(seed, "aggregate draws").Rand))
	return []metrics.Row{e.Row("kl_aggregate", math.NaN(), "", "lower")},
		fmt.Sprintf("KL(aggregate posterior || prior) is %v nats: what the bound loses to the prior's shape.", e)
}

// Pictures are the latent plane of the posteriors beside the prior, and what a VAE shows of its bounds.
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

// Pictures are the latent plane of the posteriors beside the prior, where it is a plane.
func (r latentDiffusionPrior) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	if r.Decoder.Config().Latent != 2 {
		return nil, nil
	}
	p := vaePainter{r.Decoder, ds, seed}
	return paint([]painting{{"latent.png", func() ([]byte, error) { return p.aggregate(r.Latents) }}})
}

// aggregate is the latent plane twice: draws of q(z|x) of fresh points, and of the prior.
func (p vaePainter) aggregate(prior genlab.Sampler) ([]byte, error) {
	x, parts := p.labelled(latentDraws)
	q := plot.Panel{Title: "q(z): the encoder's draws", Colour: plot.Green, Axes: [2]string{"z1", "z2"}}
	q.Points, q.Labels = p.m.Latents(x, train.NewStream(p.seed, "latent draws").Rand), parts
	z := plot.Panel{Title: "p(z): the prior's draws", Colour: plot.SkyBlue, Axes: q.Axes}
	z.Points = prior.Sample(latentDraws, train.NewStream(p.seed, "prior").Rand)
	return plot.Compare("latent plane of "+p.ds.Name, latentBox, q, z)
}
