package unmasking

import (
	"strings"
	"testing"

	"genlab/lab/experiment"
)

// measured is a result in which everything holds.
func measured() *experiment.Result {
	r := &experiment.Result{}
	for range 2 {
		for _, data := range Experiment.Data {
			r.Put(causal, data, "nats", 0.01)
			r.Put(gap, data, "nats", 0.01)
			for i, k := range steps {
				r.Put(excess(k), data, "nats", 0.1+float64(i))
			}
		}
	}
	return r
}

// TestCriterion: what holds is seen, and each part of the criterion can fail.
func TestCriterion(t *testing.T) {
	if ok, text := answer(measured()); !ok || !strings.Contains(text, "On grammar") {
		t.Errorf("all parts hold, and the criterion does not: %s", text)
	}
	for name, value := range map[string]float64{causal: 0.2, gap: -0.001, excess(0): 0.02, excess(8): 3} {
		r := measured()
		for i, m := range r.Measurements {
			if m.Name == name && m.Data == "grammar" {
				r.Measurements[i].Values[1] = experiment.Number(value)
			}
		}
		if ok, _ := answer(r); ok {
			t.Errorf("%s of %v in a training passes", name, value)
		}
	}
}

// TestSmoke: everything is measured on both texts, by seed.
func TestSmoke(t *testing.T) {
	s := experiment.Setup{Seeds: []uint64{1}, Smoke: true, Store: t.TempDir(), Log: t.Logf}
	r, err := Experiment.Do(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * (1 + len(steps) + 1 + 1 + len(steps) + 2 + 4); len(r.Measurements) != want {
		t.Errorf("%d measurements, want %d", len(r.Measurements), want)
	}
	for _, data := range Experiment.Data {
		if g := r.Of(gap, data); !(g.Min() > -0.3) {
			t.Errorf("a gap of %v on %s", g, data)
		}
	}
}
