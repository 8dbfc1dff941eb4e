// Package fewsteps tests models of one or a few network evaluations beside one another: MeanFlow, shortcut and
// consistency.
package fewsteps

import (
	"fmt"
	"strings"

	"genlab"
	"genlab/diffusion/matching"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "few-steps",
	Claim: "One network evaluation is enough for separated modes: the best of MeanFlow, a shortcut model and a consistency model samples 25gaussians in one evaluation almost as well as the true distribution, in no more training time than the default consistency model.",
	Test: "On 25gaussians: flow-map with the objectives meanflow and shortcut, consistency with its default configuration, and consistency for one evaluation: a teacher with the default diffusion model's recipe (posterior targets, batches of 512) and twice the Fourier features, trajectories by DPM-Solver++ in place of Heun's method, and a student of their starts alone. " +
		"Metrics, from 10,000 samples each with 1, 2 and 4 evaluations (the last with 1): high quality (the share within 3 standard deviations of a mode), mode TV and energy distance. Training seconds are those of one process on the result's machine.",
	Criterion: "In the mean over the seeds, a model has a high quality of at least 0.96 and a mode TV of at most 0.04 with 1 evaluation, and takes no more training seconds than consistency with its default configuration.",
	Seeds:     5,
	Data:      []string{data},
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		var list []string
		for _, who := range names {
			list = append(list, fmt.Sprintf("%s %v and %v", who, r.Of("high_quality, "+in(who, 1), data), r.Of("mode_tv, "+in(who, 1), data)))
		}
		return "high quality and mode TV with 1 evaluation: " + strings.Join(list, "; ")
	},
	Labels: []string{" in ", ", evaluations: "},
}

const data = "25gaussians"

// The criterion.
const (
	quality = 0.96
	worstTV = 0.04
)

const (
	meanFlow  = "MeanFlow"
	shortcut  = "shortcut"
	distilled = "consistency"
	single    = "consistency for one evaluation"
)

var (
	names       = []string{meanFlow, shortcut, distilled, single}
	evaluations = []int{1, 2, 4}
)

// counts returns the numbers of evaluations at which a model is measured.
func counts(who string) []int {
	if who == single {
		return evaluations[:1]
	}
	return evaluations
}

func in(who string, k int) string { return fmt.Sprintf("%s in %d", who, k) }

func run(t *experiment.Trial) error {
	score := func(who string, seconds float64, of func(k int) genlab.Sampler) {
		for _, k := range counts(who) {
			t.PutRows(in(who, k), t.Score(t.Sample(of(k))), experiment.Quality)
		}
		t.Put("training, "+who, "s", seconds)
	}
	for _, who := range []string{meanFlow, shortcut} {
		cfg := experiment.Config(t.Setup, &models.FlowMap, "")
		if cfg.Objective = "meanflow"; who == shortcut {
			cfg.Objective = "shortcut"
		}
		m, seconds, err := experiment.Train[*matching.FlowMap](t, who, &models.FlowMap, cfg)
		if err != nil {
			return err
		}
		score(who, seconds, func(k int) genlab.Sampler { return m.Sampling(k) })
	}
	for _, who := range []string{distilled, single} {
		cfg := experiment.Config(t.Setup, &models.Consistency, "")
		if who == single && !t.Smoke {
			cfg = OneEvaluation(cfg)
		}
		m, seconds, err := experiment.Train[*hybrid.ConsistencyModel](t, who, &models.Consistency, cfg)
		if err != nil {
			return err
		}
		score(who, seconds, func(k int) genlab.Sampler { return m.Sampling(k) })
	}
	return nil
}

// OneEvaluation returns a configuration of consistency for one evaluation, which takes no more training than the default.
func OneEvaluation(c hybrid.ConsistencyConfig) hybrid.ConsistencyConfig {
	c.Teacher.PosteriorTarget, c.Teacher.Batch, c.Teacher.Steps, c.Teacher.LR, c.Teacher.EMA = true, 512, 8000, 0.005, 0.999
	c.Teacher.Features, c.StudentSteps, c.StudentLR, c.Restarts = 64, 20000, 0.004, 0
	c.TeacherSampler, c.TeacherNFE = "dpmsolver2m", 25
	return c
}

func answer(r *experiment.Result) (supported bool, text string) {
	limit := r.Of("training, "+distilled, data)
	var lines []string
	for _, who := range names {
		at := func(metric string, k int) experiment.Measurement { return r.Of(metric+", "+in(who, k), data) }
		time := r.Of("training, "+who, data)
		hq, tv := at("high_quality", 1), at("mode_tv", 1)
		if len(hq.Values) > 0 && float64(hq.Mean) >= quality && float64(tv.Mean) <= worstTV && time.Mean <= limit.Mean {
			supported = true
		}
		var each []string
		for _, k := range counts(who) {
			each = append(each, fmt.Sprintf("with %d high quality %v and mode TV %v", k, at("high_quality", k), at("mode_tv", k)))
		}
		lines = append(lines, fmt.Sprintf("%s: %s; %v of training", who, strings.Join(each, ", "), time))
	}
	return supported, strings.Join(lines, ". ") + "."
}
