package straightpaths

import (
	"testing"

	"genlab/lab/experiment"
)

// TestAnswer: all distributions must meet every part of the criterion, and one that fails a part is enough.
func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		straight, few, same float64 // added on one distribution
		want                bool
	}{
		"met": {0, 0, 0, true}, "not straighter": {0.5, 0, 0, false}, "not fewer": {0, 1, 0, false}, "not equivalent": {0, 0, 0.0025, false},
	} {
		r := &experiment.Result{}
		for _, data := range distributions {
			extra := c
			if data != "moons" {
				extra.straight, extra.few, extra.same = 0, 0, 0
			}
			for _, seed := range []float64{-0.0001, 0.0001} {
				r.Put("straightness, "+independent, data, "", 0.5+seed)
				r.Put("straightness, "+transport, data, "", 0.1+seed)
				r.Put("straightness, "+rounds[1], data, "", 0.01+extra.straight+seed)
				for _, k := range evaluations {
					r.Put("energy_distance, "+in(rounds[1], k), data, "", 0.01+extra.few+seed)
					r.Put("energy_distance, "+in(diffusionModel, k), data, "", 0.5+seed)
					r.Put("energy_distance, "+in(independent, k), data, "", 0.4+seed)
				}
				r.Put("energy_distance, "+independent+" in its own", data, "", 0.001+extra.same+seed)
				r.Put("energy_distance, "+diffusionModel+" in its own", data, "", 0.001+seed)
			}
		}
		if got, text := answer(r); got != c.want {
			t.Errorf("%s: supported %v: %s", name, got, text)
		}
	}
}
