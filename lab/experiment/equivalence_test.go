package experiment

import (
	"math"
	"testing"
)

// TestDifferenceIsPaired: what seeds have in common cancels, and the interval is Student's, here t = 4.303 with 2 degrees
// of freedom times a standard error of 0.01/√3.
func TestDifferenceIsPaired(t *testing.T) {
	r := &Result{}
	for i, v := range []float64{1, 5, -3} {
		r.Put("a", "", "", v+0.02+0.01*float64(i-1))
		r.Put("b", "", "", v)
	}
	d := Differ(r.Of("a", ""), r.Of("b", ""))
	half := 4.302653 * 0.01 / math.Sqrt(3)
	if math.Abs(d.Mean-0.02) > 1e-12 || math.Abs(d.Lo-0.02+half) > 1e-6 || math.Abs(d.Hi-0.02-half) > 1e-6 {
		t.Errorf("%+v, want 0.02 ± %v", d, half)
	}
	for margin, want := range map[float64]bool{0.02 + half - 1e-4: false, 0.02 + half + 1e-4: true} {
		if d.Within(margin) != want || d.Below(margin) != want {
			t.Errorf("margin %v: within %v, below %v", margin, d.Within(margin), d.Below(margin))
		}
	}
	if d.Above(0) || d.Above(half-0.02-1e-4) || !d.Above(half-0.02+1e-4) {
		t.Error("Above is not the lower end")
	}
	if back := Differ(r.Of("b", ""), r.Of("a", "")); back.Within(0.02+half-1e-4) || !back.Below(1e-4+half-0.02) {
		t.Errorf("%+v", back)
	}
}

// TestNoDifferenceWithoutPairs: with one seed, with seeds that one of two lacks, and with a value that is not a number
// nothing is equivalent.
func TestNoDifferenceWithoutPairs(t *testing.T) {
	r := &Result{}
	r.Put("one", "", "", 1)
	for i := range 3 {
		r.Put("three", "", "", 1)
		r.Put("broken", "", "", []float64{1, math.NaN(), 1}[i])
	}
	for _, pair := range [][2]string{{"one", "one"}, {"one", "three"}, {"three", "broken"}, {"none", "none"}} {
		if d := Differ(r.Of(pair[0], ""), r.Of(pair[1], "")); d.Within(1e9) || d.Below(1e9) || d.Above(1e9) {
			t.Errorf("%v: %+v", pair, d)
		}
	}
}
