// Package games tests the objectives of adversarial training: how many modes they cover, and how good
// the samples are.
package games

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"genlab/gan"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "games",
	Claim: "The Wasserstein objective with a gradient penalty, one-sided or two-sided, covers every mode of 8gaussians and of 25gaussians; the original minimax objective with the same networks, steps and optimiser does not.",
	Test: "GANs with the default configuration except for the objective: wgan-gp (two-sided), wgan-lp (one-sided, the default) and minimax. From 10,000 samples of each: the number of modes covered (with at least 1 % of " +
		"their expected share of the samples), high quality (the share within 3 standard deviations of a mode), mode TV (the total variation distance between the mode frequencies and the true ones), and the energy distance. A training that diverges stays in the table, with 0 modes.",
	Criterion: "With a gradient penalty, every training covers all modes, and the means over the seeds of each penalty are, on 8gaussians: high quality ≥ 0.975, mode TV ≤ 0.03, energy distance ≤ 0.005; " +
		"on 25gaussians: high quality ≥ 0.92, mode TV ≤ 0.08. Minimax misses a mode in at least one training.",
	Seeds:    5,
	Data:     []string{"8gaussians", "25gaussians"},
	SmokeAll: true,
	Run:      run,
	Answer:   answer,
	Brief: func(r *experiment.Result) string {
		var parts []string
		for _, o := range []string{"wgan-lp", "wgan-gp", "minimax"} {
			parts = append(parts, fmt.Sprintf("%s %v modes, high quality %v", o, r.Of(Measured[0].Name+", "+o, "25gaussians"), r.Of(Measured[1].Name+", "+o, "25gaussians")))
		}
		return "25gaussians: " + strings.Join(parts, "; ")
	},
	Labels: Labels,
}

var objectives = []gan.ObjectiveName{"wgan-lp", "minimax", "wgan-gp"}

// Measured are the metrics of a GAN's samples, with the value of a training that diverged.
var Measured = []struct {
	metric, Name string
	diverged     float64
}{
	{"modes_1pct", "modes with 1 % of their due", 0},
	{"high_quality", "high quality", math.NaN()},
	{"mode_tv", "mode TV", math.NaN()},
	{"energy_distance", "energy distance", math.NaN()},
}

// Labels are the words of a page for the names of Measured.
var Labels = []string{"modes with 1 % of their due", "modes covered"}

// Put enters the metrics of a sample under a name, those of a training that diverged without rows.
func Put(t *experiment.Trial, name string, rows map[string]metrics.Row) {
	for _, of := range Measured {
		value := of.diverged
		if rows != nil {
			value = rows[of.metric].Value
		}
		t.Put(of.Name+", "+name, "", value)
	}
}

func run(t *experiment.Trial) error {
	for _, objective := range objectives {
		cfg := experiment.Config(t.Setup, &models.GAN, "")
		cfg.Objective = objective
		if t.Smoke {
			cfg.Steps = 20
		}
		m, _, err := experiment.Train[*gan.Model](t, string(objective), &models.GAN, cfg)
		var rows map[string]metrics.Row
		if diverged := new(train.DivergedError); err == nil {
			rows = t.Score(t.Sample(m))
		} else if !errors.As(err, &diverged) {
			return err
		}
		Put(t, string(objective), rows)
	}
	return nil
}

// goals are what the criterion asks of a gradient penalty on a dataset.
var goals = []struct {
	data                            string
	modes                           int
	quality, modeTV, energyDistance float64
}{
	{"8gaussians", 8, 0.975, 0.03, 0.005},
	{"25gaussians", 25, 0.92, 0.08, math.Inf(1)},
}

func answer(r *experiment.Result) (supported bool, text string) {
	covered, dropped := true, false
	var lines []string
	for _, objective := range objectives {
		for _, g := range goals {
			of := func(i int) experiment.Measurement { return r.Of(Measured[i].Name+", "+string(objective), g.data) }
			if objective == "minimax" {
				dropped = dropped || of(0).Min() < float64(g.modes)
			} else {
				covered = covered && of(0).Min() == float64(g.modes) && float64(of(1).Mean) >= g.quality &&
					float64(of(2).Mean) <= g.modeTV && float64(of(3).Mean) <= g.energyDistance
			}
			lines = append(lines, fmt.Sprintf("%s on %s: %v of %d modes, high quality %v, mode TV %v, energy distance %v",
				objective, g.data, of(0), g.modes, of(1), of(2), of(3)))
		}
	}
	return covered && dropped, strings.Join(lines, "; ") + "."
}
