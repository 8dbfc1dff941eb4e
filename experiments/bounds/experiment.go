// Package bounds tests the order of a VAE's lower bounds on the likelihood: ELBO, importance-weighted
// bounds, log p.
package bounds

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/vae"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "bounds",
	Claim: "A VAE's evidence lower bound (ELBO) lies below its importance-weighted bounds, which increase with the number of importance samples K towards log p(x) and never exceed it.",
	Test: "VAEs with the default configuration, and on 8gaussians also one trained on the bound with K = 5, are scored at 8000 fresh points (2000 for K = 500): " +
		"the ELBO (mean of 50 samples per point), the bounds with K = 5 (mean of 10 per point), 50 and 500, and log p by quadrature over the two-dimensional latent space, all in nats below the true log-density.",
	Criterion: "In every training, ELBO ≤ bound with K = 5 ≤ K = 50 ≤ K = 500 ≤ log p holds within three standard errors of the paired difference, " +
		"and the ELBO is below log p by more than three standard errors.",
	Seeds:  5,
	Data:   data,
	Run:    run,
	Answer: answer,
	Brief: func(r *experiment.Result) string {
		return "nats below the true log-density of 8gaussians, ELBO → K = 5 → 50 → 500 → log p: " + chain(r, "8gaussians")
	},
	Labels: []string{"trained on 5 draws", "trained with K = 5", "log p, below the truth", "log p by quadrature, below the true log p", "what half the quadrature's cells change", "change of log p with quadrature cells of half the size", ", below the truth", ", below the true log p", "bound of ", "bound with K = ", " draws", ""},
}

var data = []string{"8gaussians", "moons", "checkerboard", "25gaussians"}

// importanceSamples are the numbers of the bounds; the first bound is the ELBO.
var importanceSamples = []int{1, 5, 50, 500}

// onFive marks the measurements of the VAE trained on the bound with K = 5.
const onFive = ", trained on 5 draws"

func run(t *experiment.Trial) error {
	cfg := experiment.Config(t.Setup, &models.VAE, "")
	if err := score(t, "vae", cfg); err != nil || t.Column != data[0] {
		return err
	}
	cfg.Objective, cfg.Samples = vae.IWAE, 5
	t.Column += onFive
	return score(t, "vae"+strings.TrimPrefix(onFive, ","), cfg)
}

// score trains a VAE and stores its log p and its bounds at fresh points.
func score(t *experiment.Trial, label string, cfg vae.Config) error {
	m, _, err := experiment.Train[*vae.Model](t, label, &models.VAE, cfg)
	if err != nil {
		return err
	}
	q, err := m.Quadrature(vae.CellSigmas)
	if err != nil {
		return err
	}
	finer, err := m.Quadrature(vae.CellSigmas / 2.)
	if err != nil {
		return err
	}
	n, rng := t.Scale(8000, 400), t.Rand("likelihood")
	x := t.Dataset.Sampler.Sample(n, rng)
	logP := q.LogMarginal(x)
	part := max(2, n/4)
	below := metrics.PairedMean(t.Dataset.Density.LogProb(x), logP).Value
	refined := metrics.PairedMean(finer.LogMarginal(x.Slice(0, part, 0, 2)), logP[:part]).Value
	var gaps []metrics.Estimate // log p - bound, for each number of importance samples, paired by point
	for i, k := range importanceSamples {
		rows := n
		if k >= 500 {
			rows = part
		}
		gaps = append(gaps, metrics.PairedMean(logP[:rows], bound(m, k, x.Slice(0, rows, 0, 2), rng)))
		t.Put(names()[i], "nats", below+gaps[i].Value)
	}
	t.Put(names()[len(gaps)], "nats", below)
	t.Put("bound of 500 draws, below log p", "nats", gaps[len(gaps)-1].Value)
	t.Put("what half the quadrature's cells change", "nats", refined)
	step, gap := margins(gaps)
	t.Put(smallestStep, "", step)
	t.Put(gapOfELBO, "", gap)
	return nil
}

// What the criterion is about.
const (
	smallestStep = "smallest difference of consecutive bounds, in standard errors"
	gapOfELBO    = "log p − ELBO, in standard errors"
)

// answer keeps the verdict of results that were stored without the standard errors.
func answer(r *experiment.Result) (supported bool, text string) {
	supported = true
	var lines []string
	for _, column := range append(slices.Clone(data), data[0]+onFive) {
		step, gap := r.Of(smallestStep, column), r.Of(gapOfELBO, column)
		supported = supported && (ordered(step.Min(), gap.Min()) || len(step.Values) == 0 && r.Supported)
		lines = append(lines, strings.Replace(column, onFive, " (trained with K = 5)", 1)+": "+chain(r, column))
	}
	return supported, "Nats below the true log-density, ELBO → K = 5 → 50 → 500 → log p. " + strings.Join(lines, "; ") + "."
}

// ordered reports whether a training meets the criterion.
func ordered(step, gap float64) bool { return step >= -3 && gap > 3 }

// chain returns the means of all bounds and of log p.
func chain(r *experiment.Result, data string) string {
	var means []string
	for _, name := range names() {
		means = append(means, fmt.Sprintf("%.4f", float64(r.Of(name, data).Mean)))
	}
	return strings.Join(means, " → ")
}

// names returns the names of the bounds and of log p.
func names() []string {
	list := []string{"ELBO, below the truth"}
	for _, k := range importanceSamples[1:] {
		list = append(list, fmt.Sprintf("bound of %d draws, below the truth", k))
	}
	return append(list, "log p, below the truth")
}

// margins returns the smallest difference from a bound to the next, the last one being log p, and the
// difference from the ELBO to log p, both in standard errors; gaps are log p less each bound.
func margins(gaps []metrics.Estimate) (step, gap float64) {
	step = math.Inf(1)
	tighter := metrics.Estimate{} // log p itself
	for _, g := range slices.Backward(gaps) {
		step = min(step, (g.Value-tighter.Value)/math.Hypot(g.SE, tighter.SE))
		tighter = g
	}
	return step, tighter.Value / tighter.SE
}

// least is the number of importance samples taken at a point for each bound: a bound with few is averaged
// over several estimates, since single ones have heavy tails.
const least = 50

// bound estimates the bound with k importance samples at each row of x.
func bound(m *vae.Model, k int, x mat.Matrix, rng *rand.Rand) []float64 {
	rows, _ := x.Dims()
	mean, times := make([]float64, rows), max(1, least/k)
	for range times {
		floats.AddScaled(mean, 1/float64(times), m.Importance(k).LogBound(x, rng))
	}
	return mean
}
