package seeds

import (
	"strings"
	"testing"

	"genlab/lab/experiment"
)

// TestAnswer: a paradigm of which one seed is 2.1 times as bad as the median fails the claim and is named with
// that seed; with a factor of 1.9 all pass.
func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		worst float64
		want  bool
	}{{1.9, true}, {2.1, false}} {
		r := &experiment.Result{Seeds: []uint64{1, 2, 3, 4, 5}}
		for _, p := range paradigms {
			for _, d := range data {
				for i := range r.Seeds {
					v := 1.0
					if i == 3 && d == "moons" && p.of.Name == "flow" {
						v = c.worst
					}
					r.Put(p.name(), d, p.unit, v)
				}
			}
		}
		supported, text := answer(r)
		if supported != c.want || !c.want && !strings.Contains(text, "flow on moons (median 1, seed 4 has 2.1)") {
			t.Errorf("a seed at %v: supported %v: %s", c.worst, supported, text)
		}
		if table := Table(r); !strings.Contains(table, "| flow | moons | KL(p‖q), nats | 1 | 1 | ") {
			t.Errorf("table:\n%s", table)
		}
	}
}
