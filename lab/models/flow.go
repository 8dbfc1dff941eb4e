package models

import (
	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/flow"
	"genlab/internal/plot"
	"genlab/lab/registry"
)

// Flow is the normalizing flow.
var Flow = registry.Spec[flow.Config]{
	Info: registry.Info{
		Name: "flow", Summary: "Normalizing flow with rational-quadratic splines; exact density.",
		Likelihood: "exact", Colour: plot.Vermillion, Marker: plot.Square,
		Constants: flow.Constants(),
	},
	Defaults: flow.DefaultConfig,
	Tiny:     func(c *flow.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 200, 256, 32, 20, 0.97 },
	Loop:     flow.Config.Options,
	Task: func(c flow.Config, data string) (registry.Task, error) {
		return points("flow", data, c.Conditional, datasets.LiftDim)
	},
	New:    onPoints(conditional(flow.NewConditional, flow.NewTrainer)),
	Resume: resume(flow.Resume),
	Load: func(c flow.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := flow.Load(c, saved)
		return flowRun{m}, err
	},
}

// flowRun is a trained flow.
type flowRun struct{ *flow.Model }

// Unwrap returns the model of the library.
func (r flowRun) Unwrap() *flow.Model { return r.Model }

// With samples in one forward pass, all points or those of a label.
func (r flowRun) With(o registry.Options) (genlab.Sampler, int, error) {
	if err := o.Only("a flow samples in one forward pass", "--label"); err != nil {
		return nil, 0, err
	}
	if o.Class != nil {
		return r.Given(o.Context()), 1, nil
	}
	return r.Model, 1, nil
}
