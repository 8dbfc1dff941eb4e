// Package timetoquality tests the default recipes of training: less time than the earlier ones, at metrics that
// are no worse.
package timetoquality

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab/lab/evaluate"
	"genlab/lab/experiment"
	"genlab/metrics"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "time-to-quality",
	Claim: "The default recipes of VAE, GAN, diffusion and flow take less time than the recipes before them, and their models are no worse.",
	Test: "Each of the four is trained with the recipe that was its default until 2026-11-28 and with today's default, on both distributions with the same seeds. Both models of a seed are measured by the same points: " +
		"NLL above the true one at 20,000 fresh points (2000 for diffusion, whose density is an ODE; the bound of a VAE; none of a GAN), energy distance of 20,000 samples to 20,000 fresh points, and modes missed, absolute difference of high quality from its true value, and mode TV of 100,000 samples. " +
		"A second true sample (the oracle) gives the resolution of the sample metrics.",
	Criterion: "For every paradigm and distribution, the mean training time is less, and every metric passes a test of non-inferiority: the upper end of the one-sided 95 % confidence interval of the difference of means (Student's t, pooled variance) is at most the margin. " +
		"The margin is the largest of a tenth of the earlier recipe's mean, three times its standard deviation over the seeds, and three times the oracle's. Three: with 5 seeds the interval reaches 1.2 standard deviations beyond the difference, whose own standard deviation is 0.6, so that a recipe of equal quality passes a comparison with 99 % and all of them with about two thirds probability.",
	Seeds:  5,
	Data:   data,
	Run:    run,
	Answer: answer,
	Brief: func(r *experiment.Result) string {
		verdicts, _ := judge(r)
		worse := 0
		for _, v := range verdicts {
			if !v.passes() {
				worse++
			}
		}
		return fmt.Sprintf("%s; %d of %d metrics not shown to be no worse", strings.Join(ratios(r), ", "), worse, len(verdicts))
	},
}

var data = []string{"8gaussians", "25gaussians"}

// The recipes.
const (
	before = "earlier recipe"
	now    = "default recipe"
	oracle = "a second sample of the truth"
)

// Names of measurements. All metrics are better if lower, and at least 0 but for noise.
const (
	seconds = "training" // shown as training time
	excess  = "NLL above the true one"
	energy  = "energy distance"
	missed  = "modes missed"
	quality = "high quality, difference from its true value"
	modeTV  = "mode TV"
)

var sampleMetrics = []string{energy, missed, quality, modeTV}

// named is the name of a measurement of a paradigm under a recipe.
func named(metric, paradigm, recipe string) string {
	return fmt.Sprintf("%s, %s, %s", metric, paradigm, recipe)
}

func run(t *experiment.Trial) error {
	few, many := t.Scale(20000, 300), t.Scale(100000, 300)
	rng := t.Rand("evaluation")
	against := t.Dataset.Sampler.Sample(few, rng)
	score := func(x *mat.Dense, name func(metric string) string) {
		modes := metrics.Modes(x, t.Dataset.Modes, t.Dataset.ModeWeights(), t.Dataset.HighQuality)
		t.Put(name(energy), "", metrics.EnergyDistance(x.Slice(0, few, 0, 2), against).Value)
		t.Put(name(missed), "", float64(modes.Total)-modes.Covered.Value)
		t.Put(name(quality), "", math.Abs(modes.HighQuality.Value-t.Dataset.HighQuality))
		t.Put(name(modeTV), "", modes.TV.Value)
	}
	score(t.Dataset.Sampler.Sample(many, rng), func(metric string) string { return metric + ", " + oracle })
	for _, p := range paradigms {
		for _, recipe := range []string{before, now} {
			m, took, err := p.train(t, recipe)
			if err != nil {
				return err
			}
			name := func(metric string) string { return named(metric, p.name, recipe) }
			t.Put(name(seconds), "s", took)
			if p.likelihood != "" {
				points := few
				if _, ode := m.(denoised); ode {
					points = t.Scale(2000, 100)
				}
				x := t.Dataset.Sampler.Sample(points, t.Rand("likelihood"))
				logq, _ := evaluate.LogDensity(m, x, t.Rand("bound"))
				t.Put(name(excess), "nats", metrics.PairedMean(t.Dataset.Density.LogProb(x), logq).Value)
			}
			score(m.Sample(many, t.Rand("sample")), name)
		}
	}
	return nil
}

