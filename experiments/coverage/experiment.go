// Package coverage puts the loss of modes to the test: adversarial training against diffusion on
// 25 modes.
package coverage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"genlab"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/gan"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "coverage",
	Claim: "The original game of a GAN loses modes, Wasserstein's with a gradient penalty loses fewer, and diffusion none.",
	Test: "25gaussians; GANs of the default configuration with the original objective and with WGAN-GP, and a diffusion model of the default configuration. " +
		"Of 10,000 samples of each: the modes that have at least 1 % of their due, the share within 3 standard deviations of a mode, and the total variation between the shares of the modes and their due.",
	Criterion: "Diffusion has all 25 modes in every training; over the seeds, WGAN-GP has more modes than the original game, which misses at least one; and by mode TV the intervals of diffusion and of the original game lie apart, diffusion's below.",
	Seeds:     5,
	Brief: func(r *experiment.Result) string {
		var parts []string
		for _, subject := range subjects {
			parts = append(parts, fmt.Sprintf("%s %v", subject, r.Of("modes_1pct, "+subject, "25gaussians")))
		}
		return "modes of 25: " + strings.Join(parts, "; ")
	},
	Run: run,
}

// subjects are the models, in the order of the claim.
var subjects = []string{original, wasserstein, denoising}

const (
	original    = "GAN, original game"
	wasserstein = "GAN, WGAN-GP"
	denoising   = "diffusion"
)

// figures are the metrics of the table.
var figures = []string{"modes_1pct", "high_quality", "mode_tv"}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{}
	ds, err := datasets.ByName("25gaussians")
	if err != nil {
		return nil, err
	}
	for _, seed := range s.Seeds {
		for _, subject := range subjects {
			m, err := trained(ctx, s, r, subject, ds, seed)
			if diverged := new(train.DivergedError); errors.As(err, &diverged) {
				// A run that failed stays in the table.
				for _, f := range figures {
					r.Put(f+", "+subject, ds.Name, "", math.NaN())
				}
				s.Log("%s, seed %d: %v", subject, seed, err)
				continue
			}
			if err != nil {
				return nil, err
			}
			rows := experiment.Score(m.Sample(s.Scale(10000, 300), train.NewStream(seed, "sample").Rand), ds, seed)
			for _, f := range figures {
				r.Put(f+", "+subject, ds.Name, "", rows[f].Value)
			}
			s.Log("%s, seed %d: %v modes, high quality %.4f, mode TV %.4f",
				subject, seed, rows["modes_1pct"].Value, rows["high_quality"].Value, rows["mode_tv"].Value)
		}
	}
	var lines []string
	for _, subject := range subjects {
		lines = append(lines, fmt.Sprintf("%s: %v of 25 modes, high quality %v, mode TV %v", subject,
			r.Of("modes_1pct, "+subject, ds.Name), r.Of("high_quality, "+subject, ds.Name), r.Of("mode_tv, "+subject, ds.Name)))
	}
	modes := func(subject string) experiment.Figure { return r.Of("modes_1pct, "+subject, ds.Name) }
	tv := func(subject string) experiment.Figure { return r.Of("mode_tv, "+subject, ds.Name) }
	r.Shown = modes(denoising).Least() == 25 && modes(wasserstein).Mean > modes(original).Mean && modes(original).Least() < 25 &&
		tv(denoising).Mean < tv(original).Mean && experiment.Apart(tv(denoising), tv(original))
	r.Answer = strings.Join(lines, "; ") + "."
	return r, nil
}

// trained returns a subject's model.
func trained(ctx context.Context, s experiment.Setup, r *experiment.Result, subject string, ds *datasets.Dataset, seed uint64) (genlab.Sampler, error) {
	if subject == denoising {
		cfg := experiment.Config(s, &models.Diffusion)
		if err := r.Use(subject, &cfg); err != nil {
			return nil, err
		}
		m, _, err := experiment.Train[*diffusion.Model](ctx, s, &models.Diffusion, cfg, ds.Name, seed)
		return m, err
	}
	cfg := experiment.Config(s, &models.GAN)
	cfg.Objective = map[string]gan.ObjectiveName{original: "minimax", wasserstein: "wgan-gp"}[subject]
	if err := r.Use(subject, &cfg); err != nil {
		return nil, err
	}
	m, _, err := experiment.Train[*gan.Model](ctx, s, &models.GAN, cfg, ds.Name, seed)
	return m, err
}
