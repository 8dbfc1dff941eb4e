package flow

import (
	"fmt"
	"slices"
	"testing"

	"genlab/standardize"
)

// TestStages: every coordinate is conditioned on others only if those are known when the inverse reaches it, a coupling layer
// transforms the smaller half given the other, and reversed layers do the same from the last coordinate.
func TestStages(t *testing.T) {
	for d := 2; d <= 7; d++ {
		for _, reversed := range []bool{false, true} {
			at := func(i int) int { // the column of coordinate i
				if reversed {
					return d - 1 - i
				}
				return i
			}
			coupling := Coupling.stages(d, reversed)
			if len(coupling) != 1 || coupling[0][0].width() != d-d/2 || coupling[0][1].width() != d/2 {
				t.Fatalf("%d columns: stages %v", d, coupling)
			}
			given, out := coupling[0][0], coupling[0][1]
			for i := range d {
				c, first := at(i), i < d-d/2
				if in := c >= given.lo && c < given.hi; in != first {
					t.Errorf("%d columns, reversed %v: column %d is conditioned on: %v", d, reversed, c, in)
				}
				if is := c >= out.lo && c < out.hi; is == first {
					t.Errorf("%d columns, reversed %v: column %d is transformed: %v", d, reversed, c, is)
				}
			}
			for i, s := range Autoregressive.stages(d, reversed) {
				if s[1].width() != 1 || s[1].lo != at(i) || s[0].width() != i || i > 0 && (at(0) < s[0].lo || at(i-1) < s[0].lo || at(0) >= s[0].hi || at(i-1) >= s[0].hi) {
					t.Errorf("%d columns, reversed %v: stage %d is %v", d, reversed, i, s)
				}
			}
		}
	}
}

// TestNamesOfLayers: the tensors of checkpoints are named by the layer, counted from 1, and a mixing layer by the one after it.
func TestNamesOfLayers(t *testing.T) {
	c := small()
	c.Layers, c.Mixing = 3, true
	m, err := New(c, standardize.Identity(2), pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range m.params.State("model") {
		names = append(names, s.Name)
	}
	for layer := 1; layer <= 3; layer++ {
		mixing := fmt.Sprintf("model/mixing%d.", layer)
		has := slices.ContainsFunc(names, func(n string) bool { return len(n) > len(mixing) && n[:len(mixing)] == mixing })
		if has != (layer > 1) || !slices.ContainsFunc(names, func(n string) bool { return n[:13] == fmt.Sprintf("model/layer%d.", layer) }) {
			t.Errorf("layer %d: the names are %v", layer, names)
		}
	}
}
