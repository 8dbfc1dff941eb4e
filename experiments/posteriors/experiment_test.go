package posteriors

import (
	"testing"

	"genlab/lab/experiment"
)

// TestCriterion: each part can fail.
func TestCriterion(t *testing.T) {
	measured := func(change string, value float64) bool {
		r := &experiment.Result{}
		for range 2 {
			for metric, v := range map[string]float64{name(bound, "flow"): 0.2, name(logp, "vq-prior"): 0.1, name(bound, "Gaussian"): 1} {
				if metric == change {
					v = value
				}
				r.Put(metric, data, "nats", v)
			}
		}
		ok, _ := answer(r)
		return ok
	}
	if !measured("", 0) {
		t.Error("all parts hold, and the criterion does not")
	}
	for metric, v := range map[string]float64{name(bound, "flow"): 0.3, name(logp, "vq-prior"): 0.3, name(bound, "Gaussian"): 0.1} {
		if measured(metric, v) {
			t.Errorf("%s of %v passes", metric, v)
		}
	}
}

// TestSmoke: everything is measured.
func TestSmoke(t *testing.T) {
	s := experiment.Setup{Seeds: []uint64{1}, Smoke: true, Store: t.TempDir(), Log: t.Logf}
	r, err := Experiment.Do(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Measurements) != 15 {
		t.Errorf("%d measurements, want 15", len(r.Measurements))
	}
}
