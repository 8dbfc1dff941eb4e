package steps

import (
	"testing"

	"genlab/lab/experiment"
)

// TestAnswer: every metric has its margin, a better DDIM passes, and the time counts in every training.
func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		metric string
		extra  float64 // of DDIM on moons
		slower float64
		want   bool
	}{
		"equal": {"", 0, 20, true}, "better": {"energy_distance", -1, 20, true}, "within the margin": {"mode_tv", 0.015, 20, true},
		"worse": {"energy_distance", 0.0025, 20, false}, "worse modes": {"mode_tv", 0.025, 20, false}, "worse quality": {departure, 0.015, 20, false},
		"not fast enough": {"", 0, 18, false},
	} {
		r := &experiment.Result{}
		for _, d := range data {
			for i := range 5 {
				for _, m := range margins {
					for _, of := range []method{ddim, ddpm, ddpmShortEnd} {
						v := 0.1 + 0.01*float64(i)
						if of == ddim && d == "moons" && m.metric == c.metric {
							v += c.extra
						}
						r.Put(m.metric+", "+of.name, d, "", v)
					}
				}
				r.Put(slower, d, "×", c.slower)
			}
		}
		if got, text := answer(r); got != c.want {
			t.Errorf("%s: supported %v: %s", name, got, text)
		}
	}
}
