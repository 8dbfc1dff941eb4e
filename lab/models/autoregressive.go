package models

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
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// Autoregressive is the transformer over characters: of a text, or the digits of points.
var Autoregressive = registry.Spec[autoregressive.Config]{
	Info: registry.Info{
		Name: "autoregressive", Summary: "Causal transformer over characters: of a text, or the digits of points; exact density.",
		Likelihood: "exact", Colour: plot.Orange, Marker: plot.Cross,
	},
	Defaults: autoregressive.DefaultConfig,
	Tiny: func(c *autoregressive.Config) {
		c.Steps, c.Hidden, c.Layers, c.Heads, c.Warmup = 200, 32, 1, 2, 20
		c.Batch, c.Context, c.EMA = min(c.Batch, 128), min(c.Context, 32), min(c.EMA, 0.97)
	},
	Loop: autoregressive.Config.Options,
	Adapt: func(c *autoregressive.Config, data string) {
		switch {
		case slices.Contains(datasets.TextNames(), data):
			*c = autoregressive.DefaultSyntheticConfig()
		case datasets.IsText(data):
			*c = autoregressive.DefaultTextConfig()
		}
	},
	Task:   textOrPoints,
	New:    newAutoregressive,
	Resume: resume(autoregressive.Resume),
	Load: func(c autoregressive.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := autoregressive.Load(c, saved)
		if err != nil {
			return nil, err
		}
		if t, ok := m.(*autoregressive.Text); ok {
			return TextRun{t}, nil
		}
		return autoregressivePoints{m.(*autoregressive.Points)}, nil
	},
}

// textOrPoints is a text, or the points of a data set.
func textOrPoints(c autoregressive.Config, name string) (registry.Task, error) {
	if !datasets.IsText(name) {
		t, err := points("autoregressive", name, false, 2)
		if missing := new(suggest.Error); errors.As(err, &missing) {
			err = suggest.Name(missing.Kind, missing.Name, append(missing.Known, datasets.TextNames()...))
		}
		return t, err
	}
	t, err := datasets.TextByName(name)
	if err != nil {
		return nil, registry.InputError(err)
	}
	a, err := autoregressive.AlphabetOf(t.Train)
	if err != nil {
		return nil, usage.Errorf("text %s: %w", name, err)
	}
	w, err := a.Windows(t.Train, c.Context)
	if err != nil {
		return nil, usage.Errorf("text %s: %w", name, err)
	}
	return Text{t, a, w}, nil
}

// Text is a text as a Task: batches are windows of it.
type Text struct {
	*datasets.Text
	Alphabet autoregressive.Alphabet
	windows  genlab.Sampler
}

// Batches implements registry.Task.
func (t Text) Batches() genlab.Sampler { return t.windows }

// Digest implements registry.Task.
func (t Text) Digest() []byte {
	sum := t.Text.Digest()
	return sum[:]
}

func newAutoregressive(c autoregressive.Config, t registry.Task, seed uint64) (registry.Trainer, error) {
	init := train.NewStream(seed, "init").Rand
	if t, ok := t.(Text); ok {
		m, err := autoregressive.NewText(c, t.Alphabet, init)
		if err != nil {
			return nil, err
		}
		return autoregressive.NewTrainer(m)
	}
	box, bulk := c.Box, c.Box
	if box == (autoregressive.Box{}) {
		x := t.(registry.Points).Reference(seed)
		var err error
		if box, err = autoregressive.FitBox(x); err != nil {
			return nil, usage.Error{Err: err}
		}
		bulk = autoregressive.Bulk(x, box)
	}
	p, err := autoregressive.NewPointsWithTails(c, box, bulk, init)
	if err != nil {
		return nil, err
	}
	return autoregressive.NewTrainer(p)
}

// TextRun is a trained model of text.
type TextRun struct{ *autoregressive.Text }

// Unwrap returns the library's model.
func (r TextRun) Unwrap() *autoregressive.Text { return r.Text }

// With is not for texts, which are continued.
func (r TextRun) With(registry.Options) (genlab.Sampler, int, error) { return r.Text, 1, nil }

// Sampling is the model's way to sample with what the options change of it, and the prompt.
func (r TextRun) Sampling(o registry.Options) (s autoregressive.Sampling, prompt string, err error) {
	s = r.Config().Sampling()
	if err := o.Only("text is sampled character by character", registry.OfText); err != nil {
		return s, "", err
	}
	if o.Temperature != nil {
		s.Temperature = *o.Temperature
	}
	if o.TopK != nil {
		s.TopK = *o.TopK
	}
	if o.Prompt != nil {
		prompt = *o.Prompt
	}
	if err := s.Validate(); err != nil {
		return s, "", usage.Error{Err: err}
	}
	return s, prompt, nil
}

// autoregressivePoints is a trained model of points.
type autoregressivePoints struct{ *autoregressive.Points }

// Unwrap returns the library's model.
func (r autoregressivePoints) Unwrap() *autoregressive.Points { return r.Points }

// With samples digit by digit.
func (r autoregressivePoints) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.Points, 2 * r.Config().Digits, o.Only("an autoregressive model samples its digits one after another")
}

// likelihoodSamples is the number of fresh points that the share outside the box is taken over.
const likelihoodSamples = 100000

// Report says what the cells cost: the likelihood of the best model that is even within
// each cell, and the share of the truth that lies outside the box.
func (r autoregressivePoints) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	const costly = 2000 // points whose cells are averaged over: 64 densities each, and some are a quadrature
	p := r.Points
	x := ds.Sampler.Sample(likelihoodSamples, train.NewStream(seed, "likelihood").Rand)
	outside := p.FractionOutside(x)
	se := math.Sqrt(outside * (1 - outside) / likelihoodSamples)
	rows := []metrics.Row{metrics.Estimate{Value: outside, SE: se, N: likelihoodSamples}.Row("outside_box", 0, "", "lower")}
	dx, dy := p.CellSize()
	where := fmt.Sprintf("the box %v", p.Box())
	if p.Bulk() != p.Box() {
		where = fmt.Sprintf("%v, larger ones for outliers in %s", p.Bulk(), where)
	}
	note := fmt.Sprintf("Cells of %.3g x %.3g in %s; of %d fresh points %.3g %% lie outside it, where the\ndensity is 0.",
		dx, dy, where, likelihoodSamples, 100*outside)
	if ds.Density != nil {
		e := metrics.Mean(p.DiscretizationGap(ds.Density, x.Slice(0, costly, 0, 2)))
		rows = append(rows, e.Row("quantisation", 0, "", "lower"))
		note += fmt.Sprintf(" Of the KL, %v is the price of cells.", e)
	}
	return rows, note
}

// Pictures are the density beside the true one, and how it arises digit by digit.
func (r autoregressivePoints) Pictures(ds *datasets.Dataset, _ uint64) ([]registry.Picture, error) {
	p, box := r.Points, registry.Box(ds)
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
		panels = append(panels, plot.Panel{Title: title, Map: p.Marginal(k)})
	}
	digits, err := plot.Compare("Digit by digit: what is not yet written is even", box, panels...)
	return []registry.Picture{{Name: "density.png", Data: density}, {Name: "digits.png", Data: digits}}, err
}
