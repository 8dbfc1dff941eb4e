// Package experiments lists the experiments: a claim is a line here and a folder, with what is
// claimed, how it is tested, the criterion, and the answer that was measured. See package
// genlab/lab/experiment for how one is made.
package experiments

import (
	"embed"

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
	"genlab/lab/experiment"
)

// All are the experiments, in the order in which they are run and shown.
func All() []experiment.Experiment {
	return []experiment.Experiment{
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

// files are the answers that the project was built with.
//
//go:embed */results.json
var files embed.FS

// Shipped returns the result of an experiment that the program was built with. Without one the
// error is an fs.ErrNotExist.
func Shipped(name string) (*experiment.Result, error) {
	return experiment.ReadResultFS(files, name+"/"+experiment.ResultFile)
}
