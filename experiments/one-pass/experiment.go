// Package onepass tests the latency of models that sample with one network evaluation.
package onepass

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/gan"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/vae"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "one-pass",
	Claim: "A VAE and a GAN sample with a single evaluation of one network, at a latency that does not depend on the sample.",
	Test: "Both are trained on 8gaussians. Points are sampled one at a time, recording the time and the nearest mode of each, and in batches of 1000. " +
		"The number of evaluations per sample is estimated as the time to sample 1000 points divided by the time of one forward pass of the decoder or generator on 1000 given latents, a ratio of medians of alternating measurements.",
	Criterion: "In every training, the median latencies of the modes are within 5 % of each other, and a sample costs less than 1.5 evaluations, which rules out a second one.",
	Seeds:     5,
	Data:      []string{"8gaussians"},
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("latency of a single point: VAE %v, GAN %v; medians of the modes within %.1f %%", r.Of(p50, "VAE"), r.Of(p50, "GAN"), 100*max(r.Of(spread, "VAE").Max(), r.Of(spread, "GAN").Max()))
	},
	Labels: []string{p50, "latency of a single point, median", p99, "latency of a single point, 99th percentile", batched, "time per point in a batch of 1000, median",
		batchedTail, "time per point in a batch of 1000, 99th percentile", spread, "range of the modes' median latencies / their mean", shuffled, "the same with shuffled modes (control)", evaluations, "evaluations per sample"},
}

// Names of the measurements; the model takes the place of the dataset.
const (
	p50         = "p50 of a point alone"
	p99         = "p99 of a point alone"
	batched     = "p50 of 1000 points, a point"
	batchedTail = "p99 of 1000 points, a point"
	spread      = "range of the modes' medians over their mean"
	shuffled    = "the same with the modes shuffled"
	evaluations = "passes a sample"
)

func run(t *experiment.Trial) error {
	vaeConfig, ganConfig := experiment.Config(t.Setup, &models.VAE, ""), experiment.Config(t.Setup, &models.GAN, "")
	v, _, err := experiment.Train[*vae.Model](t, "vae", &models.VAE, vaeConfig)
	if err != nil {
		return err
	}
	g, _, err := experiment.Train[*gan.Model](t, "gan", &models.GAN, ganConfig)
	if err != nil {
		return err
	}
	measure(t, "VAE", v, vaeConfig.Latent, func(z mat.Matrix) { v.Decode(z) })
	measure(t, "GAN", g, ganConfig.Latent, func(z mat.Matrix) { g.Generate(z) })
	return nil
}

// measure times samples of a model, and forward passes of its network on given latents.
func measure(t *experiment.Trial, model string, q genlab.Sampler, latent int, forward func(z mat.Matrix)) {
	t.Column = model
	rng, groups := t.Rand("latency"), t.Dataset.Modes.Len()
	single, many := t.Scale(40000, 400), t.Scale(1000, 20)
	times, modes := make([]float64, single), make([]int, single)
	for i := range times {
		begun := time.Now()
		x := q.Sample(1, rng)
		times[i] = experiment.Microseconds(begun)
		modes[i], _ = t.Dataset.Modes.Nearest(x.At(0, 0), x.At(0, 1))
	}
	t.Put(spread, "", rangeOfMedians(times, modes, groups))
	rng.Shuffle(single, func(i, j int) { modes[i], modes[j] = modes[j], modes[i] })
	t.Put(shuffled, "", rangeOfMedians(times, modes, groups))
	t.Put(p50, "µs", quantile(times, 0.5))
	t.Put(p99, "µs", quantile(times, 0.99))

	const points = 1000
	z := mat.NewDense(points, latent, nil)
	z.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, z)
	batch, bare := make([]float64, many), make([]float64, many)
	for i := range many {
		begun := time.Now()
		q.Sample(points, rng)
		batch[i] = experiment.Microseconds(begun) / points
		begun = time.Now()
		forward(z)
		bare[i] = experiment.Microseconds(begun) / points
	}
	t.Put(batched, "µs", quantile(batch, 0.5))
	t.Put(batchedTail, "µs", quantile(batch, 0.99))
	t.Put(evaluations, "", quantile(batch, 0.5)/quantile(bare, 0.5))
}

func answer(r *experiment.Result) (supported bool, text string) {
	supported = true
	var lines []string
	for _, model := range []string{"VAE", "GAN"} {
		of := func(name string) experiment.Measurement { return r.Of(name, model) }
		supported = supported && of(spread).Max() <= 0.05 && of(evaluations).Max() < 1.5
		lines = append(lines, fmt.Sprintf("%s: a single point takes %v (p99 %v), and a point in a batch of 1000 %v; the modes' medians differ by at most %.1f %% (%.1f %% with shuffled modes); a sample costs %v evaluations.",
			model, of(p50), of(p99), of(batched), 100*of(spread).Max(), 100*of(shuffled).Max(), of(evaluations)))
	}
	return supported, strings.Join(lines, " ")
}

// rangeOfMedians returns the range of the groups' medians over their mean. Groups of fewer than 100 are
// left out.
func rangeOfMedians(values []float64, group []int, groups int) float64 {
	const enough = 100
	by := make([][]float64, groups)
	for i, v := range values {
		by[group[i]] = append(by[group[i]], v)
	}
	low, high, sum, n := math.Inf(1), math.Inf(-1), 0.0, 0.0
	for _, g := range by {
		if len(g) < enough {
			continue
		}
		m := quantile(g, 0.5)
		low, high, sum, n = min(low, m), max(high, m), sum+m, n+1
	}
	return (high - low) / (sum / n)
}

// quantile returns the q quantile of the values.
func quantile(values []float64, q float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return v[min(int(q*float64(len(v))), len(v)-1)]
}