// comparison is a metric of a paradigm on a dataset under the two recipes.
type comparison struct {
	paradigm, data, metric string
	before, now            experiment.Measurement
	margin, upper          float64 // upper end of the confidence interval of the difference
}

// passes reports whether the default recipe is not inferior.
func (c comparison) passes() bool { return c.upper <= c.margin }

func (c comparison) String() string {
	return fmt.Sprintf("%s of %s on %s (%v against %v, upper end %.2g, margin %.2g)", c.metric, c.paradigm, c.data, c.now, c.before, c.upper, c.margin)
}

// compare tests a metric for non-inferiority.
func compare(r *experiment.Result, p paradigm, data, metric string) comparison {
	c := comparison{paradigm: p.name, data: data, metric: metric,
		before: r.Of(named(metric, p.name, before), data), now: r.Of(named(metric, p.name, now), data)}
	old, new := floats(c.before), floats(c.now)
	if len(old) < 2 || len(new) != len(old) {
		c.margin, c.upper = math.NaN(), math.NaN()
		return c
	}
	n := float64(len(old))
	vOld, vNew := stat.Variance(old, nil), stat.Variance(new, nil)
	t := distuv.StudentsT{Sigma: 1, Nu: 2 * (n - 1)}.Quantile(0.95)
	c.upper = float64(c.now.Mean-c.before.Mean) + t*math.Sqrt((vOld+vNew)/n)
	c.margin = max(0.1*float64(c.before.Mean), 3*math.Sqrt(vOld))
	if truth := floats(r.Of(metric+", "+oracle, data)); len(truth) > 1 {
		c.margin = max(c.margin, 3*stat.StdDev(truth, nil))
	}
	return c
}

func floats(m experiment.Measurement) []float64 {
	values := make([]float64, len(m.Values))
	for i, v := range m.Values {
		values[i] = float64(v)
	}
	return values
}

// judge returns all comparisons, and whether each training takes less time.
func judge(r *experiment.Result) (all []comparison, less bool) {
	less = true
	for _, p := range paradigms {
		list := sampleMetrics
		if p.likelihood != "" {
			list = append([]string{excess}, list...)
		}
		for _, d := range data {
			less = less && ratio(r, p, d) < 1
			for _, metric := range list {
				all = append(all, compare(r, p, d, metric))
			}
		}
	}
	return all, less
}

// ratio returns the mean training time of the default recipe over that of the earlier one.
func ratio(r *experiment.Result, p paradigm, data string) float64 {
	return float64(r.Of(named(seconds, p.name, now), data).Mean / r.Of(named(seconds, p.name, before), data).Mean)
}

// ratios lists the ratios of the paradigms, on each dataset.
func ratios(r *experiment.Result) []string {
	var list []string
	for _, p := range paradigms {
		var on []string
		for _, d := range data {
			on = append(on, fmt.Sprintf("%.2f", ratio(r, p, d)))
		}
		list = append(list, p.name+" "+strings.Join(on, " and "))
	}
	return list
}

func answer(r *experiment.Result) (supported bool, text string) {
	all, less := judge(r)
	supported = less
	var failed []string
	for _, c := range all {
		if !c.passes() {
			failed = append(failed, c.String())
		}
	}
	text = fmt.Sprintf("Training time over that of the earlier recipe, on %s: %s.", strings.Join(data, " and "), strings.Join(ratios(r), "; "))
	if len(failed) == 0 {
		return supported, text + fmt.Sprintf(" All %d comparisons of metrics are within their margins.", len(all))
	}
	return false, text + fmt.Sprintf(" %d of %d comparisons of metrics are not within their margins: %s.", len(failed), len(all), strings.Join(failed, "; "))
}
