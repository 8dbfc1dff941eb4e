package language

import (
	"math"
	"strings"
	"testing"

	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/lab/experiment"
	"genlab/lab/models"
)

// measured is a result in which everything holds: the nats fall by size, what a character costs
// rises, and 8 texts together make it cheaper.
func measured() *experiment.Result {
	r := &experiment.Result{}
	for seed := range 3 {
		for i, z := range sizes {
			r.Put(name(excess, z.name), text, "nats", 1/float64(i+1)+0.001*float64(seed))
			r.Put(name(decoding(1), z.name), text, "µs", float64(10*(i+1)))
			r.Put(name(decoding(8), z.name), text, "µs", float64(5*(i+1)))
			r.Put(name(cache, z.name), text, "bytes", float64(256*(i+1)))
		}
	}
	return r
}

// TestCriterion: what holds is seen, and each part of the criterion can fail.
func TestCriterion(t *testing.T) {
	small, medium := sizes[0].name, sizes[1].name
	if r := measured(); !grows(r, small, medium) || !cheaper(r, medium) {
		t.Error("all parts hold, and the criterion does not")
	}
	for figure, value := range map[string]float64{
		name(excess, medium):      5,   // one seed as bad as the small model, so the intervals meet
		name(decoding(1), medium): 9,   // faster than the small model
		name(cache, medium):       256, // no more memory
		name(decoding(8), small):  10,  // no cheaper
	} {
		r := measured()
		for i := range r.Measurements {
			if r.Measurements[i].Name == figure {
				r.Measurements[i] = replaced(r.Measurements[i], value)
			}
		}
		if grows(r, small, medium) && cheaper(r, small) {
			t.Errorf("%s of %v in a training passes", figure, value)
		}
	}
}

// replaced is a figure with another value for the last seed.
func replaced(f experiment.Measurement, last float64) experiment.Measurement {
	var r experiment.Result
	for _, v := range f.Values[:len(f.Values)-1] {
		r.Put(f.Name, f.Data, f.Unit, float64(v))
	}
	r.Put(f.Name, f.Data, f.Unit, last)
	return r.Measurements[0]
}

// TestSizes: all sizes are valid, have room for a prefix, and see the same number of characters.
func TestSizes(t *testing.T) {
	var seen []int
	for _, z := range sizes {
		c := z.config(experiment.Setup{})
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", z.name, err)
		}
		if c.Context < 256 {
			t.Errorf("%s has a context of %d", z.name, c.Context)
		}
		seen = append(seen, c.Steps*c.Batch*c.Context)
	}
	if seen[0] != seen[1] || seen[1] != seen[2] {
		t.Errorf("characters seen: %v", seen)
	}
}

// TestAbove: an untrained model is as far above the entropy rate as the uniform distribution over
// characters, training brings it closer, and a training is kept.
func TestAbove(t *testing.T) {
	source, err := datasets.TextByName(text)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(source.EntropyRate-entropyRate) > 5e-5 {
		t.Errorf("the entropy rate is %v, and the answer says %v", source.EntropyRate, entropyRate)
	}
	const held = 3000
	var even float64
	e := experiment.Experiment{Data: []string{text}, Answer: func(*experiment.Result) (bool, string) { return true, "" }, Run: func(trial *experiment.Trial) error {
		cfg := experiment.Config(trial.Setup, &models.Autoregressive, text)
		cfg.Batch = 4
		flat := cfg
		flat.LR, flat.FinalLR, flat.EMA = 1e-12, 0, 0 // nothing is learned
		m, _, err := experiment.Train[*autoregressive.Text](trial, "untrained", &models.Autoregressive, flat)
		if err != nil {
			return err
		}
		even = math.Log(float64(len(m.Alphabet())+1)) - source.EntropyRate
		trial.Put("untrained", "", above(source, m, held))
		for range 2 {
			if m, _, err = experiment.Train[*autoregressive.Text](trial, "trained", &models.Autoregressive, cfg); err != nil {
				return err
			}
		}
		trial.Put("trained", "", above(source, m, held))
		return nil
	}}
	trainings := 0
	r, err := e.Do(t.Context(), experiment.Setup{Seeds: []uint64{1}, Smoke: true, Store: t.TempDir(), Log: func(format string, _ ...any) {
		if strings.HasPrefix(format, "training") {
			trainings++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(r.Of("untrained", text).Mean); math.Abs(got-even) > 0.1 { // the held-out part has another entropy than the rate
		t.Errorf("untrained: %v above the rate, the uniform distribution is %v", got, even)
	}
	if got := float64(r.Of("trained", text).Mean); !(got < even-0.2) || trainings != 2 {
		t.Errorf("trained: %v above the rate, the uniform distribution is %v; %d trainings", got, even, trainings)
	}
}
