package experiment

import (
	"math"
	"testing"

	"genlab/datasets"
)

// TestWriting: before training a model is as far above the rate as even odds of all characters are,
// training brings it nearer, and a training is kept.
func TestWriting(t *testing.T) {
	var lines []string
	s := setup(t, &lines)
	w, err := NewWriting("grammar")
	if err != nil {
		t.Fatal(err)
	}
	const held = 3000
	cfg := w.Config(s)
	cfg.LR, cfg.FinalLR, cfg.EMA = 1e-12, 0, 0 // nothing is learned
	m, _, err := w.Train(t.Context(), s, cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	even := math.Log(float64(len(m.Alphabet())+1)) - w.EntropyRate
	if got := w.Excess(m, held); math.Abs(got-even) > 0.1 { // the held-out part has another entropy than the rate
		t.Errorf("untrained: %v above the rate, even odds are %v", got, even)
	}
	cfg = w.Config(s)
	for range 2 {
		if m, _, err = w.Train(t.Context(), s, cfg, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Excess(m, held); !(got < even-0.2) || len(lines) != 2 {
		t.Errorf("trained: %v above the rate, even odds are %v; said %q", got, even, lines)
	}
	if _, err := NewWriting(datasets.Names()[0]); err == nil {
		t.Error("points are no text")
	}
}
