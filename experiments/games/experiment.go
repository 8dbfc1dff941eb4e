// Package games puts the objectives of adversarial training to the test: which modes they keep,
// and how well they draw them.
package games

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"genlab/datasets"
	"genlab/gan"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "games",
	Claim: "Wasserstein's game with a gradient penalty, one-sided or two-sided, keeps every mode of 8gaussians and of 25gaussians; the original game of the same networks, steps and optimiser does not.",
	Test: "GANs of the default configuration but for the objective: wgan-gp (two-sided), wgan-lp (one-sided, the default) and minimax. Of 10,000 samples of each: the modes that have at least 1 % of " +
		"their due, the share within 3 standard deviations of a mode, the total variation between the shares of the modes and their due, and the energy distance. A training that diverges stays in the table, with no mode.",
	Criterion: "In every training with a penalty all modes are there, and the means over the seeds of each penalty are, on 8gaussians: high quality ≥ .975, mode TV ≤ .03, energy distance ≤ .005; " +
		"on 25gaussians: high quality ≥ .92, mode TV ≤ .08. In at least one training minimax lacks a mode.",
	Seeds: 5,
	Brief: func(r *experiment.Result) string {
		of := func(metric, objective string) experiment.Figure { return r.Of(metric+", "+objective, "25gaussians") }
		var parts []string
		for _, o := range []string{"wgan-lp", "wgan-gp", "minimax"} {
			parts = append(parts, fmt.Sprintf("%s: %v modes, high quality %v", o, of("modes with 1 % of their due", o), of("high quality", o)))
		}
		return "25gaussians, " + strings.Join(parts, "; ")
	},
	Run: run,
}

// goal is what the criterion asks of a penalty on a data set.
type goal struct {
	data                  string
	modes                 int
	quality, tv, distance float64
}

var goals = []goal{
	{"8gaussians", 8, 0.975, 0.03, 0.005},
	{"25gaussians", 25, 0.92, 0.08, math.Inf(1)},
}

var objectives = []gan.ObjectiveName{"wgan-lp", "minimax", "wgan-gp"}

// figures are the metrics of the table; lost is what a training that diverged has of each.
var figures = []struct {
	metric, title string
	lost          float64
}{
	{"modes_1pct", "modes with 1 % of their due", 0},
	{"high_quality", "high quality", math.NaN()},
	{"mode_tv", "mode TV", math.NaN()},
	{"energy_distance", "energy distance", math.NaN()},
}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{Shown: true}
	var lines []string
	dropped := false
	for _, objective := range objectives {
		cfg := experiment.Config(s, &models.GAN)
		cfg.Objective = objective
		if err := r.Use(string(objective), &cfg); err != nil {
			return nil, err
		}
		for _, g := range goals {
			ds, err := datasets.ByName(g.data)
			if err != nil {
				return nil, err
			}
			for _, seed := range s.Seeds {
				if err := measure(ctx, s, r, cfg, ds, seed); err != nil {
					return nil, err
				}
			}
			of := func(i int) experiment.Figure { return r.Of(figures[i].title+", "+string(objective), g.data) }
			if objective == "minimax" {
				dropped = dropped || of(0).Least() < float64(g.modes)
			} else {
				r.Shown = r.Shown && of(0).Least() == float64(g.modes) && float64(of(1).Mean) >= g.quality &&
					float64(of(2).Mean) <= g.tv && float64(of(3).Mean) <= g.distance
			}
			lines = append(lines, fmt.Sprintf("%s on %s: %v of %d modes, high quality %v, mode TV %v, energy distance %v",
				objective, g.data, of(0), g.modes, of(1), of(2), of(3)))
		}
	}
	r.Shown = r.Shown && dropped
	r.Answer = strings.Join(lines, "; ") + "."
	return r, nil
}

// measure trains one model and puts its figures down.
func measure(ctx context.Context, s experiment.Setup, r *experiment.Result, cfg gan.Config, ds *datasets.Dataset, seed uint64) error {
	m, _, err := experiment.Train[*gan.Model](ctx, s, &models.GAN, cfg, ds.Name, seed)
	rows := map[string]metrics.Row{}
	switch diverged := new(train.DivergedError); {
	case errors.As(err, &diverged):
		s.Log("%s on %s, seed %d: %v", cfg.Objective, ds.Name, seed, err)
	case err != nil:
		return err
	default:
		rows = experiment.Score(m.Sample(s.Scale(10000, 300), train.NewStream(seed, "sample").Rand), ds, seed)
		s.Log("%s on %s, seed %d: %v modes, high quality %.4f, mode TV %.4f, energy distance %.5f", cfg.Objective, ds.Name, seed,
			rows["modes_1pct"].Value, rows["high_quality"].Value, rows["mode_tv"].Value, rows["energy_distance"].Value)
	}
	for _, f := range figures {
		value := f.lost
		if row, ok := rows[f.metric]; ok {
			value = row.Value
		}
		r.Put(f.title+", "+string(cfg.Objective), ds.Name, "", value)
	}
	return nil
}
