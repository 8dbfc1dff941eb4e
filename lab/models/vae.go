package models

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/vae"
)

// VAE is the variational autoencoder.
var VAE = registry.Spec[vae.Config]{
	Info: registry.Info{
		Name: "vae", Summary: "Variational autoencoder; lower bounds on its density.",
		Likelihood: "bound", Colour: plot.Green, Marker: plot.Triangle,
		Constants: vae.Constants(),
	},
	Defaults: vae.DefaultConfig,
	Tiny:     func(c *vae.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 32, 20, 0.97 },
	Loop:     vae.Config.Options,
	Task:     func(_ vae.Config, data string) (registry.Task, error) { return points("vae", data, false, 0) },
	New:      onPoints(unconditional(vae.New, vae.NewTrainer)),
	Resume:   resume(vae.Resume),
	Load: func(c vae.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := vae.Load(c, saved)
		return vaeRun{m}, err
	},
}

var _ registry.TightBounder = vaeRun{}

// vaeRun is a trained VAE.
type vaeRun struct{ *vae.Model }

// Unwrap returns the model of the library.
func (r vaeRun) Unwrap() *vae.Model { return r.Model }

// With samples in one forward pass of the decoder.
func (r vaeRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.Model, 1, o.Only("a VAE samples in one forward pass of its decoder")
}

// ImportanceWeighted implements [registry.TightBounder].
func (r vaeRun) ImportanceWeighted(k int) registry.Bound { return r.Importance(k) }

// Gap implements [registry.TightBounder]; log p is by quadrature over z.
func (r vaeRun) Gap(x *mat.Dense, bounds []float64) (metrics.Estimate, bool) {
	q, err := r.Quadrature(vae.CellSigmas)
	if err != nil {
		return metrics.Estimate{}, false
	}
	return metrics.PairedMean(q.LogMarginal(x), bounds), true
}

// Numbers of importance samples of the bounds beside the ELBO, and the largest number of samples of z for each
// bound.
var vaeBounds = []int{5, 50, 500}

const vaeSamples = 1 << 18

// TighterBounds implements [registry.TightBounder]. Its rows are importance-weighted bounds and, for two latent
// dimensions, log p by quadrature, which is neither a bound nor exact. The quadrature is at all points x, a bound
// at the first of them: its row is the quadrature's plus the mean difference at the same points, which keeps
// the bounds in order although they have fewer points.
func (r vaeRun) TighterBounds(x *mat.Dense, ds *datasets.Dataset, rng *rand.Rand) []metrics.Row {
	var rows []metrics.Row
	row := func(name string, e metrics.Estimate, oracle float64, kind string) {
		rows = append(rows, e.Row(name, oracle, kind, "lower"))
	}
	n, d := x.Dims()
	reference, whole := make([]float64, n), metrics.Estimate{}
	q, err := r.Quadrature(vae.CellSigmas)
	if err == nil { // else z is not 2-D, or the decoder too steep: bounds only
		reference = q.LogMarginal(x)
		whole = metrics.PairedMean(make([]float64, n), reference)
	}
	for _, k := range vaeBounds {
		part := min(n, vaeSamples/k)
		e := metrics.PairedMean(reference[:part], r.Importance(k).LogBound(x.Slice(0, part, 0, d), rng))
		e.Value, e.SE = e.Value+whole.Value, math.Hypot(e.SE, whole.SE)
		row(fmt.Sprintf("nll_iwae_%d", k), e, math.NaN(), "bound")
	}
	if err != nil {
		return rows
	}
	row("nll_quadrature", whole, ds.Entropy, "quadrature")
	if ds.Density != nil {
		row("kl_quadrature", metrics.PairedMean(ds.Density.LogProb(x), reference), 0, "quadrature")
	}
	return rows
}
