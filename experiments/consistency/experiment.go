// Package consistency puts distillation to the test: a student of few evaluations against its teacher
// in as many.
package consistency

import (
	"context"
	"fmt"
	"strings"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "consistency",
	Claim: "A student that learns where the paths of a diffusion model end draws in one to four evaluations what its teacher needs tens for.",
	Test: "25gaussians and 8gaussians; teachers and students of the default configuration of consistency. Of 10,000 samples of each in 1, 2, 4 and 8 evaluations, the teacher's by DDIM, " +
		"and of the teacher's own sampler in 35: the share within 3 standard deviations of a mode, mode TV and energy distance. " +
		"Then the same over a latent space with guidance: on lift64:25gaussians the student of a latent-diffusion model of the default configuration takes over the guidance of 1.5, one pass for the teacher's two, " +
		"against that teacher in 50 steps of DDIM, labels drawn evenly.",
	Criterion: "Over the seeds, the student has on 25gaussians a high quality of at least 0.60 in 1 evaluation, 0.80 in 2 and 0.93 in 4, and on 8gaussians of at least 0.965 with a mode TV of at most 0.04 in 1; " +
		"and in 1, 2 and 4 evaluations its intervals lie apart from the teacher's and above them.",
	Seeds: 3,
	Brief: func(r *experiment.Result) string {
		var shares []string
		for _, k := range evaluations {
			shares = append(shares, r.Of("high_quality, "+student(k), "25gaussians").String())
		}
		return fmt.Sprintf("high quality on 25gaussians in 1, 2, 4 and 8 passes: %s; on 8gaussians in 1: %v, mode TV %v",
			strings.Join(shares, ", "), r.Of("high_quality, "+student(1), "8gaussians"), r.Of("mode_tv, "+student(1), "8gaussians"))
	},
	Run: run,
}

var evaluations = []int{1, 2, 4, 8}

// goals are the least high quality, by data and evaluations.
var goals = map[string]map[int]float64{"25gaussians": {1: 0.60, 2: 0.80, 4: 0.93}, "8gaussians": {1: 0.965}}

// worstTV is the greatest mode TV on 8gaussians in one evaluation.
const worstTV = 0.04

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{Shown: true}
	cfg := experiment.Config(s, &models.Consistency)
	if err := r.Use("consistency", &cfg); err != nil {
		return nil, err
	}
	var lines []string
	for _, name := range []string{"25gaussians", "8gaussians"} {
		ds, err := datasets.ByName(name)
		if err != nil {
			return nil, err
		}
		for _, seed := range s.Seeds {
			m, seconds, err := experiment.Train[*hybrid.ConsistencyModel](ctx, s, &models.Consistency, cfg, ds.Name, seed)
			if err != nil {
				return nil, err
			}
			score := func(who string, q diffusion.Sampling) {
				rows := experiment.Score(q.Sample(s.Scale(10000, 300), train.NewStream(seed, "sample").Rand), ds, seed)
				for _, f := range experiment.Quality {
					r.Put(f+", "+who, name, "", rows[f].Value)
				}
				s.Log("%s, seed %d, %s: high quality %.4f, mode TV %.4f", name, seed, who, rows["high_quality"].Value, rows["mode_tv"].Value)
			}
			teacher := m.Teacher.Config()
			teacher.Sampler = "ddim"
			for _, k := range evaluations {
				teacher.NFE = k
				score(student(k), m.Sampling(k))
				score(fmt.Sprintf("teacher in %d", k), m.Teacher.SamplingWith(teacher))
			}
			score("teacher in its own", m.Teacher.Sampling())
			r.Put("training of both", name, "s", seconds)
		}
		var shares []string
		for _, k := range evaluations {
			q, t := r.Of("high_quality, "+student(k), name), r.Of(fmt.Sprintf("high_quality, teacher in %d", k), name)
			shares = append(shares, q.String())
			r.Shown = r.Shown && float64(q.Mean) >= goals[name][k] && (k > 4 || q.Mean > t.Mean && experiment.Apart(q, t))
		}
		lines = append(lines, fmt.Sprintf("%s: high quality %s in 1, 2, 4 and 8 evaluations, %v of the teacher in its own", name, strings.Join(shares, ", "), r.Of("high_quality, teacher in its own", name)))
	}
	latent, err := overLatents(ctx, s, r)
	if err != nil {
		return nil, err
	}
	tv := r.Of("mode_tv, "+student(1), "8gaussians")
	r.Shown = r.Shown && float64(tv.Mean) <= worstTV
	r.Answer = fmt.Sprintf("%s; mode TV on 8gaussians in 1 evaluation %v. %s.", strings.Join(lines, "; "), tv, latent)
	return r, nil
}

func student(k int) string { return fmt.Sprintf("student in %d", k) }

// overLatents measures the student of a guided teacher in a latent space, and says what came of it.
func overLatents(ctx context.Context, s experiment.Setup, r *experiment.Result) (string, error) {
	const name = "lift64:25gaussians"
	ds, err := datasets.ByName(name)
	if err != nil {
		return "", err
	}
	cfg := hybrid.DefaultLatent(ds.Dim())
	cfg.Latents.StudentSteps = hybrid.DefaultConsistency().StudentSteps / 2
	if s.Smoke {
		models.LatentDiffusion.Tiny(&cfg)
	}
	if err := r.Use("latent-diffusion with a student", &cfg); err != nil {
		return "", err
	}
	for _, seed := range s.Seeds {
		m, seconds, err := experiment.Train[*hybrid.LatentDiffusionModel](ctx, s, &models.LatentDiffusion, cfg, ds.Name, seed)
		if err != nil {
			return "", err
		}
		score := func(who string, way hybrid.ConsistencyConfig) {
			law, passes := m.LatentDistribution(way, nil)
			rows := experiment.Score(m.WithLatents(law).Sample(s.Scale(10000, 300), train.NewStream(seed, "sample").Rand), ds, seed)
			for _, f := range experiment.Quality {
				r.Put(f+", "+who, name, "", rows[f].Value)
			}
			r.Put("passes, "+who, name, "", float64(passes))
			s.Log("%s, seed %d, %s: energy distance %.5f, mode TV %.4f", name, seed, who, rows["energy_distance"].Value, rows["mode_tv"].Value)
		}
		for _, k := range evaluations {
			way := cfg.Latents
			way.Evaluations = k
			score(student(k), way)
		}
		way := cfg.Latents
		way.StudentSteps = 0
		score("guided teacher in 50", way)
		r.Put("training of all", name, "s", seconds)
	}
	f := func(figure, who string) experiment.Figure { return r.Of(figure+", "+who, name) }
	return fmt.Sprintf("Over a latent space, with guidance, %s: energy distance %v in 1 pass and %v in 4, %v of the teacher in %.0f; mode TV %v, %v and %v", name,
		f("energy_distance", student(1)), f("energy_distance", student(4)), f("energy_distance", "guided teacher in 50"), f("passes", "guided teacher in 50").Mean,
		f("mode_tv", student(1)), f("mode_tv", student(4)), f("mode_tv", "guided teacher in 50")), nil
}
