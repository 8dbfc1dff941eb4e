package experiments

import (
	"context"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/datasets"
)

// Writing is a text that transformers of its characters are trained on.
type Writing struct {
	*datasets.Text
	alphabet autoregressive.Alphabet
}

// NewWriting returns a text of datasets.TextNames.
func NewWriting(name string) (*Writing, error) {
	t, err := datasets.TextByName(name)
	if err != nil {
		return nil, err
	}
	a, err := autoregressive.AlphabetOf(t.Train)
	return &Writing{t, a}, err
}

// Config returns the default configuration for a source; in a smoke run a tiny one.
func (w *Writing) Config(s Setup) autoregressive.Config {
	c := autoregressive.DefaultSourceConfig()
	if s.Smoke {
		Autoregressive.Smoke(&c)
		c.Batch = 4
	}
	return c
}

// Train returns a model of the text's characters as Paradigm.Train does.
func (w *Writing) Train(ctx context.Context, s Setup, cfg autoregressive.Config, seed uint64) (*autoregressive.Text, float64, error) {
	law, err := w.alphabet.Windows(w.Text.Train, cfg.Context)
	if err != nil {
		return nil, 0, err
	}
	p := Paradigm[autoregressive.Config, *autoregressive.Trainer, *autoregressive.Text]{
		Name: Autoregressive.Name, Loop: Autoregressive.Loop, Unscaled: true,
		Begin: func(c autoregressive.Config, _ *mat.Dense, rng *rand.Rand) (*autoregressive.Trainer, error) {
			t, err := autoregressive.NewText(c, w.alphabet, rng)
			if err != nil {
				return nil, err
			}
			return autoregressive.NewTrainer(t)
		},
		Resume: autoregressive.Resume, Load: loadAutoregressive[*autoregressive.Text],
	}
	return p.Train(ctx, s, cfg, &datasets.Dataset{Name: w.Name, Law: law}, seed)
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
