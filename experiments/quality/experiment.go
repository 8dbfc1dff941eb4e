// Package quality compares samples of diffusion models with fresh samples from the true distribution, by
// sampler and number of network evaluations.
package quality

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "quality",
	Claim: "With 50 network evaluations, the samples of a diffusion model cannot be distinguished from data by the energy distance.",
	Test: "A diffusion model with the default configuration is trained for each of the ten distributions and each seed. 10,000 samples of each deterministic sampler with 5 to 50 evaluations " +
		"are scored against 10,000 true samples, and so is the oracle, a second true sample.",
	Criterion: fmt.Sprintf("On every distribution, the energy distance of the default sampler with 50 evaluations is equivalent to the oracle's: the 95 %% confidence interval of the difference, over paired seeds, lies within ±%g.", margin),
	Seeds:     5,
	// Each seed runs on all distributions, so that an interrupted run has all of its first seeds.
	Data:   data,
	Run:    run,
	Answer: answer,
	Brief: func(r *experiment.Result) string {
		var apart []string
		for _, d := range data {
			if model, truth := compared(r, d); !experiment.Differ(model, truth).Within(margin) {
				apart = append(apart, fmt.Sprintf("%s (%v, oracle %.1e)", d, model, float64(truth.Mean)))
			}
		}
		text := fmt.Sprintf("equivalent to the oracle on %d of %d distributions", len(data)-len(apart), len(data))
		if len(apart) > 0 {
			text += ", not on " + strings.Join(apart, ", ")
		}
		return text
	},
}

var data = []string{"8gaussians", "ring8", "25gaussians", "moons", "circles", "rings", "checkerboard", "pinwheel", "swissroll", "2spirals"}

// Names of the metrics and of the oracle.
const (
	energy = "energy distance"
	high   = "high quality"
	modeTV = "mode TV"
	oracle = "a second sample of the truth"
)

// margin is the largest difference of energy distances that counts as none: four standard deviations of the oracle's.
const margin = 0.002

// standard is the default sampler with the evaluations of the claim.
var standard = sampling(diffusion.DefaultConfig().Sampler, 50)

func sampling(sampler diffusion.SamplerName, nfe int) string {
	return fmt.Sprintf("%s, %d evaluations", sampler, nfe)
}

func run(t *experiment.Trial) error {
	cfg := experiment.Config(t.Setup, &models.Diffusion, "")
	m, _, err := experiment.Train[*diffusion.Model](t, "diffusion", &models.Diffusion, cfg)
	if err != nil {
		return err
	}
	rng, n := t.Rand("evaluation"), t.Scale(10000, 300)
	against, second := t.Dataset.Sampler.Sample(n, rng), t.Dataset.Sampler.Sample(n, rng)
	put := func(of string, x mat.Matrix, all bool) {
		t.Put(energy+", "+of, "", metrics.EnergyDistance(x, against).Value)
		if all {
			modes := metrics.Modes(x, t.Dataset.Modes, t.Dataset.ModeWeights(), t.Dataset.HighQuality)
			t.Put(high+", "+of, "", modes.HighQuality.Value)
			t.Put(modeTV+", "+of, "", modes.TV.Value)
		}
	}
	put(oracle, second, true)
	evaluations := []int{5, 10, 17, 25, 35, 50}
	for _, nfe := range evaluations[t.Scale(0, 5):] {
		for _, sampler := range []diffusion.SamplerName{"ddim", "heun", "dpmsolver2m", "dpmsolver3m"} {
			c := m.Config()
			c.Sampler, c.NFE = sampler, nfe
			if sampler == "heun" {
				c.NFE += nfe%2 - 1 // it takes odd numbers
			}
			all := sampler == cfg.Sampler || sampler == "ddim" && nfe == 50
			put(sampling(sampler, c.NFE), m.SamplingWith(c).Sample(n, t.Rand("sample")), all)
		}
	}
	return nil
}

// compared returns the energy distance of the default sampler and of the oracle.
func compared(r *experiment.Result, data string) (model, truth experiment.Measurement) {
	return r.Of(energy+", "+standard, data), r.Of(energy+", "+oracle, data)
}

func answer(r *experiment.Result) (supported bool, text string) {
	var outside, distances []string
	for _, d := range data {
		model, truth := compared(r, d)
		distances = append(distances, fmt.Sprintf("%s %v (%.1e)", d, model, float64(truth.Mean)))
		if difference := experiment.Differ(model, truth); !difference.Within(margin) {
			outside = append(outside, fmt.Sprintf("%s (difference %v)", d, difference))
		}
	}
	text = fmt.Sprintf("Energy distance of %s (oracle in parentheses): %s.", standard, strings.Join(distances, "; "))
	if len(outside) > 0 {
		text += " Not equivalent within the margin: " + strings.Join(outside, ", ") + "."
	}
	return len(outside) == 0, text
}

// Table compares the default sampler with 50 evaluations to the oracle, in Markdown: a row for each
// distribution.
func Table(r *experiment.Result) string {
	var b strings.Builder
	b.WriteString("| dataset |")
	for _, metric := range []string{energy, high, modeTV} {
		fmt.Fprintf(&b, " %s: model | oracle |", metric)
	}
	b.WriteString("\n|---|---|---|---|---|---|---|\n")
	for _, d := range data {
		fmt.Fprintf(&b, "| %s |", d)
		for _, metric := range []string{energy, high, modeTV} {
			fmt.Fprintf(&b, " %v | %.4f |", r.Of(metric+", "+standard, d), float64(r.Of(metric+", "+oracle, d).Mean))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nMean over %d seeds ± half-width of the 95 %% confidence interval; 10,000 samples each, by %s. Measured on %s.\n",
		len(r.Seeds), standard, r.Date)
	return b.String()
}
