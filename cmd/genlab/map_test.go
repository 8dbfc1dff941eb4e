package main

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"genlab/experiments"
	"genlab/internal/atlas"
)

// TestEveryModelIsOnTheMap: what can be trained has its place, with its four statements, and what
// has statements can be trained.
func TestEveryModelIsOnTheMap(t *testing.T) {
	var placed []string
	for _, r := range atlas.Regions {
		if r.Statements() != nil {
			placed = append(placed, cmp.Or(r.Model, r.Name))
		}
	}
	for _, name := range modelNames() {
		if !slices.Contains(placed, name) {
			t.Errorf("%s is not on the map: internal/atlas/regions.go", name)
		}
	}
	for _, name := range placed {
		if !slices.Contains(modelNames(), name) {
			t.Errorf("the map has a model %s, and genlab train does not", name)
		}
	}
}

// TestShippedFiguresAreThere: where an experiment has an answer, the figures that the map takes
// from it are in it.
func TestShippedFiguresAreThere(t *testing.T) {
	for _, r := range atlas.Regions {
		for _, s := range r.Statements() {
			for _, want := range s.Then {
				result, err := experiments.Shipped(want.Experiment)
				if errors.Is(err, fs.ErrNotExist) {
					continue // not yet run
				}
				if err != nil {
					t.Fatal(err)
				}
				if f := result.Of(want.Figure, want.Data); len(f.Values) == 0 {
					t.Errorf("%s, %s: %s has no figure %q on %q", r.Name, s.Name, want.Experiment, want.Figure, want.Data)
				}
			}
		}
	}
}
