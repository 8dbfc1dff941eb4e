package models

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion/matching"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// FlowMatching is the continuous normalizing flow trained by flow matching.
var FlowMatching = registry.Spec[matching.Config]{
	Info: registry.Info{
		Name: "flow-matching", Summary: "Flow matching along straight paths (Euler, midpoint, Heun, RK4, adaptive); density by the same ODE.",
		Role: registry.Hybrid, Likelihood: "ODE", Colour: plot.Vermillion, Marker: plot.Ring, Folder: "diffusion/matching", Rate: 330,
		Constants: matching.Constants(),
	},
	Defaults: matching.DefaultConfig,
	Tiny:     func(c *matching.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 64, 20, 0.98 },
	Loop:     matching.Config.Options,
	Task: func(_ matching.Config, data string) (registry.Task, error) {
		return points("flow-matching", data, false, 0)
	},
	New:    onPoints(unconditional(matching.New, matching.NewTrainer)),
	Resume: resume(matching.Resume),
	Load: func(c matching.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := matching.Load(c, saved)
		if err != nil {
			return nil, err
		}
		return velocityRun(m), nil
	},
}

// RectifiedFlow is the flow of FlowMatching, trained again on the pairs of noise and data that it makes.
var RectifiedFlow = registry.Spec[hybrid.RectifiedConfig]{
	Info: registry.Info{
		Name: "rectified-flow", Summary: "Flow matching rectified by one or more rounds of reflow; few evaluations, density by the same ODE.",
		Role: registry.Hybrid, Likelihood: "ODE", Colour: plot.Vermillion, Marker: plot.Plus, Rate: 330,
		Constants: matching.Constants(),
	},
	Defaults: hybrid.DefaultRectified,
	Tiny: func(c *hybrid.RectifiedConfig) {
		FlowMatching.Tiny(&c.Flow)
		c.RoundSteps, c.PairNFE = 100, 8
	},
	Loop: func(c hybrid.RectifiedConfig) train.Options {
		return train.Options{Steps: c.Steps(), Batch: c.Flow.Batch}
	},
	Task: func(_ hybrid.RectifiedConfig, data string) (registry.Task, error) {
		return points("rectified-flow", data, false, 0)
	},
	New:    onPoints(unconditional(hybrid.NewRectified, identity)),
	Resume: resume(hybrid.ResumeRectified),
	Load: func(c hybrid.RectifiedConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadRectified(c, saved)
		if err != nil {
			return nil, err
		}
		run := rectifiedRun{fieldRun{m.Model}, m}
		if m.Dim() == 2 {
			return rectifiedPlane{run, odeDensity{m.ContinuousFlow()}}, nil
		}
		return run, nil
	},
}

// FlowMap is the model of average velocities.
var FlowMap = registry.Spec[matching.FlowMapConfig]{
	Info: registry.Info{
		Name: "flow-map", Summary: "Flow map trained without a teacher, by MeanFlow or as a shortcut model; one or a few evaluations.",
		Role: registry.Hybrid, Likelihood: "none", Colour: plot.Vermillion, Marker: plot.HollowDiamond, Folder: "diffusion/matching", Rate: 300,
		Constants: matching.Constants(),
	},
	Defaults: matching.DefaultFlowMap,
	Tiny:     func(c *matching.FlowMapConfig) { c.Steps, c.Hidden, c.Warmup, c.EMA = 300, 64, 20, 0.98 },
	Loop:     matching.FlowMapConfig.Options,
	Task: func(_ matching.FlowMapConfig, data string) (registry.Task, error) {
		return points("flow-map", data, false, 0)
	},
	New:    onPoints(unconditional(matching.NewFlowMap, matching.NewFlowMapTrainer)),
	Resume: resume(matching.ResumeFlowMap),
	Load: func(c matching.FlowMapConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := matching.LoadFlowMap(c, saved)
		return flowMapRun{m}, err
	},
}

// fieldRun is a trained model of velocities.
type fieldRun struct{ *matching.Model }

// odeDensity is the density of a 2-D model of velocities by the ODE of its flow.
type odeDensity struct{ flow matching.ContinuousFlow }

// LogProb implements [genlab.LogProber].
func (r odeDensity) LogProb(x mat.Matrix) []float64 { return r.flow.LogProb(x) }

