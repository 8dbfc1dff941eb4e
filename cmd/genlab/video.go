package main

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

var videoFamily = family[hybrid.VideoConfig]{
	name:     "video",
	defaults: hybrid.DefaultVideo,
	smoke: func(c *hybrid.VideoConfig) {
		diffusionFamily.smoke(&c.Diffusion)
		c.Diffusion.Steps, c.Diffusion.Batch, c.Diffusion.Hidden, c.Diffusion.Layers, c.Diffusion.NFE = 100, 64, 32, 1, 10
	},
	loop: func(c hybrid.VideoConfig) train.Options {
		return train.Options{Steps: c.Diffusion.Steps, Batch: c.Diffusion.Batch}
	},
	on:    "bounce",
	draws: 2000, // ten thousand films take half a minute in 50 steps
	takes: onlyFilms,
	begin: func(c hybrid.VideoConfig, scale standardize.Map, rng *rand.Rand) (trainee, error) {
		t, err := hybrid.NewVideo(c, scale, rng)
		if err != nil {
			return nil, usageError{err} // films of another size
		}
		return t, nil
	},
	resume: func(c hybrid.VideoConfig, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return hybrid.ResumeVideo(c, saved, steps)
	},
	load: func(c hybrid.VideoConfig, saved []checkpoint.Tensor) (sampled, error) {
		return hybrid.LoadVideo(c, saved)
	},
	sampling: func(m sampled, c hybrid.VideoConfig, f samplingFlags) (genlab.Sampler, int, error) {
		return diffusionSampling(m, c.Diffusion, f)
	},
	remarks: judgedFilms,
}

// onlyFilms takes data of films.
func onlyFilms(ds *datasets.Dataset) error {
	if _, ok := ds.View.(datasets.Bounce); !ok {
		return errors.New("it learns films, as bounce's")
	}
	return nil
}

// judgedFilms are the rows of the laws of films: of the model in 25 and in 50 steps of DDIM, with the
// simulator's own as the oracle, and of the simulator's with their frames shuffled.
func judgedFilms(s sampled, ds *datasets.Dataset, seed uint64) ([]likelihood, string) {
	const n = 1000
	m, judge := diffusionModel(s), ds.View.(datasets.Bounce)
	truth := ds.Law.Sample(n, train.NewStream(seed, "films' truth").Rand)
	oracle := judge.Judge(truth).Figures()
	var rows []likelihood
	add := func(who string, x mat.Matrix) {
		for i, f := range judge.Judge(x).Figures() {
			e := metrics.Mean(f.Values)
			rows = append(rows, likelihood{who + "_" + f.Name, figure{number(e.Value), number(e.SE), number(metrics.Mean(oracle[i].Values).Value), n, "", f.Better}})
		}
	}
	for _, nfe := range []int{25, 50} {
		c := m.Config()
		c.Sampler, c.Spacing, c.Eta, c.NFE = "ddim", diffusion.Shifted, 0, nfe
		add(fmt.Sprintf("ddim_%d", nfe), m.SamplingWith(c).Sample(n, train.NewStream(seed, "films").Rand))
	}
	add("shuffled", judge.Shuffled(truth, train.NewStream(seed, "films' order").Rand))
	return rows, "Films of DDIM in 25 and 50 steps, the simulator's as the oracle, whose speed error is the discretisation floor; shuffled: the simulator's with their frames in an order of chance."
}
