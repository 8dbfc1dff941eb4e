// Package onepass puts the latency of models that sample in one pass to the test.
package onepass

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/gan"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/train"
	"genlab/vae"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "one-pass",
	Claim: "A VAE and a GAN sample in one evaluation of one network, at a latency that does not depend on what is drawn.",
	Test: "Both are trained on 8gaussians. Single points are drawn one by one, each with its time and the mode it fell into, and batches of 1000 points. " +
		"The evaluations of a sample are the time of 1000 samples over that of a bare pass of the decoder or generator on 1000 given latents, the median of draws in turn.",
	Criterion: "In every training the median latencies of a point by mode lie within 5 % of each other, and a sample costs less than 1.5 passes, so that there is one and no second.",
	Seeds:     3,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("a point alone: VAE %v, GAN %v; by mode within %.1f %%", r.Of(p50, "VAE"), r.Of(p50, "GAN"), 100*max(r.Of(spread, "VAE").Greatest(), r.Of(spread, "GAN").Greatest()))
	},
	Run: run,
}

// subject is a model with the pass that a sample should cost.
type subject struct {
	name string
	genlab.Sampler
	pass func(z mat.Matrix)
}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{}
	vaeConfig, ganConfig := experiment.Config(s, &models.VAE), experiment.Config(s, &models.GAN)
	if err := r.Use("vae", &vaeConfig); err != nil {
		return nil, err
	}
	if err := r.Use("gan", &ganConfig); err != nil {
		return nil, err
	}
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		return nil, err
	}
	for _, seed := range s.Seeds {
		v, _, err := experiment.Train[*vae.Model](ctx, s, &models.VAE, vaeConfig, ds.Name, seed)
		if err != nil {
			return nil, err
		}
		g, _, err := experiment.Train[*gan.Model](ctx, s, &models.GAN, ganConfig, ds.Name, seed)
		if err != nil {
			return nil, err
		}
		for _, m := range []subject{
			{"VAE", v, func(z mat.Matrix) { v.Decode(z) }},
			{"GAN", g, func(z mat.Matrix) { g.Generate(z) }},
		} {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			latent := vaeConfig.Latent
			if m.name == "GAN" {
				latent = ganConfig.Latent
			}
			m.measure(r, s, ds, latent, seed)
		}
	}
	r.Shown = true
	for _, name := range []string{"VAE", "GAN"} {
		r.Shown = r.Shown && r.Of(spread, name).Greatest() <= 0.05 && r.Of(passes, name).Greatest() < 1.5
		r.Answer += fmt.Sprintf("%s: %v a point alone (p99 %v), %v a point among 1000; medians by mode within %.1f %% at most (%.1f %% where the modes are shuffled); %v passes a sample. ",
			name, r.Of(p50, name), r.Of(p99, name), r.Of(batched, name), 100*r.Of(spread, name).Greatest(), 100*r.Of(shuffled, name).Greatest(), r.Of(passes, name))
	}
	return r, nil
}

// The figures; the model stands in the place of the data set, which is one.
const (
	p50         = "p50 of a point alone"
	p99         = "p99 of a point alone"
	batched     = "p50 of 1000 points, a point"
	batchedTail = "p99 of 1000 points, a point"
	spread      = "range of the modes' medians over their mean"
	shuffled    = "the same with the modes shuffled"
	passes      = "passes a sample"
)

// measure adds the figures of one model.
func (m subject) measure(r *experiment.Result, s experiment.Setup, ds *datasets.Dataset, latent int, seed uint64) {
	rng := train.NewStream(seed, "latency").Rand
	single, many := s.Scale(40000, 400), s.Scale(1000, 20)
	times, modes := make([]float64, single), make([]int, single)
	for i := range times {
		begun := time.Now()
		x := m.Sample(1, rng)
		times[i] = experiment.Microseconds(begun)
		modes[i], _ = ds.Modes.Nearest(x.At(0, 0), x.At(0, 1))
	}
	r.Put(spread, m.name, "", rangeOfMedians(times, modes, ds.Modes.Len()))
	rng.Shuffle(single, func(i, j int) { modes[i], modes[j] = modes[j], modes[i] })
	r.Put(shuffled, m.name, "", rangeOfMedians(times, modes, ds.Modes.Len()))
	r.Put(p50, m.name, "µs", quantile(times, 0.5))
	r.Put(p99, m.name, "µs", quantile(times, 0.99))

	const points = 1000
	z := normals(points, latent, rng)
	batch, bare := make([]float64, many), make([]float64, many)
	for i := range many {
		begun := time.Now()
		m.Sample(points, rng)
		batch[i] = experiment.Microseconds(begun) / points
		begun = time.Now()
		m.pass(z)
		bare[i] = experiment.Microseconds(begun) / points
	}
	r.Put(batched, m.name, "µs", quantile(batch, 0.5))
	r.Put(batchedTail, m.name, "µs", quantile(batch, 0.99))
	r.Put(passes, m.name, "", quantile(batch, 0.5)/quantile(bare, 0.5))
	s.Log("%s, seed %d: %v a point alone, %v among 1000, medians by mode within %.3f of their mean",
		m.name, seed, r.Of(p50, m.name), r.Of(batched, m.name), float64(r.Of(spread, m.name).Mean))
}

func normals(n, d int, rng *rand.Rand) *mat.Dense {
	z := mat.NewDense(n, d, nil)
	z.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, z)
	return z
}

// rangeOfMedians is the greatest less the least of the groups' medians, over their mean. Groups of
// fewer than 100 have no median worth the name.
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

// quantile is the value below which a share q of the values lies.
func quantile(values []float64, q float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return v[min(int(q*float64(len(v))), len(v)-1)]
}
