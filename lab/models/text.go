package models

import (
	"genlab"
	"genlab/alphabet"
	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// Text is the [registry.Task] of a text: batches are windows of it.
type Text struct {
	*datasets.Text
	Alphabet alphabet.Alphabet
	windows  genlab.Sampler
}

// text finds the text of a name, with windows of so many characters.
func text(name string, length int) (registry.Task, error) {
	t, err := datasets.TextByName(name)
	if err != nil {
		return nil, registry.InputError(err)
	}
	a, err := alphabet.Of(t.Train)
	if err != nil {
		return nil, usage.Errorf("text %s: %w", name, err)
	}
	w, err := a.Windows(t.Train, length-1)
	if err != nil {
		return nil, usage.Errorf("text %s: %w", name, err)
	}
	return Text{t, a, w}, nil
}

// Batches implements [registry.Task].
func (t Text) Batches(uint64, int) genlab.Sampler { return t.windows }

// Files implements [registry.Task].
func (t Text) Files() []registry.File {
	sum := t.Text.Digest()
	return []registry.File{{Key: "digest", Name: t.Name, Digest: sum[:]}}
}
