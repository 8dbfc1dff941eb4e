// Package consistency tests distillation: a consistency model with few evaluations against its teacher with
// the same number.
package consistency

import (
	"fmt"
	"strings"

	"genlab"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "consistency",
	Claim: "A consistency model distilled from a diffusion model reaches, with one to four network evaluations, the sample quality for which its teacher needs tens of evaluations.",
	Test: "On 25gaussians and 8gaussians: teachers and students with the default configuration of consistency. Metrics, from 10,000 samples each with 1, 2, 4 and 8 evaluations (the teacher by DDIM) " +
		"and by the teacher's own sampler with 35: high quality (the share within 3 standard deviations of a mode), mode TV and energy distance. " +
		"Then the same in a latent space with guidance: on lift64:25gaussians, the student of a latent-diffusion model with the default configuration is distilled with a guidance scale of 1.5, so that it takes one evaluation where its teacher takes two. " +
		"It is compared with that teacher in 50 steps of DDIM; all labels are equally frequent.",
	Criterion: "In the mean over the seeds, the student's high quality on 25gaussians is at least 0.60 with 1 evaluation, 0.80 with 2 and 0.93 with 4, and on 8gaussians with 1 evaluation it is at least 0.965 with a mode TV of at most 0.04; " +
		"with 1, 2 and 4 evaluations it is above the teacher's, with disjoint intervals. With 4 evaluations it is not below that of the teacher's own sampler with 35 by 0.02, on both: the 95 % confidence interval of the difference, over paired seeds, is above -0.02.",
	Seeds:    5,
	Data:     append(plane, lifted),
	SmokeAll: true,
	Run:      run,
	Answer:   answer,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("high quality on 25gaussians with 1, 2, 4 and 8 evaluations: %s; on 8gaussians with 1: %v, mode TV %v",
			shares(r, "25gaussians"), r.Of("high_quality, "+student(1), "8gaussians"), r.Of("mode_tv, "+student(1), "8gaussians"))
	},
	Labels: []string{"teacher in its own", "teacher, own sampler with 35 evaluations", "guided teacher in 50", "guided teacher, 50 steps", "passes", "evaluations per sample", " in ", ", evaluations: "},
}

var plane = []string{"25gaussians", "8gaussians"}

const lifted = "lift64:25gaussians"

var evaluations = []int{1, 2, 4, 8}

// goals are the least high quality, by data and evaluations.
var goals = map[string]map[int]float64{"25gaussians": {1: 0.60, 2: 0.80, 4: 0.93}, "8gaussians": {1: 0.965}}

// worstTV is the greatest mode TV on 8gaussians with one evaluation.
const worstTV = 0.04

// margin is what the student's high quality with 4 evaluations may be below the teacher's with its own sampler.
const margin = 0.02

// Names of what is sampled from.
func student(k int) string { return fmt.Sprintf("student in %d", k) }
func teacher(k int) string { return fmt.Sprintf("teacher in %d", k) }

const (
	ownSampler    = "teacher in its own"
	guidedTeacher = "guided teacher in 50"
)

func run(t *experiment.Trial) error {
	score := func(who string, q genlab.Sampler) { t.PutRows(who, t.Score(t.Sample(q)), experiment.Quality) }
	if t.Column == lifted {
		return runLatent(t, score)
	}
	cfg := experiment.Config(t.Setup, &models.Consistency, "")
	m, seconds, err := experiment.Train[*hybrid.ConsistencyModel](t, "consistency", &models.Consistency, cfg)
	if err != nil {
		return err
	}
	ddim := m.Teacher.Config()
	ddim.Sampler = "ddim"
	for _, k := range evaluations {
		ddim.NFE = k
		score(student(k), m.Sampling(k))
		score(teacher(k), m.Teacher.SamplingWith(ddim))
	}
	score(ownSampler, m.Teacher.Sampling())
	t.Put("training of both", "s", seconds)
	return nil
}

// runLatent measures the student of a guided teacher in a latent space.
func runLatent(t *experiment.Trial, score func(string, genlab.Sampler)) error {
	cfg := hybrid.DefaultLatent(t.Dataset.Dim())
	cfg.Latents.StudentSteps = hybrid.DefaultConsistency().StudentSteps / 2
	if t.Smoke {
		models.LatentDiffusion.Tiny(&cfg)
	}
	m, seconds, err := experiment.Train[*hybrid.LatentDiffusionModel](t, "latent-diffusion with a student", &models.LatentDiffusion, cfg)
	if err != nil {
		return err
	}
	sample := func(who string, c hybrid.ConsistencyConfig) {
		latents, evaluations := m.LatentDistribution(c, nil)
		score(who, m.WithLatents(latents))
		t.Put("passes, "+who, "", float64(evaluations))
	}
	c := cfg.Latents
	for _, k := range evaluations {
		c.Evaluations = k
		sample(student(k), c)
	}
	c = cfg.Latents
	c.StudentSteps = 0
	sample(guidedTeacher, c)
	t.Put("training of all", "s", seconds)
	return nil
}

// shares returns the student's high quality with each number of evaluations.
func shares(r *experiment.Result, data string) string {
	var list []string
	for _, k := range evaluations {
		list = append(list, r.Of("high_quality, "+student(k), data).String())
	}
	return strings.Join(list, ", ")
}

func answer(r *experiment.Result) (supported bool, text string) {
	var lines []string
	tv := r.Of("mode_tv, "+student(1), "8gaussians")
	supported = tv.Mean <= worstTV
	for _, data := range plane {
		for _, k := range evaluations {
			ours, theirs := r.Of("high_quality, "+student(k), data), r.Of("high_quality, "+teacher(k), data)
			supported = supported && float64(ours.Mean) >= goals[data][k] && (k > 4 || ours.Mean > theirs.Mean && experiment.Disjoint(ours, theirs))
		}
		supported = supported && experiment.Differ(r.Of("high_quality, "+student(4), data), r.Of("high_quality, "+ownSampler, data)).Above(margin)
		lines = append(lines, fmt.Sprintf("On %s the student's high quality with 1, 2, 4 and 8 evaluations is %s, and that of the teacher's own sampler with 35 is %v.", data, shares(r, data), r.Of("high_quality, "+ownSampler, data)))
	}
	at := func(metric, who string) experiment.Measurement { return r.Of(metric+", "+who, lifted) }
	return supported, fmt.Sprintf("%s Mode TV on 8gaussians with 1 evaluation is %v. In the latent space of %s, with guidance, the energy distance is %v with 1 evaluation and %v with 4, against %v for the teacher with %.0f; mode TV is %v and %v, against %v.",
		strings.Join(lines, " "), tv, lifted,
		at("energy_distance", student(1)), at("energy_distance", student(4)), at("energy_distance", guidedTeacher), at("passes", guidedTeacher).Mean,
		at("mode_tv", student(1)), at("mode_tv", student(4)), at("mode_tv", guidedTeacher))
}
