package main

import (
	"cmp"
	"slices"
	"testing"

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
