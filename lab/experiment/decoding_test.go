package experiment

import (
	"math"
	"slices"
	"testing"

	"genlab/autoregressive"
	"genlab/train"
)

func TestFitLine(t *testing.T) {
	x := []int{1, 2, 5, 9}
	if l := FitLine(x, []float64{5, 7, 13, 21}); math.Abs(l.A-3)+math.Abs(l.B-2)+math.Abs(l.R2-1) > 1e-12 {
		t.Errorf("3 + 2x is fitted by %+v", l)
	}
	if l := FitLine(x, []float64{1, -1, 1, -1}); l.R2 > 0.5 {
		t.Errorf("noise is explained: %+v", l)
	}
}

// TestCharacterCosts: the longest prefix fits into the context, each prefix has its cost, and the
// prefixes are in order.
func TestCharacterCosts(t *testing.T) {
	cfg := autoregressive.DefaultSyntheticConfig()
	cfg.Hidden, cfg.Layers, cfg.Heads, cfg.Context = 16, 1, 2, 40
	m, err := autoregressive.NewText(cfg, autoregressive.Alphabet("ab"), train.NewStream(1, "init").Rand)
	if err != nil {
		t.Fatal(err)
	}
	prefixes := PrefixesUpTo(LongestPrefix(cfg.Context))
	if want := []int{16, 24, 32, 37}; !slices.Equal(prefixes, want) {
		t.Errorf("prefixes %v, want %v", prefixes, want)
	}
	for i, c := range CharacterCosts(m.NewCache(1), make([]float32, 3), prefixes, 2) {
		if !(c > 0) {
			t.Errorf("a character after %d costs %v µs", prefixes[i], c)
		}
	}
}

func TestMedian(t *testing.T) {
	if v := []float64{3, 1, 2}; Median(v) != 2 || v[0] != 3 {
		t.Errorf("median %v, and the values are now %v", Median(v), v)
	}
}
