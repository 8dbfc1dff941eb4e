package main

import (
	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/flow"
	"genlab/train"
)

var flowFamily = family[flow.Config]{
	name:     "flow",
	defaults: flow.DefaultConfig,
	smoke:    func(c *flow.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 200, 256, 32, 20, 0.97 },
	loop:     func(c flow.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	beginOn: func(c flow.Config, m material, seed uint64) (trainee, error) {
		p := m.(plane)
		scale, err := p.scale(seed)
		if err != nil {
			return nil, err
		}
		q, err := flow.NewConditional(c, scale, p.classes(), train.NewStream(seed, "init").Rand)
		if err != nil {
			return nil, err
		}
		return flow.NewTrainer(q)
	},
	conditional: func(c flow.Config) bool { return c.Conditional },
	resume: func(c flow.Config, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return flow.Resume(c, saved, steps)
	},
	most:     datasets.LiftDim,
	load:     func(c flow.Config, saved []checkpoint.Tensor) (sampled, error) { return flow.Load(c, saved) },
	sampling: flowSampling,
	pictures: flowPictures,
}

// flowSampling is the model's one way to sample, a pass back through the chain: of all points, or
// of those with a label.
func flowSampling(m sampled, _ flow.Config, f samplingFlags) (genlab.Sampler, int, error) {
	label := f.label
	if f.label = nil; f != (samplingFlags{}) {
		return nil, 0, usagef("a flow samples in one pass: --sampler, --nfe, --eta, --spacing and --guidance belong to diffusion runs")
	}
	if label != nil {
		return m.(*flow.Model).Given(mat.NewDense(1, 1, []float64{float64(*label)})), 1, nil
	}
	return m, 1, nil
}
