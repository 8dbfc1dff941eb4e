// Package coverage tests mode coverage: adversarial training against diffusion on 25 modes.
package coverage

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"genlab"
	"genlab/diffusion"
	"genlab/gan"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "coverage",
	Claim: "A GAN with the original minimax objective drops modes, WGAN-GP drops fewer, and a diffusion model drops none.",
	Test: "On 25gaussians: GANs with the original objective and with WGAN-GP, and a diffusion model, otherwise with the default configurations. " +
		"Metrics, from 10,000 samples of each: the number of modes covered (with at least 1 % of their expected share of the samples), high quality (the share within 3 standard deviations of a mode), and mode TV (the total variation distance between the mode frequencies and the true ones).",
	Criterion: "Diffusion covers all 25 modes in every training; in the mean over the seeds, WGAN-GP covers more modes than the original objective, which misses at least one in some training; and diffusion has a smaller mode TV than the original objective, with disjoint intervals.",
	Seeds:     5,
	Data:      []string{data},
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		var parts []string
		for _, m := range trained {
			parts = append(parts, fmt.Sprintf("%s %v", m.title, r.Of("modes_1pct, "+m.name, data)))
		}
		return "modes covered, of 25: " + strings.Join(parts, "; ")
	},
	Labels: []string{original, "GAN, original objective"},
}

const data = "25gaussians"

const (
	original    = "GAN, original game"
	wasserstein = "GAN, WGAN-GP"
	denoising   = "diffusion"
)

// trained are the models in the order of the claim, with the objective of a GAN.
var trained = []struct {
	name, title string
	objective   gan.ObjectiveName
}{{original, "GAN with the original objective", "minimax"}, {wasserstein, "WGAN-GP", "wgan-gp"}, {denoising, "diffusion", ""}}

var measured = []string{"modes_1pct", "high_quality", "mode_tv"}

func run(t *experiment.Trial) error {
	for _, model := range trained {
		var (
			m   genlab.Sampler
			err error
		)
		if model.objective == "" {
			m, _, err = experiment.Train[*diffusion.Model](t, model.name, &models.Diffusion, experiment.Config(t.Setup, &models.Diffusion, ""))
		} else {
			cfg := experiment.Config(t.Setup, &models.GAN, "")
			cfg.Objective = model.objective
			m, _, err = experiment.Train[*gan.Model](t, model.name, &models.GAN, cfg)
		}
		rows := map[string]metrics.Row{}
		if diverged := new(train.DivergedError); errors.As(err, &diverged) { // it stays in the table
			for _, metric := range measured {
				rows[metric] = metrics.Row{Value: math.NaN()}
			}
		} else if err != nil {
			return err
		} else {
			rows = t.Score(t.Sample(m))
		}
		t.PutRows(model.name, rows, measured)
	}
	return nil
}

func answer(r *experiment.Result) (supported bool, text string) {
	var lines []string
	for _, m := range trained {
		at := func(metric string) experiment.Measurement { return r.Of(metric+", "+m.name, data) }
		lines = append(lines, fmt.Sprintf("%s: %v of 25 modes, high quality %v, mode TV %v", m.title, at("modes_1pct"), at("high_quality"), at("mode_tv")))
	}
	modes := func(model string) experiment.Measurement { return r.Of("modes_1pct, "+model, data) }
	tv := func(model string) experiment.Measurement { return r.Of("mode_tv, "+model, data) }
	return modes(denoising).Min() == 25 && modes(wasserstein).Mean > modes(original).Mean && modes(original).Min() < 25 &&
			tv(denoising).Mean < tv(original).Mean && experiment.Disjoint(tv(denoising), tv(original)),
		strings.Join(lines, "; ") + "."
}
