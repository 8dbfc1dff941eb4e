// Package models registers the models with package registry: one file per model with its settings, data and
// sampling options, and files with its pictures.
package models

import (
	"math/rand/v2"

	"genlab/checkpoint"
	"genlab/lab/registry"
	"genlab/standardize"
	"genlab/train"
)

// All lists the registered models in the order in which they are shown. A new model is a line here and a file with
// its [registry.Spec].
var All = registry.List{
	&Diffusion, &Flow, &GAN, &VAE, &Autoregressive,
	&FlowMatching, &RectifiedFlow, &FlowMap,
	&FlowPrior, &Consistency, &AdversarialDiffusion, &LatentDiffusion, &Video, &Captioned, &MaskedDiffusion, &VQPrior,
	&KDE,
}

// points is [registry.FindPoints] as a [registry.Task].
func points(model, data string, labelled bool, most int) (registry.Task, error) {
	p, err := registry.FindPoints(model, data, labelled, most)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// newTrainer makes a trainer for points standardised by scale, with a number of label classes.
type newTrainer[C any] func(c C, scale standardize.Map, classes int, rng *rand.Rand) (registry.Trainer, error)

// onPoints returns the New of a Spec for a model of points.
func onPoints[C any](build newTrainer[C]) func(C, registry.Task, uint64) (registry.Trainer, error) {
	return func(c C, t registry.Task, seed uint64) (registry.Trainer, error) {
		p := t.(registry.Points)
		scale, err := p.Scale(seed)
		if err != nil {
			return nil, err
		}
		return build(c, scale, p.Classes(), train.NewStream(seed, "init").Rand)
	}
}

// conditional joins a package's constructors of a model with labels and of its trainer.
func conditional[C, M any, T registry.Trainer](model func(C, standardize.Map, int, *rand.Rand) (M, error), trainer func(M) (T, error)) newTrainer[C] {
	return func(c C, scale standardize.Map, classes int, rng *rand.Rand) (registry.Trainer, error) {
		m, err := model(c, scale, classes, rng)
		if err != nil {
			return nil, err
		}
		return trainer(m)
	}
}

// unconditional is conditional for a model without labels.
func unconditional[C, M any, T registry.Trainer](model func(C, standardize.Map, *rand.Rand) (M, error), trainer func(M) (T, error)) newTrainer[C] {
	return conditional(func(c C, scale standardize.Map, _ int, rng *rand.Rand) (M, error) { return model(c, scale, rng) }, trainer)
}

// identity is the second constructor where the first one makes the trainer.
func identity[T any](t T) (T, error) { return t, nil }

// resume returns the Resume of a Spec from that of a package.
func resume[C any, T registry.Trainer](of func(C, []checkpoint.Tensor, int) (T, error)) func(C, []checkpoint.Tensor, int) (registry.Trainer, error) {
	return func(c C, saved []checkpoint.Tensor, steps int) (registry.Trainer, error) { return of(c, saved, steps) }
}

// painting is a picture to be drawn; paint returns nil where there is none.
type painting struct {
	name  string
	paint func() ([]byte, error)
}

func paint(files []painting) ([]registry.Picture, error) {
	var all []registry.Picture
	for _, f := range files {
		data, err := f.paint()
		if err != nil {
			return nil, err
		}
		if data != nil {
			all = append(all, registry.Picture{Name: f.name, Data: data})
		}
	}
	return all, nil
}
