// Package adversarialdiffusion tests what adversarial fine-tuning does to a few-step consistency model.
package adversarialdiffusion

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "adversarial-diffusion",
	Claim: "Adversarial fine-tuning of a distilled few-step consistency model removes most of the excess mass that the model still places between the modes, without losing a mode.",
	Test: "On 25gaussians and 8gaussians: the default configuration of adversarial-diffusion in three variants: distillation only (distilled), adversarial training only, from the teacher's weights (adversarial), and distillation followed by adversarial fine-tuning (both). For each seed the variants share the teacher and the distillation. " +
		"Metrics, from 50,000 samples with 1, 2 and 4 network evaluations: the mass off the modes (farther than 3 standard deviations from each), its absolute difference from the true mass there (exp(-4.5) = 0.0111), and mode TV; from 10,000 samples, the energy distance. " +
		"The criterion uses the difference because, with 4 evaluations, half of the distilled model's mass off the modes is already less than the true mass.",
	Criterion: "On 25gaussians with 4 evaluations, in the mean over the seeds, the difference from the true mass off the modes is at most half as large for the variant both as for distilled, and mode TV is not larger.",
	Seeds:     5,
	Data:      []string{"25gaussians", "8gaussians"},
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		at := func(metric string, of hybrid.StudentObjective) experiment.Measurement {
			return r.Of(name(metric, string(of), 4), "25gaussians")
		}
		return fmt.Sprintf("25gaussians, 4 evaluations: mass off the modes %v (distilled only: %v, true: 0.0111), mode TV %v (distilled only: %v)",
			at(off, hybrid.DistillationThenAdversarial), at(off, hybrid.DistillationOnly), at(modeTV, hybrid.DistillationThenAdversarial), at(modeTV, hybrid.DistillationOnly))
	},
	Labels: []string{off, "mass off the modes", excess, "difference from the true mass off the modes", " in ", ", evaluations: "},
}

// Names of the metrics.
const (
	off    = "mass off any mode"
	excess = "its distance from the truth's own"
	modeTV = "mode TV"
	energy = "energy distance"
)

// name returns the name of a measurement.
func name(metric, lessons string, evaluations int) string {
	return fmt.Sprintf("%s, %s in %d", metric, lessons, evaluations)
}

func run(t *experiment.Trial) error {
	for _, lessons := range hybrid.StudentObjective("").Choices() {
		cfg := experiment.Config(t.Setup, &models.AdversarialDiffusion, "")
		cfg.StudentObjective = hybrid.StudentObjective(lessons)
		m, seconds, err := experiment.Train[*hybrid.ConsistencyModel](t, "adversarial-diffusion, "+lessons, &models.AdversarialDiffusion, cfg)
		if err != nil {
			return err
		}
		for _, k := range []int{1, 2, 4} {
			x := m.Sampling(k).Sample(t.Scale(50000, 300), t.Rand("sample"))
			modes := metrics.Modes(x, t.Dataset.Modes, t.Dataset.ModeWeights(), t.Dataset.HighQuality)
			t.Put(name(off, lessons, k), "", 1-modes.HighQuality.Value)
			t.Put(name(excess, lessons, k), "", math.Abs(t.Dataset.HighQuality-modes.HighQuality.Value))
			t.Put(name(modeTV, lessons, k), "", modes.TV.Value)
			some := x.Slice(0, t.Scale(10000, 300), 0, 2).(*mat.Dense)
			t.Put(name(energy, lessons, k), "", t.Score(some)["energy_distance"].Value)
		}
		t.Put("training, "+lessons, "s", seconds)
	}
	return nil
}

func answer(r *experiment.Result) (supported bool, text string) {
	var lines []string
	for _, data := range []string{"25gaussians", "8gaussians"} {
		var each []string
		for _, lessons := range hybrid.StudentObjective("").Choices() {
			each = append(each, fmt.Sprintf("%s %v (difference from the true mass %v, mode TV %v)", lessons,
				r.Of(name(off, lessons, 4), data), r.Of(name(excess, lessons, 4), data), r.Of(name(modeTV, lessons, 4), data)))
		}
		lines = append(lines, fmt.Sprintf("Mass off the modes of %s with 4 evaluations: %s.", data, strings.Join(each, "; ")))
	}
	mean := func(metric string, of hybrid.StudentObjective) experiment.Number {
		return r.Of(name(metric, string(of), 4), "25gaussians").Mean
	}
	return mean(excess, hybrid.DistillationThenAdversarial) <= mean(excess, hybrid.DistillationOnly)/2 && mean(modeTV, hybrid.DistillationThenAdversarial) <= mean(modeTV, hybrid.DistillationOnly),
		strings.Join(lines, " ")
}
