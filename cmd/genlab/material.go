package main

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/standardize"
	"genlab/train"
)

// material is what a model learns from, and what it is judged by.
type material interface {
	law() genlab.Sampler // of the batches
	digest() []byte      // SHA-256 of what a file said, nil where there is none
	// evaluate measures a run with n samples, and returns what makes the files that show them.
	evaluate(r *opened, n int, flags samplingFlags) (*report, func() ([]picture, error), error)
}

// plane is the points of a data set.
type plane struct {
	*datasets.Dataset
	batches genlab.Sampler // the law, or the law with its labels
}

// planeOf finds a data set.
func planeOf(name string) (material, error) {
	if slices.Contains(datasets.TextNames(), name) {
		return nil, usagef("%s is a text, for models of characters: genlab train autoregressive --data %s", name, name)
	}
	ds, err := datasets.ByName(name)
	if err != nil {
		return nil, inputError(err)
	}
	return plane{ds, ds.Law}, nil
}

func (p plane) law() genlab.Sampler { return p.batches }

func (p plane) digest() []byte {
	if sum, ok := p.Digest(); ok {
		return sum[:]
	}
	return nil
}

// classes is the number of labels in the batches.
func (p plane) classes() int {
	if _, ok := p.batches.(datasets.WithLabels); ok {
		return len(p.Labels)
	}
	return 0
}

func (p plane) evaluate(r *opened, n int, flags samplingFlags) (*report, func() ([]picture, error), error) {
	rep, x, err := evaluate(r, p.Dataset, n, flags)
	return rep, func() ([]picture, error) { return p.show(r, x) }, err
}

// shownSamples is the number of points in samples.png: more would hide the density.
const shownSamples = 2500

// show draws samples x (n x d) as the plane sees them, and what else the model or the view of the
// data has to show.
func (p plane) show(r *opened, x *mat.Dense) ([]picture, error) {
	n, _ := x.Dims()
	few, title := x.Slice(0, min(n, shownSamples), 0, p.Dim()).(*mat.Dense), fmt.Sprintf("%s on %s", r.model, p.Name)
	points, err := plot.Compare(title, boxOf(p.Dataset),
		plot.Panel{Truth: p.Plane().Density, Points: p.Project(few), Colour: plot.ModelColour(r.model)})
	if err != nil {
		return nil, err
	}
	all := []picture{{"samples.png", points}}
	if p.View == nil || r.anyView {
		own, err := r.pictures(p.Dataset)
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	for _, v := range viewed(p.Dataset, title, few) {
		data, err := v.paint()
		if err != nil {
			return nil, err
		}
		all = append(all, picture{v.name, data})
	}
	return all, nil
}

// sample is what the standardisation of points is computed from, or a box around them.
func (p plane) sample(seed uint64) *mat.Dense {
	const n = 50000
	return p.Law.Sample(n, train.NewStream(seed, "scale").Rand)
}

// scale standardises the points.
func (p plane) scale(seed uint64) (standardize.Map, error) {
	scale, err := standardize.Fit(p.sample(seed))
	if err != nil {
		return scale, usageError{err}
	}
	return scale, nil
}

// subject returns what a run with the settings learns from: from the labels too where the model is
// conditional. Data that the family does not take is an error.
func (f *family[C]) subject(s settings[C]) (material, error) {
	find := f.data
	if find == nil {
		find = func(name string, _ C) (material, error) { return planeOf(name) }
	}
	m, err := find(s.Data, s.Config)
	p, ok := m.(plane)
	if err != nil || !ok {
		return m, err
	}
	if f.most > 0 && p.Dim() > f.most {
		return nil, usagef("%s models points of at most %d coordinates, and those of %s have %d", f.name, f.most, p.Name, p.Dim())
	}
	if f.takes != nil {
		if err := f.takes(p.Dataset); err != nil {
			return nil, usagef("%s does not take %s: %w", f.name, p.Name, err)
		}
	}
	if f.conditional != nil && f.conditional(s.Config) {
		if p.batches, err = p.WithLabels(); err != nil {
			return nil, usageError{err}
		}
	}
	return p, nil
}

// learns returns what the family learns from by its defaults, or an error that says why it does not.
func (f *family[C]) learns(data string) (material, error) { return f.subject(f.preset(false, data)) }

// start returns a trainer that has taken no step.
func (f *family[C]) start(s settings[C], m material) (trainee, error) {
	if f.beginOn != nil {
		return f.beginOn(s.Config, m, s.Seed)
	}
	scale, err := m.(plane).scale(s.Seed)
	if err != nil {
		return nil, err
	}
	return f.begin(s.Config, scale, train.NewStream(s.Seed, "init").Rand)
}
