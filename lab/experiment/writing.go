package experiment

import (
	"context"

	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/lab/models"
)

// Writing is a text that transformers of its characters are trained on.
type Writing struct{ *datasets.Text }

// NewWriting returns a text of datasets.TextNames.
func NewWriting(name string) (*Writing, error) {
	t, err := datasets.TextByName(name)
	return &Writing{t}, err
}

// Config returns the default configuration for a source; in a smoke run a tiny one.
func (w *Writing) Config(s Setup) autoregressive.Config {
	c := *models.Autoregressive.TypedJob(w.Name, s.Smoke).Config()
	if s.Smoke {
		c.Batch = 4
	}
	return c
}

// Train returns a model of the text's characters as the package's Train does.
func (w *Writing) Train(ctx context.Context, s Setup, cfg autoregressive.Config, seed uint64) (*autoregressive.Text, float64, error) {
	return Train[*autoregressive.Text](ctx, s, &models.Autoregressive, cfg, w.Name, seed)
}

// Excess is how much more a model's -log q is than the source's own -log p, in nats a character
// over the first n of held-out text: what the model is above the entropy rate, whatever was drawn.
func (w *Writing) Excess(m *autoregressive.Text, n int) float64 {
	held := w.Valid[:n]
	var sum float64
	q := m.LogProb(held)
	for i, p := range w.Source.LogProb(held) {
		sum += p - q[i]
	}
	return sum / float64(len(q))
}
