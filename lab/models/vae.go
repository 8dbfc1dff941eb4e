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
		Name: "vae", Summary: "Variational autoencoder, with lower bounds on its density.",
		Likelihood: "bound", Colour: plot.Green, Marker: plot.Triangle,
	},
	Defaults: vae.DefaultConfig,
	Tiny:     func(c *vae.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 32, 20, 0.97 },
	Loop:     vae.Config.Options,
	Task:     func(_ vae.Config, data string) (registry.Task, error) { return points("vae", data, false, 0) },
	New:      onPoints(plain(vae.New, vae.NewTrainer)),
	Resume:   resume(vae.Resume),
	Load: func(c vae.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := vae.Load(c, saved)
		return vaeRun{m}, err
	},
}

// vaeRun is a trained VAE.
type vaeRun struct{ *vae.Model }

// Unwrap returns the library's model.
func (r vaeRun) Unwrap() *vae.Model { return r.Model }

// With samples in one pass of the decoder.
func (r vaeRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.Model, 1, o.Only("a VAE samples in one pass of its decoder")
}

// Draws returns the bound from k importance samples of z for each point.
func (r vaeRun) Draws(k int) registry.Bound { return r.Importance(k) }

// Gap implements registry.TightBounder: how far bounds of the rows of x lie below log p by quadrature.
func (r vaeRun) Gap(x *mat.Dense, bounds []float64) (metrics.Estimate, bool) {
	q, err := r.Quadrature(vae.CellSigmas)
	if err != nil {
		return metrics.Estimate{}, false
	}
	return metrics.PairedMean(q.LogMarginal(x), bounds), true
}

// vaeBounds are the numbers of draws whose bounds stand in the table beside the ELBO, and
// vaeDraws what each may cost in draws.
var vaeBounds = []int{5, 50, 500}

const vaeDraws = 1 << 18

// TighterBounds implements registry.TightBounder: its rows are the rows below the ELBO's: importance-weighted bounds, each under its own
// heading, and where z is a plane log p by quadrature, which is neither a bound nor exact. The
// quadrature takes all points x, a bound the first of them; its row is the quadrature's plus
// their mean distance at the same points, so that the ladder is in order though the points
// are fewer.
func (r vaeRun) TighterBounds(x *mat.Dense, ds *datasets.Dataset, rng *rand.Rand) []metrics.Row {
	var rows []metrics.Row
	row := func(name string, e metrics.Estimate, oracle float64, kind string) {
		rows = append(rows, e.Row(name, oracle, kind, "lower"))
	}
	n, d := x.Dims()
	reference, whole := make([]float64, n), metrics.Estimate{}
	q, err := r.Quadrature(vae.CellSigmas)
	if err == nil { // else z is no plane, or the decoder too steep: the bounds stand alone
		reference = q.LogMarginal(x)
		whole = metrics.PairedMean(make([]float64, n), reference)
	}
	for _, k := range vaeBounds {
		part := min(n, vaeDraws/k)
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
