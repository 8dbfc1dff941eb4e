package main

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/affine"
	"genlab/internal/plot"
	"genlab/internal/train"
)

// material is what a model learns from, and what it is judged by.
type material interface {
	law() genlab.Sampler // of the batches
	// evaluate measures a run with n samples, and returns what makes the files that show them.
	evaluate(r *opened, n int, flags samplingFlags) (*report, func() ([]picture, error), error)
}

// plane is the points of a data set.
type plane struct{ *datasets.Dataset }

func planeOf(name string) (material, error) {
	if slices.Contains(datasets.TextNames(), name) {
		return nil, usagef("%s is a text, for models of characters: genlab train autoregressive --data %s", name, name)
	}
	ds, err := datasets.ByName(name)
	if err != nil {
		return nil, inputError(err)
	}
	return plane{ds}, nil
}

func (p plane) law() genlab.Sampler { return p.Law }

func (p plane) evaluate(r *opened, n int, flags samplingFlags) (*report, func() ([]picture, error), error) {
	rep, x, err := evaluate(r, p.Dataset, n, flags)
	return rep, func() ([]picture, error) { return p.show(r, x) }, err
}

// shownSamples is the number of points in samples.png: more would hide the density.
const shownSamples = 2500

// show draws samples x (n x 2), and what else the model has to show.
func (p plane) show(r *opened, x *mat.Dense) ([]picture, error) {
	n, _ := x.Dims()
	points, err := plot.Points(fmt.Sprintf("%s on %s", r.model, p.Name), x.Slice(0, min(n, shownSamples), 0, 2), p.Density, boxOf(p.Dataset))
	if err != nil {
		return nil, err
	}
	own, err := r.pictures(p.Dataset)
	return append([]picture{{"samples.png", points}}, own...), err
}

// sample is what the standardisation of points is computed from, or a box around them.
func (p plane) sample(seed uint64) *mat.Dense {
	const n = 50000
	return p.Law.Sample(n, train.NewStream(seed, "scale").Rand)
}

// subject returns what a run with the settings learns from.
func (f *family[C]) subject(s settings[C]) (material, error) {
	if f.data != nil {
		return f.data(s.Data, s.Config)
	}
	return planeOf(s.Data)
}

// start returns a trainer that has taken no step.
func (f *family[C]) start(s settings[C], m material) (trainee, error) {
	if f.beginOn != nil {
		return f.beginOn(s.Config, m, s.Seed)
	}
	scale, err := affine.Fit(m.(plane).sample(s.Seed))
	if err != nil {
		return nil, usageError{err}
	}
	return f.begin(s.Config, scale, train.NewStream(s.Seed, "init").Rand)
}
