// Package models registers the models: one file for each, with what it is to the commands (its
// settings, what it learns from, how it samples), and beside it the pictures that are its own.
// See package registry.
package models

import (
	"math/rand/v2"

	"genlab/checkpoint"
	"genlab/lab/registry"
	"genlab/standardize"
	"genlab/train"
)

// All are the registered models, in the order in which they are shown. A new one is a line here and a
// file with its Spec.
var All = registry.List{
	&Diffusion, &Flow, &GAN, &VAE, &Autoregressive,
	&FlowPrior, &Consistency, &AdversarialDiffusion, &LatentDiffusion, &Video, &Captioned,
	&KDE,
}

// points is registry.FindPoints as a Task.
func points(model, data string, labelled bool, most int) (registry.Task, error) {
	p, err := registry.FindPoints(model, data, labelled, most)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// starter makes a trainer for points standardised by scale, with labels of so many classes.
type starter[C any] func(c C, scale standardize.Map, classes int, rng *rand.Rand) (registry.Trainer, error)

// onPoints is a Spec's New for models of points.
func onPoints[C any](start starter[C]) func(C, registry.Task, uint64) (registry.Trainer, error) {
	return func(c C, t registry.Task, seed uint64) (registry.Trainer, error) {
		p := t.(registry.Points)
		scale, err := p.Scale(seed)
		if err != nil {
			return nil, err
		}
		return start(c, scale, p.Classes(), train.NewStream(seed, "init").Rand)
	}
}

// classed joins a package's constructors of a model with labels and of its trainer.
func classed[C, M any, T registry.Trainer](model func(C, standardize.Map, int, *rand.Rand) (M, error), trainer func(M) (T, error)) starter[C] {
	return func(c C, scale standardize.Map, classes int, rng *rand.Rand) (registry.Trainer, error) {
		m, err := model(c, scale, classes, rng)
		if err != nil {
			return nil, err
		}
		return trainer(m)
	}
}

// plain is classed for a model without labels.
func plain[C, M any, T registry.Trainer](model func(C, standardize.Map, *rand.Rand) (M, error), trainer func(M) (T, error)) starter[C] {
	return classed(func(c C, scale standardize.Map, _ int, rng *rand.Rand) (M, error) { return model(c, scale, rng) }, trainer)
}

// itself is for what is made as a trainer.
func itself[T any](t T) (T, error) { return t, nil }

// resume is a Spec's Resume by a package's.
func resume[C any, T registry.Trainer](of func(C, []checkpoint.Tensor, int) (T, error)) func(C, []checkpoint.Tensor, int) (registry.Trainer, error) {
	return func(c C, saved []checkpoint.Tensor, steps int) (registry.Trainer, error) { return of(c, saved, steps) }
}

// painting is a picture to be made; one that cannot be is nil.
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
