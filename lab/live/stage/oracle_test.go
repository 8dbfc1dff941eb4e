package stage

import (
	"encoding/json"
	"math"
	"testing"

	"genlab/metrics"
	"genlab/train"
)

// TestPerfectModelsAreInTheBand: a fresh sample of the true distribution exceeds the noise of the race with probability 1/20.
func TestPerfectModelsAreInTheBand(t *testing.T) {
	above := 0
	const races, fresh = 6, 20
	for seed := range uint64(races) {
		j, wrong := Model{Model: "kde"}.job(0, []string{"8gaussians", "25gaussians"}[seed%2], seed)
		if wrong != nil {
			t.Fatal(wrong)
		}
		p, err := newPanel("kde", Model{Model: "kde"}, j, seed)
		if err != nil {
			t.Fatal(err)
		}
		o := newOracle(p.task.Dataset, []*panel{p}, seed)
		r := raced(o)
		if r.N != sampled || !(r.Noise > 0) {
			t.Errorf("the noise of %d samples is %v", r.N, r.Noise)
		}
		rng := train.NewStream(seed, "fresh").Rand
		for range fresh {
			if !(metrics.EnergyDistance(p.task.Fresh(sampled, rng), o.truth[0]).Value <= float64(r.Noise)) {
				above++
			}
		}
	}
	// The probability of a race is Beta(1, 19): of 120 samples 6 are above, with a standard deviation of 3.3: 19 is four of those more.
	if above > 19 {
		t.Errorf("%d of %d perfect samples are above the noise", above, races*fresh)
	}
}

// raced returns the standard of a race when it is complete.
func raced(o *oracle) (r standard) {
	for r = o.race(); math.IsNaN(float64(r.Noise)); r = o.race() {
	}
	return r
}

// TestRaceIsOfOneSize: the standard of a race stays the same to the end, where the table takes more samples, and the race
// does not.
func TestRaceIsOfOneSize(t *testing.T) {
	s := NewStages(Options{})
	defer s.Close()
	st, err := s.create(Settings{Data: Data{Name: "moons"}, Seed: 2, Samples: 10, Models: []Model{{Model: "vae", Set: map[string]string{"hidden": "8", "batch": "32", "steps": "40"}}}})
	if err != nil {
		t.Fatal(err)
	}
	raced(st.oracle)
	l, err := s.Listen(st.id)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := st.control(Control{Do: "start"}); err != nil {
		t.Fatal(err)
	}
	var first *standard
	for {
		all := l.Next(t.Context())
		if all == nil {
			t.Fatal("the stage ends")
		}
		for _, e := range all {
			var f struct {
				Step   int
				Raced  float64
				Oracle standard
				Rows   []struct {
					Name      string
					Value, SE float64
					N         int
				}
			}
			if e.Name != "figures" || json.Unmarshal(e.Data, &f) != nil || f.Step == 0 { // the race has not begun
				continue
			}
			if first == nil {
				first = &f.Oracle
			}
			if f.Oracle != *first || f.Oracle.N != sampled {
				t.Errorf("at step %d the standard is %+v, at first %+v", f.Step, f.Oracle, *first)
			}
			for _, r := range f.Rows {
				if r.Name == "energy_distance" && f.Step == 40 {
					if r.N != sampledLast || r.Value == f.Raced || math.Abs(r.Value-f.Raced) > 0.1*r.Value {
						t.Errorf("at the end the table has %v of %d samples, the race %v of %d", r.Value, r.N, f.Raced, sampled)
					}
					return
				}
			}
		}
	}
}
