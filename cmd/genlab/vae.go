package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
	"genlab/vae"
)

var vaeFamily = family[vae.Config]{
	name:     "vae",
	defaults: vae.DefaultConfig,
	smoke:    func(c *vae.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 32, 20, 0.97 },
	loop:     func(c vae.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	begin: func(c vae.Config, scale standardize.Map, rng *rand.Rand) (trainee, error) {
		m, err := vae.New(c, scale, rng)
		if err != nil {
			return nil, err
		}
		return vae.NewTrainer(m)
	},
	resume: func(c vae.Config, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return vae.Resume(c, saved, steps)
	},
	load:     func(c vae.Config, saved []checkpoint.Tensor) (sampled, error) { return vae.Load(c, saved) },
	sampling: vaeSampling,
	pictures: vaePictures,
}

// vaeSampling is the model's one way to sample: a pass of the decoder.
func vaeSampling(m sampled, _ vae.Config, f samplingFlags) (genlab.Sampler, int, error) {
	if f != (samplingFlags{}) {
		return nil, 0, usagef("a VAE samples in one pass: --sampler, --nfe, --eta, --spacing and --guidance belong to diffusion runs")
	}
	return m, 1, nil
}

// vaeBounds are the numbers of draws whose bounds stand in the table beside the ELBO, and
// vaeDraws what each may cost in draws.
var vaeBounds = []int{5, 50, 500}

const vaeDraws = 1 << 18

// vaeLikelihoods are the rows below the ELBO's: importance-weighted bounds, each under its own
// heading, and where z is a plane log p by quadrature, which is neither a bound nor exact. The
// quadrature takes all points x, a bound the first of them; its row is the quadrature's plus
// their mean distance at the same points, so that the ladder is in order though the points
// are fewer.
func vaeLikelihoods(m *vae.Model, x *mat.Dense, ds *datasets.Dataset, rng *rand.Rand) []likelihood {
	var rows []likelihood
	row := func(name string, e metrics.Estimate, oracle float64, kind string) {
		rows = append(rows, likelihood{name, figure{number(e.Value), number(e.SE), number(oracle), e.N, kind, "lower"}})
	}
	n, d := x.Dims()
	reference, whole := make([]float64, n), metrics.Estimate{}
	q, err := m.Quadrature(vae.CellSigmas)
	if err == nil { // else z is no plane, or the decoder too steep: the bounds stand alone
		reference = q.LogMarginal(x)
		whole = meanDifference(make([]float64, n), reference)
	}
	for _, k := range vaeBounds {
		part := min(n, vaeDraws/k)
		e := meanDifference(reference[:part], m.Importance(k).LogBound(x.Slice(0, part, 0, d), rng))
		e.Value, e.SE = e.Value+whole.Value, math.Hypot(e.SE, whole.SE)
		row(fmt.Sprintf("nll_iwae_%d", k), e, math.NaN(), "bound")
	}
	if err != nil {
		return rows
	}
	row("nll_quadrature", whole, ds.Entropy, "quadrature")
	if ds.Density != nil {
		row("kl_quadrature", meanDifference(ds.Density.LogProb(x), reference), 0, "quadrature")
	}
	return rows
}
