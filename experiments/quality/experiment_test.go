package quality

import (
	"testing"

	"genlab/lab/experiment"
)

// TestAnswer: the difference of paired seeds counts, not the spread that model and oracle have in common, and one
// distribution outside the margin is enough.
func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		extra, spread float64 // of the model on moons
		want          bool
	}{
		"equivalent": {0, 0, true}, "worse": {0.0021, 0, false}, "better than the truth": {-0.0021, 0, false}, "uncertain": {0, 0.002, false},
	} {
		r := &experiment.Result{}
		for _, d := range data {
			for i := range 5 {
				common := 0.01 * float64(i)
				r.Put(energy+", "+oracle, d, "", common)
				if d == "moons" {
					common += c.extra + c.spread*float64(i-2)
				}
				r.Put(energy+", "+standard, d, "", common)
			}
		}
		if got, text := answer(r); got != c.want {
			t.Errorf("%s: supported %v: %s", name, got, text)
		}
	}
}
