// Package course lists the experiments: a claim is a line here and a folder.
package course

import (
	"genlab/experiments"
	adversarialdiffusion "genlab/experiments/adversarial-diffusion"
	"genlab/experiments/bounds"
	"genlab/experiments/captioned"
	"genlab/experiments/consistency"
	"genlab/experiments/coverage"
	"genlab/experiments/exact"
	flowprior "genlab/experiments/flow-prior"
	"genlab/experiments/games"
	"genlab/experiments/guidance"
	kvcache "genlab/experiments/kv-cache"
	"genlab/experiments/language"
	latentdiffusion "genlab/experiments/latent-diffusion"
	odelikelihood "genlab/experiments/ode-likelihood"
	onepass "genlab/experiments/one-pass"
	"genlab/experiments/quality"
	"genlab/experiments/steps"
	"genlab/experiments/video"
)

// Experiments are all, in the order in which they are run and shown.
func Experiments() []experiments.Experiment {
	return []experiments.Experiment{
		kvcache.Experiment,
		language.Experiment,
		onepass.Experiment,
		exact.Experiment,
		bounds.Experiment,
		odelikelihood.Experiment,
		steps.Experiment,
		games.Experiment,
		guidance.Experiment,
		quality.Experiment,
		coverage.Experiment,
		flowprior.Experiment,
		consistency.Experiment,
		adversarialdiffusion.Experiment,
		captioned.Experiment,
		latentdiffusion.Experiment,
		video.Experiment,
	}
}
