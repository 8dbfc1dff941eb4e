package objectives

import (
	"testing"

	"genlab/experiments/games"
	"genlab/lab/experiment"
)

// TestSmoke: every objective is measured with all latents and without the steepest.
func TestSmoke(t *testing.T) {
	s := experiment.Setup{Seeds: []uint64{1}, Smoke: true, Store: t.TempDir(), Log: t.Logf}
	r, err := Experiment.Do(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(trainings) * (2*len(games.Measured) + 1); len(r.Measurements) != want {
		t.Errorf("%d measurements, want %d", len(r.Measurements), want)
	}
}

// TestCriterion: a sample that is good and comes too late, too far above the truth, or in the wrong proportions does not support the claim.
func TestCriterion(t *testing.T) {
	for _, c := range []struct {
		quality, modeTV, seconds float64
		want                     bool
	}{
		{0.985, 0.03, 9, true}, {0.985, 0.03, 11, false}, {0.9995, 0.03, 9, false}, {0.965, 0.03, 9, false}, {0.985, 0.05, 9, false},
	} {
		r := new(experiment.Result)
		r.Put("training, "+former, data, "s", 10)
		r.Put("training, wgan-lp", data, "s", c.seconds)
		r.Put("high quality, wgan-lp"+truncated, data, "", c.quality)
		r.Put("mode TV, wgan-lp"+truncated, data, "", c.modeTV)
		if got, text := answer(r); got != c.want {
			t.Errorf("%+v: supported %v: %s", c, got, text)
		}
	}
}
