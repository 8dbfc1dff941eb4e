package metrics

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"
)

func names(rows []Row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r.Name)
	}
	return all
}

func TestEvaluate(t *testing.T) {
	g := grid{3}
	a, b := g.sample(1500, 0, 1), g.sample(1500, 0, 2)
	rows := Evaluate(g.sample(1500, .3, 3), a, b, ModeInfo{Modes: g, HighQuality: ceiling})
	want := []string{"energy_distance", "sliced_w2", "w2", "modes", "modes_total", "modes_1pct",
		"high_quality", "mode_tv", "precision", "recall", "density", "coverage"}
	if diff := cmp.Diff(want, names(rows)); diff != "" {
		t.Error(diff)
	}
	for _, r := range rows {
		if !finite(r.Value) || !finite(r.Oracle) || r.NonFinite != 0 || r.N == 0 {
			t.Errorf("%+v", r)
		}
		// A sample with 30 % more on one mode is further from the truth than the oracle is.
		switch r.Name {
		case "energy_distance", "sliced_w2", "w2", "mode_tv":
			if !(r.Value > r.Oracle+2*r.SE) {
				t.Errorf("%s is %v ± %v, the oracle %v", r.Name, r.Value, r.SE, r.Oracle)
			}
		}
	}
	// The oracle goes through the same code.
	for _, r := range Evaluate(b, a, b, ModeInfo{Modes: g, HighQuality: ceiling}) {
		if r.Value != r.Oracle {
			t.Errorf("%s of the oracle is %v and %v", r.Name, r.Value, r.Oracle)
		}
	}
}

func TestEvaluateWithoutModesAndNonFinite(t *testing.T) {
	rng := random(1)
	x := gaussian(100, 0, 1, rng)
	x.Set(7, 0, math.NaN())
	truth := gaussian(100, 0, 1, rng)
	rows := Evaluate(x, truth, gaussian(100, 0, 1, rng), ModeInfo{})
	want := []string{"energy_distance", "sliced_w2", "w2", "precision", "recall", "density", "coverage", "nonfinite"}
	if diff := cmp.Diff(want, names(rows)); diff != "" {
		t.Error(diff)
	}
	for _, r := range rows {
		if r.Name == "nonfinite" {
			if r.Value != 1 || r.Oracle != 0 || r.N != 100 {
				t.Errorf("%+v", r)
			}
		} else if !math.IsNaN(r.Value) || !finite(r.Oracle) || r.NonFinite != 1 {
			t.Errorf("%+v", r)
		}
	}
	// A sample off every mode is no misuse.
	rows = Evaluate(mat.NewDense(50, 2, nil), truth, truth, ModeInfo{Modes: grid{2}, HighQuality: 0})
	if got := rows[3]; got.Name != "modes" || got.Value != 1 {
		t.Errorf("%+v", got)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	g := grid{5}
	x, y, z := g.sample(10000, 0, 1), g.sample(10000, 0, 2), g.sample(10000, 0, 3)
	for b.Loop() {
		Evaluate(x, y, z, ModeInfo{Modes: g, HighQuality: ceiling})
	}
}
