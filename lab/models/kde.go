package models

import (
	"math/rand/v2"

	"genlab"
	"genlab/checkpoint"
	"genlab/internal/plot"
	"genlab/kde"
	"genlab/lab/registry"
	"genlab/standardize"
)

// KDE is the kernel density estimate, a baseline.
var KDE = registry.Spec[kde.Config]{
	Info: registry.Info{
		Name: "kde", Summary: "Kernel density estimate with a fitted bandwidth; exact density.",
		Role: registry.Baseline, Likelihood: "exact", Colour: plot.Grey, Marker: plot.Cross, Rate: 40,
	},
	Defaults: kde.DefaultConfig,
	Tiny:     func(c *kde.Config) { c.Steps, c.Centres = 20, 300 },
	Loop:     kde.Config.Options,
	Task:     func(_ kde.Config, data string) (registry.Task, error) { return points("kde", data, false, 0) },
	New: onPoints(func(c kde.Config, scale standardize.Map, _ int, _ *rand.Rand) (registry.Trainer, error) {
		return kde.NewTrainer(c, scale)
	}),
	Resume: resume(kde.Resume),
	Load: func(c kde.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := kde.Load(c, saved)
		return kdeRun{m}, err
	},
}

// kdeRun is a fitted estimate.
type kdeRun struct{ *kde.Model }

// Unwrap returns the model of the library.
func (r kdeRun) Unwrap() *kde.Model { return r.Model }

// With samples a centre and Gaussian noise around it, without a network.
func (r kdeRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.Model, 0, o.Only("a kernel density estimate has only one sampler")
}
