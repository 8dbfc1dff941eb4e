package timetoquality

import (
	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gan"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/nn"
	"genlab/train"
	"genlab/vae"
)

// paradigm trains and measures one paradigm.
type paradigm struct {
	name       string
	likelihood string // "exact", "bound" or ""
	train      func(t *experiment.Trial, recipe string) (genlab.Sampler, float64, error)
}

// of returns the paradigm of a registered model. earlier changes a default configuration into the earlier
// recipe: it sets everything in which the two differ, and density gives what the likelihood is taken from.
func of[M genlab.Sampler, C registry.Config](spec *registry.Spec[C], likelihood string, earlier func(*C), density func(M) genlab.Sampler) paradigm {
	return paradigm{spec.Name, likelihood, func(t *experiment.Trial, recipe string) (genlab.Sampler, float64, error) {
		cfg := spec.Defaults()
		if recipe == before {
			earlier(&cfg)
		}
		if t.Smoke {
			spec.Tiny(&cfg)
		}
		m, seconds, err := experiment.Train[M](t, spec.Name+", "+recipe, spec, cfg)
		if err != nil {
			return nil, 0, err
		}
		return density(m), seconds, nil
	}}
}

func itself[M genlab.Sampler](m M) genlab.Sampler { return m }

// paradigms are the paradigms whose recipe has changed, with those that were their defaults until 2026-11-28. The
// autoregressive model keeps its recipe.
var paradigms = []paradigm{
	of(&models.VAE, "bound", func(c *vae.Config) {
		c.Settings = train.Settings{Steps: 10000, Batch: 256, LR: 0.002, Warmup: 200, EMA: 0.999, Clip: 1,
			Optimizer: nn.UseAdam, Beta1: 0.9, Beta2: 0.999}
		c.Hidden, c.Layers, c.Stratified = 128, 3, false
	}, itself[*vae.Model]),
	of(&models.GAN, "", func(c *gan.Config) {
		c.Settings = train.Settings{Steps: 30000, Batch: 128, LR: 0.002, EMA: 0.999, Optimizer: nn.UseAdam, Beta2: 0.99}
		c.CriticRate, c.LatentScale, c.Stratified = 1, 1, false
	}, itself[*gan.Model]),
	of(&models.Diffusion, "exact", func(c *diffusion.Config) {
		c.Settings = train.Settings{Steps: 26000, Batch: 512, LR: 0.002, Warmup: 200, EMA: 0.9995, Clip: 1,
			Optimizer: nn.UseAdam, Beta1: 0.9, Beta2: 0.999}
		c.PosteriorTarget = false
	}, func(m *diffusion.Model) genlab.Sampler { return denoised{m, m.ProbabilityFlow()} }),
	of(&models.Flow, "exact", func(c *flow.Config) {
		c.Settings = train.Settings{Steps: 12000, Batch: 512, LR: 0.003, Warmup: 200, EMA: 0.999, Clip: 5,
			Optimizer: nn.UseAdam, Beta1: 0.9, Beta2: 0.999}
	}, itself[*flow.Model]),
}

// denoised is a diffusion model with the density of its probability flow, which takes many evaluations of
// the network for each point.
type denoised struct {
	*diffusion.Model
	flow diffusion.ProbabilityFlow
}

// LogProb implements [genlab.LogProber].
func (d denoised) LogProb(x mat.Matrix) []float64 { return d.flow.LogProb(x) }
