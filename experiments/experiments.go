// Package experiments lists the experiments: each is a line here and a folder, with a claim, its test,
// its criterion, and the result. See package genlab/lab/experiment for how to add one.
package experiments

import (
	"embed"
	"io/fs"

	adversarialdiffusion "genlab/experiments/adversarial-diffusion"
	"genlab/experiments/bounds"
	"genlab/experiments/captioned"
	"genlab/experiments/consistency"
	"genlab/experiments/coverage"
	"genlab/experiments/exact"
	fewsteps "genlab/experiments/few-steps"
	flowprior "genlab/experiments/flow-prior"
	"genlab/experiments/games"
	"genlab/experiments/guidance"
	kvcache "genlab/experiments/kv-cache"
	"genlab/experiments/language"
	latentdiffusion "genlab/experiments/latent-diffusion"
	"genlab/experiments/objectives"
	odelikelihood "genlab/experiments/ode-likelihood"
	onepass "genlab/experiments/one-pass"
	owndata "genlab/experiments/own-data"
	"genlab/experiments/posteriors"
	"genlab/experiments/precision"
	"genlab/experiments/quality"
	"genlab/experiments/seeds"
	"genlab/experiments/solvers"
	"genlab/experiments/steps"
	straightpaths "genlab/experiments/straight-paths"
	"genlab/experiments/tilted"
	tiltedtrained "genlab/experiments/tilted-trained"
	timetoquality "genlab/experiments/time-to-quality"
	"genlab/experiments/unmasking"
	"genlab/experiments/video"
	"genlab/lab/experiment"
)

// All returns the experiments, in the order in which they are run and shown.
func All() []experiment.Experiment {
	return []experiment.Experiment{
		kvcache.Experiment,
		language.Experiment,
		unmasking.Experiment,
		onepass.Experiment,
		exact.Experiment,
		bounds.Experiment,
		odelikelihood.Experiment,
		steps.Experiment,
		solvers.Experiment,
		games.Experiment,
		objectives.Experiment,
		guidance.Experiment,
		tilted.Experiment,
		tiltedtrained.Experiment,
		quality.Experiment,
		coverage.Experiment,
		flowprior.Experiment,
		posteriors.Experiment,
		consistency.Experiment,
		fewsteps.Experiment,
		straightpaths.Experiment,
		adversarialdiffusion.Experiment,
		captioned.Experiment,
		latentdiffusion.Experiment,
		video.Experiment,
		owndata.Experiment,
		timetoquality.Experiment,
		precision.Experiment,
		seeds.Experiment,
	}
}

// files are the results that the program is built with.
//
//go:embed */results.json
var files embed.FS

// Shipped returns the result of an experiment that the program is built with, with the verdict and all
// text derived from its measurements. Without one the error is an fs.ErrNotExist.
func Shipped(name string) (*experiment.Result, error) {
	r, err := experiment.ReadResultFS(files, name+"/"+experiment.ResultFile)
	if err != nil {
		return nil, err
	}
	for _, e := range All() {
		if e.Name == name {
			e.Conclude(r)
			return r, nil
		}
	}
	return nil, fs.ErrNotExist // of a folder that is no experiment
}
