package autoregressive

import (
	"errors"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestStatesCarryTheLogits: the logits are the last layer of the states, of the characters before.
func TestStatesCarryTheLogits(t *testing.T) {
	m := shakenText(t, 12)
	const text = "abcabba"
	states, err := m.HiddenStates(text)
	if err != nil {
		t.Fatal(err)
	}
	symbols := make([]int, m.steps())
	symbols[0] = m.symbols
	for i, c := range text {
		symbols[i+1] = int(c - 'a')
	}
	logits := m.Logits(symbols)
	for i := range text {
		for k := range m.classes {
			var want float64
			for j, v := range states[0].RawRowView(i) {
				want += v * float64(m.head.Value[k*m.cfg.Hidden+j])
			}
			if got := float64(logits[(i+1)*m.classes+k]); got-want > 1e-4 || want-got > 1e-4 {
				t.Fatalf("character %d, class %d: the logit is %v, of the state %v", i, k, got, want)
			}
		}
	}
}

// TestStatesDependOnThePastAlone: not on what follows, nor on the texts beside.
func TestStatesDependOnThePastAlone(t *testing.T) {
	m := shakenText(t, 12)
	one, err := m.HiddenStates("abca")
	if err != nil {
		t.Fatal(err)
	}
	many := []string{"c", "abcabc", "abca"}
	for range 60 { // beyond one chunk of the evaluation
		many = append(many, "bbbb", "abcabcabcabc")
	}
	all, err := m.HiddenStates(many...)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*mat.Dense{all[2], all[1].Slice(0, 4, 0, m.cfg.Hidden).(*mat.Dense), all[len(all)-1].Slice(0, 4, 0, m.cfg.Hidden).(*mat.Dense)} {
		if !mat.EqualApprox(got, one[0], 1e-5) {
			t.Errorf("%v alone, %v among others", mat.Formatted(one[0]), mat.Formatted(got))
		}
	}
	if mat.EqualApprox(all[1].Slice(3, 4, 0, m.cfg.Hidden), all[1].Slice(0, 1, 0, m.cfg.Hidden), 1e-3) {
		t.Error("the same character has the same state after others")
	}
}

// TestTextsWithoutStates are named.
func TestTextsWithoutStates(t *testing.T) {
	m := shakenText(t, 12)
	unseen := new(UnknownCharacterError)
	if _, err := m.HiddenStates("ab", "abd"); !errors.As(err, &unseen) || unseen.Char != 'd' || !strings.Contains(err.Error(), `"abd"`) {
		t.Errorf("an unseen character: %v", err)
	}
	for _, text := range []string{"", strings.Repeat("a", 13)} {
		if _, err := m.HiddenStates(text); err == nil || !strings.Contains(err.Error(), "1 to 12") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
