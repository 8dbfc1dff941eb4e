package games

import (
	"strings"
	"testing"

	"genlab/lab/experiment"
)

// TestSmoke: every objective is measured on every dataset, by seed.
func TestSmoke(t *testing.T) {
	s := experiment.Setup{Seeds: []uint64{1, 2}, Smoke: true, Store: t.TempDir(), Log: t.Logf}
	r, err := Experiment.Do(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(objectives) * len(goals) * len(Measured); len(r.Measurements) != want {
		t.Errorf("%d measurements, want %d", len(r.Measurements), want)
	}
	for _, f := range r.Measurements {
		if len(f.Values) != len(s.Seeds) {
			t.Errorf("%s on %s has %d values", f.Name, f.Data, len(f.Values))
		}
	}
	if !strings.Contains(r.Answer, "minimax on 25gaussians") {
		t.Errorf("the answer is %q", r.Answer)
	}
}