// Tolerance is a method of [registry.Tolerant].
func (r odeDensity) Tolerance() float64 { return r.flow.Tolerance }

// ByODE implements [registry.ODELogProber].
func (odeDensity) ByODE() {}

// fieldPlane is a 2-D model, with the density of its ODE. In more dimensions the divergence takes a backward pass for
// each, and the model has no density.
type fieldPlane struct {
	fieldRun
	odeDensity
}

func velocityRun(m *matching.Model) registry.Trained {
	if m.Dim() == 2 {
		return fieldPlane{fieldRun{m}, odeDensity{m.ContinuousFlow()}}
	}
	return fieldRun{m}
}

// Unwrap returns the model of the library.
func (r fieldRun) Unwrap() *matching.Model { return r.Model }

// WithTolerance implements [registry.Tolerant].
func (r fieldPlane) WithTolerance(tolerance float64) registry.Trained {
	r.flow.Tolerance = tolerance
	return r
}

// With samples by the model's solver under the options.
func (r fieldRun) With(o registry.Options) (genlab.Sampler, int, error) {
	if err := o.Only("a model of velocities has no noise to add and no label", "--sampler", "--nfe"); err != nil {
		return nil, 0, err
	}
	c := r.Config()
	if o.Sampler != "" {
		c.Sampler = matching.SolverName(o.Sampler)
	}
	if o.NFE != nil {
		c.NFE = *o.NFE
	}
	if err := c.Validate(); err != nil {
		return nil, 0, usage.Error{Err: err}
	}
	return r.SamplingWith(c), r.Evaluations(c), nil
}

// Report implements [registry.Reporter]: the straightness of the trajectories.
func (r fieldRun) Report(_ *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	e := metrics.Mean(r.Straightness(2000, train.NewStream(seed, "straightness").Rand))
	return []metrics.Row{e.Row("straightness", 0, "", "lower")},
		"straightness is the mean squared distance of the velocity from the straight line between the ends of its trajectory, per coordinate, in units of the data's variance: 0 for straight lines."
}

// rectifiedRun is a trained rectified flow.
type rectifiedRun struct {
	fieldRun
	all *hybrid.RectifiedModel
}

// Unwrap returns the model of the library.
func (r rectifiedRun) Unwrap() *hybrid.RectifiedModel { return r.all }

// rectifiedPlane is a 2-D model, with the density of its ODE.
type rectifiedPlane struct {
	rectifiedRun
	odeDensity
}

// WithTolerance implements [registry.Tolerant].
func (r rectifiedPlane) WithTolerance(tolerance float64) registry.Trained {
	r.flow.Tolerance = tolerance
	return r
}

// flowMapRun is a trained flow map.
type flowMapRun struct{ *matching.FlowMap }

// Unwrap returns the model of the library.
func (r flowMapRun) Unwrap() *matching.FlowMap { return r.FlowMap }

// With samples in some number of evaluations.
func (r flowMapRun) With(o registry.Options) (genlab.Sampler, int, error) {
	if err := o.Only("a flow map has one sampler, whose number of evaluations is --nfe", "--nfe"); err != nil {
		return nil, 0, err
	}
	n := r.Config().Evaluations
	if o.NFE != nil {
		n = *o.NFE
	}
	if n < 1 || n > 1000 {
		return nil, 0, usage.Errorf("--nfe is %d, but must be 1 to 1000", n)
	}
	return r.Sampling(n), n, nil
}

// Report implements [registry.Reporter]: the map at a few numbers of evaluations.
func (r flowMapRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	const n = 5000
	parts := ds.Disjoint(train.NewStream(seed, "flow map's truth").Rand, n, n)
	a, b := ds.Project(parts[0]), ds.Project(parts[1])
	if rows, _ := b.Dims(); rows < 2 {
		return nil, ""
	}
	var rows []metrics.Row
	for _, k := range studentEvaluations {
		x := ds.Project(r.Sampling(k).Sample(n, train.NewStream(seed, "flow map").Rand))
		for _, row := range metrics.Fidelity(x, a, b, registry.Described(ds)) {
			row.Name, row.Kind = fmt.Sprintf("map_%d_%s", k, row.Name), ""
			rows = append(rows, row)
		}
	}
	return rows, "genlab eval has the map at 1, 2, 4 and 8 evaluations."
}
