package models

import (
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/diffusion/guide"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// Diffusion is the diffusion model.
var Diffusion = registry.Spec[diffusion.Config]{
	Info: registry.Info{
		Name: "diffusion", Summary: "Diffusion model (DPM-Solver++, UniPC, DDIM, DDPM, Heun); density by the probability-flow ODE.",
		Likelihood: "ODE", Colour: plot.Blue,
		Constants: diffusion.Constants(),
	},
	Defaults: diffusion.DefaultConfig,
	Tiny:     func(c *diffusion.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 300, 256, 64, 20, 0.98 },
	Loop:     diffusion.Config.Options,
	Task: func(c diffusion.Config, data string) (registry.Task, error) {
		return points("diffusion", data, c.Conditional, 0)
	},
	New:    onPoints(conditional(diffusion.NewConditional, diffusion.NewTrainer)),
	Resume: resume(diffusion.Resume),
	Load: func(c diffusion.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := diffusion.Load(c, saved)
		if err != nil {
			return nil, err
		}
		if flow := m.ProbabilityFlow(); m.Dim() == 2 {
			return diffusionPlane{diffusionRun{m}, flow}, nil
		}
		return diffusionRun{m}, nil
	},
}

// diffusionRun is a trained diffusion model.
type diffusionRun struct{ *diffusion.Model }

// Unwrap returns the model of the library.
func (r diffusionRun) Unwrap() *diffusion.Model { return r.Model }

// diffusionPlane is a 2-D model, with the density of its probability-flow ODE. In more dimensions the divergence
// takes a backward pass for each, and the model has no density.
type diffusionPlane struct {
	diffusionRun
	flow diffusion.ProbabilityFlow
}

// LogProb implements [genlab.LogProber].
func (r diffusionPlane) LogProb(x mat.Matrix) []float64 { return r.flow.LogProb(x) }

// ByODE implements [registry.ODELogProber].
func (diffusionPlane) ByODE() {}

// Tolerance implements [registry.Tolerant].
func (r diffusionPlane) Tolerance() float64 { return r.flow.Tolerance }

// WithTolerance implements [registry.Tolerant].
func (r diffusionPlane) WithTolerance(tolerance float64) registry.Trained {
	r.flow.Tolerance = tolerance
	return r
}

// With samples by the model's sampler under the options.
func (r diffusionRun) With(o registry.Options) (genlab.Sampler, int, error) {
	if err := o.Only("a diffusion model of points takes no prompt", registry.SolverFlags, registry.LabelFlags, registry.TimesFlags, registry.Corrector, toleranceWithLabel(o)); err != nil {
		return nil, 0, err
	}
	p, err := o.Products()
	if err != nil {
		return nil, 0, err
	}
	r.Model = r.WithPrecision(p)
	c := r.Config()
	if o.Guidance != nil && c.Conditional && o.Class == nil {
		return nil, 0, usage.Errorf("--guidance needs a label: add --label")
	}
	if c, err = solver(c, o); err != nil {
		return nil, 0, err
	}
	if o.Times != "" || o.Langevin != nil {
		return r.process(c, o)
	}
	if o.Class == nil {
		return r.SamplingWith(c), c.NFE, nil
	}
	given := r.Given(o.Context()).With(c)
	if r.Dim() == 2 {
		flow := given.ProbabilityFlow()
		if o.Tolerance != nil {
			flow.Tolerance = *o.Tolerance
		}
		return diffusionGiven{given, flow}, given.NetworkEvaluations(), nil
	}
	return given, given.NetworkEvaluations(), nil
}

// toleranceWithLabel lets --tolerance through where the density given a label is asked for.
func toleranceWithLabel(o registry.Options) string {
	if o.Class != nil {
		return "--tolerance"
	}
	return ""
}

// langevinSize is the size of the corrector's steps, in squared noise levels: that of experiments/tilted.
const langevinSize = 0.2

// process samples over a grid of times of the user's, or with a Langevin corrector.
func (r diffusionRun) process(c diffusion.Config, o registry.Options) (genlab.Sampler, int, error) {
	s, each := r.SamplingWith(c), 1
	if o.Class != nil {
		given := r.Given(o.Context()).With(c)
		s, each = given.Sampling(), given.NetworkEvaluations()/c.NFE
	}
	if o.Times != "" {
		grid, err := times(o)
		if err != nil {
			return nil, 0, err
		}
		s.Grid = grid
	}
	evaluations := s.Evaluations()
	if k := o.Langevin; k != nil {
		if *k < 1 || *k > 100 || o.Class == nil {
			return nil, 0, usage.Errorf("--langevin is %d: want 1 to 100, with --label", *k)
		}
		s.Sampler = guide.Corrected{Sampler: s.Sampler, Steps: *k, Size: langevinSize}
		evaluations += *k * (len(s.Grid) - 2)
	}
	return s, each * evaluations, nil
}

// times parses --times.
func times(o registry.Options) (grid []float64, err error) {
	if o.NFE != nil || o.Spacing != "" {
		return nil, usage.Errorf("--times replaces --nfe and --spacing: leave those out")
	}
	for _, text := range strings.Split(o.Times, ",") {
		t, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return nil, usage.Errorf("--times: %q is not a number; want decreasing times from 1 to 0 with commas", text)
		}
		grid = append(grid, t)
	}
	if err := diffusion.CheckGrid(grid); err != nil {
		return nil, usage.Errorf("--times: %w", err)
	}
	return grid, nil
}

// solver returns a configuration with the sampling settings of the options.
func solver(c diffusion.Config, o registry.Options) (diffusion.Config, error) {
	if o.NFE != nil {
		c.NFE = *o.NFE
	}
	if o.Eta != nil {
		c.Eta = *o.Eta
	}
	if o.Spacing != "" {
		c.Spacing = diffusion.TimestepSchedule(o.Spacing)
	}
	if o.Sampler != "" {
		c.Sampler = diffusion.SamplerName(o.Sampler)
	}
	if o.Guidance != nil {
		c.Guidance = *o.Guidance
	}
	if err := c.Validate(); err != nil {
		return c, usage.Error{Err: err}
	}
	return c, nil
}

// diffusionGiven is a 2-D model given a label or a prompt, with the density of its probability-flow ODE without
// guidance.
type diffusionGiven struct {
	*diffusion.Conditioned
	flow diffusion.ProbabilityFlow
}

// LogProb implements [genlab.LogProber], for samples without guidance.
func (g diffusionGiven) LogProb(x mat.Matrix) []float64 { return g.flow.LogProb(x) }

// ByODE implements [registry.ODELogProber].
func (diffusionGiven) ByODE() {}

// Tolerance returns the tolerance of the density.
func (g diffusionGiven) Tolerance() float64 { return g.flow.Tolerance }
