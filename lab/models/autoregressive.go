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

// Autoregressive is the causal transformer over the characters of a text or the digits of points.
var Autoregressive = registry.Spec[autoregressive.Config]{
	Info: registry.Info{
		Name: "autoregressive", Summary: "Causal transformer over characters of a text or digits of points; exact density.",
		Likelihood: "exact", Colour: plot.Orange, Marker: plot.Cross,
		Constants: autoregressive.Constants(),
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

// textOrPoints finds a text or a dataset of points.
func textOrPoints(c autoregressive.Config, name string) (registry.Task, error) {
	if !datasets.IsText(name) {
		t, err := points("autoregressive", name, false, 2)
		if missing := new(suggest.Error); errors.As(err, &missing) {
			missing.Known = append(missing.Known, datasets.TextNames()...)
		}
		return t, err
	}
	return text(name, c.Context+1)
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

// Unwrap returns the model of the library.
func (r TextRun) Unwrap() *autoregressive.Text { return r.Text }

// With implements [registry.Trained]; a text is sampled by Sampling instead.
func (r TextRun) With(registry.Options) (genlab.Sampler, int, error) { return r.Text, 1, nil }

// Sampling returns the model and its sampling settings under the options, and the prompt. It fails with a usage error for
// an option that does not apply or is out of range.
func (r TextRun) Sampling(o registry.Options) (t *autoregressive.Text, s autoregressive.Sampling, prompt string, err error) {
	s = r.Config().Sampling()
	if err := o.Only("text is sampled character by character", registry.TextFlags, "--precision"); err != nil {
		return nil, s, "", err
	}
	p, err := o.Products()
	if err != nil {
		return nil, s, "", err
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
		return nil, s, "", usage.Error{Err: err}
	}
	return r.WithPrecision(p), s, prompt, nil
}

// autoregressivePoints is a trained model of points.
type autoregressivePoints struct{ *autoregressive.Points }

// Unwrap returns the model of the library.
func (r autoregressivePoints) Unwrap() *autoregressive.Points { return r.Points }

// With samples digit by digit.
func (r autoregressivePoints) With(o registry.Options) (genlab.Sampler, int, error) {
	return r.Points, 2 * r.Config().Digits, o.Only("an autoregressive model samples its digits one after another")
}

// likelihoodSamples is the number of fresh points for the fraction outside the box.
const likelihoodSamples = 100000

// Report implements [registry.Reporter]: the KL divergence of the best density that is uniform within each cell,
// and the fraction of the true distribution outside the box.
func (r autoregressivePoints) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	const costly = 2000 // points whose cells are averaged over, with 64 densities each, some by quadrature
	p := r.Points
	x := ds.Fresh(likelihoodSamples, train.NewStream(seed, "likelihood").Rand)
	n, _ := x.Dims()
	points := "fresh points"
	if _, ok := ds.Rows(); ok {
		points = "rows"
	}
	outside := p.FractionOutside(x)
	se := math.Sqrt(outside * (1 - outside) / float64(n))
	rows := []metrics.Row{metrics.Estimate{Value: outside, SE: se, N: n}.Row("outside_box", 0, "", "lower")}
	dx, dy := p.CellSize()
	where := fmt.Sprintf("the box %v", p.Box())
	if p.Bulk() != p.Box() {
		where = fmt.Sprintf("%v, larger ones for outliers in %s", p.Bulk(), where)
	}
	note := fmt.Sprintf("Cells of %.3g x %.3g in %s. The density is 0 outside it, where a fraction of %.3g of %d %s lies.",
		dx, dy, where, outside, n, points)
	if ds.Density != nil {
		e := metrics.Mean(p.DiscretizationGap(ds.Density, x.Slice(0, costly, 0, 2)))
		rows = append(rows, e.Row("quantisation", 0, "", "lower"))
		note += fmt.Sprintf(" Discretisation accounts for %v of the KL.", e)
	}
	return rows, note
}

// Pictures draws the density next to the true one, and the density by number of digits.
func (r autoregressivePoints) Pictures(ds *datasets.Dataset, _ uint64) ([]registry.Picture, error) {
	p, box := r.Points, registry.Box(ds)
	panels := []plot.Panel{{Title: "autoregressive", Map: p}}
	if ds.Density != nil {
		panels = append([]plot.Panel{{Title: "true density", Map: ds.Density}}, panels...)
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
	digits, err := plot.Compare("Density after k digits: autoregressive on "+ds.Name, box, panels...)
	return []registry.Picture{{Name: "density.png", Data: density}, {Name: "digits.png", Data: digits}}, err
}
