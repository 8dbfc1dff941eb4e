package video

import (
	"testing"

	"genlab/lab/experiment"
)

// TestAnswer: one seed in which one measurement exceeds its limit is enough.
func TestAnswer(t *testing.T) {
	good := map[string]float64{
		"outside, " + inMany: 0.002, "speed error in floors, " + inMany: 1.2, "reflections of the simulator's, " + inMany: 1.01,
		"speed_error, " + inMany: 0.04, "speed_error, " + inMany + shuffled: 0.5,
	}
	for name, bad := range map[string]float64{
		"": 0, "outside, " + inMany: 0.02, "speed error in floors, " + inMany: 1.6, "reflections of the simulator's, " + inMany: 0.9,
		"speed_error, " + inMany + shuffled: 0.05,
	} {
		r := &experiment.Result{}
		for seed := range 2 {
			for figure, v := range good {
				if seed == 1 && figure == name {
					v = bad
				}
				r.Put(figure, "bounce", "", v*(1+1e-3*float64(seed)))
			}
		}
		if got, text := answer(r); got != (name == "") {
			t.Errorf("%q of %v: %v, %s", name, bad, got, text)
		}
	}
}
