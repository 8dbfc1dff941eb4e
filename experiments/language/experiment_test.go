package language

import (
	"testing"

	"genlab/lab/experiment"
)

// measured is a result in which everything holds: the nats fall by size, what a character costs
// rises, and 8 texts together make it cheaper.
func measured() *experiment.Result {
	r := &experiment.Result{}
	for seed := range 3 {
		for i, z := range sizes {
			r.Put(of(excess, z.name), text, "nats", 1/float64(i+1)+0.001*float64(seed))
			r.Put(of(decoding(1), z.name), text, "µs", float64(10*(i+1)))
			r.Put(of(decoding(8), z.name), text, "µs", float64(5*(i+1)))
			r.Put(of(kept, z.name), text, "bytes", float64(256*(i+1)))
		}
	}
	return r
}

// TestCriterion: what holds is seen, and each part of the criterion can fail.
func TestCriterion(t *testing.T) {
	small, medium := sizes[0].name, sizes[1].name
	if r := measured(); !grows(r, small, medium) || !cheaper(r, medium) {
		t.Error("all holds, and is refused")
	}
	for figure, value := range map[string]float64{
		of(excess, medium):      5,   // one seed as bad as the small model, so the intervals meet
		of(decoding(1), medium): 9,   // faster than the small model
		of(kept, medium):        256, // no more memory
		of(decoding(8), small):  10,  // no cheaper
	} {
		r := measured()
		for i := range r.Figures {
			if r.Figures[i].Name == figure {
				r.Figures[i] = replaced(r.Figures[i], value)
			}
		}
		if grows(r, small, medium) && cheaper(r, small) {
			t.Errorf("%s of %v in a training passes", figure, value)
		}
	}
}

// replaced is a figure with another value for the last seed.
func replaced(f experiment.Figure, last float64) experiment.Figure {
	var r experiment.Result
	for _, v := range f.Values[:len(f.Values)-1] {
		r.Put(f.Name, f.Data, f.Unit, float64(v))
	}
	r.Put(f.Name, f.Data, f.Unit, last)
	return r.Figures[0]
}

// TestSizes: all sizes are valid, have room for a prefix, and see the same number of characters.
func TestSizes(t *testing.T) {
	w, err := experiment.NewWriting(text)
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	for _, z := range sizes {
		c := z.config(w, experiment.Setup{})
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
