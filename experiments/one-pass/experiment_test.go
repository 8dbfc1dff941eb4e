package onepass

import "testing"

// TestRangeOfMedians: a mode that takes longer is seen, and small groups do not count.
func TestRangeOfMedians(t *testing.T) {
	var values []float64
	var group []int
	for i := range 1000 {
		k := i % 4
		v := 10.0
		if k == 1 {
			v = 11
		}
		values, group = append(values, v), append(group, k)
	}
	values, group = append(values, 500), append(group, 4)
	if got, want := rangeOfMedians(values, group, 5), 1/10.25; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
