package models

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// VQPrior is the vector-quantised autoencoder with an autoregressive prior.
var VQPrior = registry.Spec[hybrid.VQPriorConfig]{
	Info: registry.Info{
		Name: "vq-prior", Summary: "Vector-quantised autoencoder with an autoregressive prior over its codes; exact density.",
		Role: registry.Hybrid, Likelihood: "exact", Colour: plot.Green, Marker: plot.HollowSquare, Rate: 300,
		Constants: hybrid.VQPriorConstants(),
	},
	Defaults: hybrid.DefaultVQPrior,
	Tiny: func(c *hybrid.VQPriorConfig) {
		c.Steps, c.Warmup, c.Hidden, c.EMA, c.PriorSteps = 300, 20, 32, 0.97, 100
	},
	Loop: func(c hybrid.VQPriorConfig) train.Options {
		return train.Options{Steps: c.TotalSteps(), Batch: c.Batch}
	},
	Task: func(_ hybrid.VQPriorConfig, data string) (registry.Task, error) {
		return points("vq-prior", data, false, 0)
	},
	New:    onPoints(unconditional(hybrid.NewVQPrior, identity)),
	Resume: resume(hybrid.ResumeVQPrior),
	Load: func(c hybrid.VQPriorConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadVQPrior(c, saved)
		return vqPriorRun{m}, err
	},
}

// vqPriorRun is a trained autoencoder with its prior.
type vqPriorRun struct{ *hybrid.VQModel }

// Unwrap returns the model of the library.
func (r vqPriorRun) Unwrap() *hybrid.VQModel { return r.VQModel }

// With samples the codes one after another and decodes them.
func (r vqPriorRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.VQModel, r.Evaluations(), o.Only("this model samples its codes one after another, and decodes them in one forward pass")
}

// Report implements [registry.Reporter]: the bound of the codes that the encoder chooses, and how many codes are in use.
func (r vqPriorRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	x := ds.Fresh(likelihoodSamples/10, train.NewStream(seed, "likelihood").Rand)
	bound := r.LogBound(x, nil)
	for i := range bound {
		bound[i] = -bound[i]
	}
	used := map[float64]bool{}
	codes := r.Codes(mat.DenseCopyOf(x))
	n, length := codes.Dims()
	for i := range n {
		s := 0.0
		for _, c := range codes.RawRowView(i) {
			s = s*2048 + c
		}
		used[s] = true
	}
	return []metrics.Row{
		metrics.Mean(bound).Row("nll_bound_codes", math.NaN(), "bound", "lower"),
		metrics.Estimate{Value: float64(len(used)), N: n * length}.Row("sequences_in_use", math.NaN(), "", "higher"),
	}, "nll_bound_codes is the upper bound on the NLL by the one sequence of codes that the encoder chooses; nll sums over all of them."
}
