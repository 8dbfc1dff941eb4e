package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"genlab"
	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/internal/suggest"
	"genlab/metrics"
	"genlab/train"
)

var autoregressiveFamily = family[autoregressive.Config]{
	name:     "autoregressive",
	defaults: autoregressive.DefaultConfig,
	smoke: func(c *autoregressive.Config) {
		c.Steps, c.Hidden, c.Layers, c.Heads, c.Warmup = 200, 32, 1, 2, 20
		c.Batch, c.Context, c.EMA = min(c.Batch, 128), min(c.Context, 32), min(c.EMA, 0.97)
	},
	loop: func(c autoregressive.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	adapt: func(c *autoregressive.Config, data string) {
		switch {
		case slices.Contains(datasets.TextNames(), data):
			*c = autoregressive.DefaultSourceConfig()
		case datasets.IsText(data):
			*c = autoregressive.DefaultTextConfig()
		}
	},
	most:    2,
	data:    autoregressiveData,
	beginOn: autoregressiveBegin,
	resume: func(c autoregressive.Config, saved []checkpoint.Tensor, steps int) (trainee, error) {
		return autoregressive.Resume(c, saved, steps)
	},
	load: func(c autoregressive.Config, saved []checkpoint.Tensor) (sampled, error) {
		m, err := autoregressive.Load(c, saved)
		if err != nil {
			return nil, err
		}
		return m.(sampled), nil
	},
	sampling: func(m sampled, c autoregressive.Config, f samplingFlags) (genlab.Sampler, int, error) {
		if f != (samplingFlags{}) {
			return nil, 0, usagef("an autoregressive model samples digit by digit: --sampler, --nfe, --eta, --spacing and --guidance belong to diffusion runs")
		}
		return m, 2 * c.Digits, nil
	},
	remarks:  quantisation,
	pictures: autoregressivePictures,
}

// autoregressiveData is a text, or the points of a data set.
func autoregressiveData(name string, c autoregressive.Config) (material, error) {
	if !datasets.IsText(name) {
		m, err := planeOf(name)
		if missing := new(suggest.Error); errors.As(err, &missing) {
			err = suggest.Name(missing.Kind, missing.Name, append(missing.Known, datasets.TextNames()...))
		}
		return m, err
	}
	t, err := datasets.TextByName(name)
	if err != nil {
		return nil, inputError(err)
	}
	a, err := autoregressive.AlphabetOf(t.Train)
	if err != nil {
		return nil, usagef("text %s: %w", name, err)
	}
	w, err := a.Windows(t.Train, c.Context)
	if err != nil {
		return nil, usagef("text %s: %w", name, err)
	}
	return writing{t, a, w}, nil
}

func autoregressiveBegin(c autoregressive.Config, m material, seed uint64) (trainee, error) {
	init := train.NewStream(seed, "init").Rand
	if w, ok := m.(writing); ok {
		t, err := autoregressive.NewText(c, w.alphabet, init)
		if err != nil {
			return nil, err
		}
		return autoregressive.NewTrainer(t)
	}
	box := c.Box
	if box == (autoregressive.Box{}) {
		var err error
		if box, err = autoregressive.FitBox(m.(plane).sample(seed)); err != nil {
			return nil, usageError{err}
		}
	}
	p, err := autoregressive.NewPoints(c, box, init)
	if err != nil {
		return nil, err
	}
	return autoregressive.NewTrainer(p)
}

// quantisation says what the cells cost: the likelihood of the best model that is even within
// each cell, and the share of the truth that lies outside the box.
func quantisation(m sampled, ds *datasets.Dataset, seed uint64) ([]likelihood, string) {
	const costly = 2000 // points whose cells are averaged over: 64 densities each, and some are a quadrature
	p := m.(*autoregressive.Points)
	x := ds.Law.Sample(likelihoodSamples, train.NewStream(seed, "likelihood").Rand)
	outside := p.Outside(x)
	se := math.Sqrt(outside * (1 - outside) / likelihoodSamples)
	rows := []likelihood{{"outside_box", figure{number(outside), number(se), 0, likelihoodSamples, "", "lower"}}}
	dx, dy := p.Bin()
	note := fmt.Sprintf("Cells of %.3g x %.3g in the box %v; of %d fresh points %.3g %% lie outside it, where the\ndensity is 0.",
		dx, dy, p.Box(), likelihoodSamples, 100*outside)
	if ds.Density != nil {
		e := metrics.Mean(p.Price(ds.Density, x.Slice(0, costly, 0, 2)))
		rows = append(rows, likelihood{"quantisation", figure{number(e.Value), number(e.SE), 0, e.N, "", "lower"}})
		note += fmt.Sprintf(" Of the KL, %s is the price of cells.", withError(rows[1].figure))
	}
	return rows, note
}

// autoregressivePictures are the density beside the true one, and how it arises digit by digit.
func autoregressivePictures(m sampled, ds *datasets.Dataset, _ uint64) ([]picture, error) {
	p, box := m.(*autoregressive.Points), boxOf(ds)
	panels := []plot.Panel{{Title: "autoregressive", Map: p}}
	if ds.Density != nil {
		panels = append([]plot.Panel{{Title: "truth", Map: ds.Density}}, panels...)
	}
	density, err := plot.Compare("Density: autoregressive on "+ds.Name, box, panels...)
	if err != nil {
		return nil, err
	}
	panels = nil
	for k := 1; k <= min(4, 2*p.Config().Digits); k++ {
		title := fmt.Sprintf("%d digits", k)
		if k == 1 {
			title = "1 digit"
		}
		panels = append(panels, plot.Panel{Title: title, Map: p.After(k)})
	}
	digits, err := plot.Compare("Digit by digit: what is not yet written is even", box, panels...)
	return []picture{{"density.png", density}, {"digits.png", digits}}, err
}
