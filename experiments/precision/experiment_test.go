package precision

import (
	"testing"

	"genlab/lab/experiment"
)

// TestAnswer: sampling must be near on both sides, training may be better, and its margins are wider.
func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		metric, how string
		extra       float64
		want        bool
	}{
		"equal": {"", "", 0, true}, "near": {"energy_distance", sampled, 0.0004, true}, "worse": {"energy_distance", sampled, 0.0006, false},
		"better, which is another sampler": {"mode_tv", sampled, -0.006, false}, "other quality": {departure, sampled, 0.003, false},
		"trained": {"energy_distance", trained, 0.0018, true}, "trained better": {"mode_tv", trained, -0.1, true}, "trained worse": {departure, trained, 0.011, false},
	} {
		r := &experiment.Result{}
		for _, d := range data {
			for i := range 5 {
				for _, m := range margins {
					for _, how := range []string{single, sampled, trained} {
						v := 0.2 + 0.01*float64(i)
						if d == "25gaussians" && how == c.how && m.metric == c.metric {
							v += c.extra
						}
						r.Put(m.metric+", "+how, d, "", v)
					}
				}
				r.Put(faster, d, "×", 1)
			}
		}
		if got, text := answer(r); got != c.want {
			t.Errorf("%s: supported %v: %s", name, got, text)
		}
	}
}
