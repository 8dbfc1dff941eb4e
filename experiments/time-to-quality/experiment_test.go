package timetoquality

import (
	"testing"

	"genlab/lab/experiment"
)

// result returns measurements of five seeds in which every metric of the default recipe is worse by shift, and
// its time is ratio of the earlier recipe's.
func result(shift, ratio float64) *experiment.Result {
	r := &experiment.Result{}
	noise := []float64{0.9, 1.05, 1, 0.95, 1.1}
	for _, d := range data {
		for i, v := range noise {
			for _, metric := range sampleMetrics {
				r.Put(metric+", "+oracle, d, "", v/2)
			}
			for _, p := range paradigms {
				r.Put(named(seconds, p.name, before), d, "s", 10*v)
				r.Put(named(seconds, p.name, now), d, "s", 10*ratio*v)
				for _, metric := range append([]string{excess}, sampleMetrics...) {
					r.Put(named(metric, p.name, before), d, "", v)
					r.Put(named(metric, p.name, now), d, "", noise[len(noise)-1-i]+shift)
				}
			}
		}
	}
	return r
}

// TestNonInferiority: a recipe of equal quality in half the time is supported. One that is worse by more than
// the margin, here three standard deviations, 0.24, is not, nor one whose difference alone is within it, nor a
// slower one.
func TestNonInferiority(t *testing.T) {
	for _, c := range []struct {
		shift, ratio float64
		want         bool
	}{
		{0, 0.5, true}, {-0.5, 0.1, true}, {0.1, 0.5, true}, {0.2, 0.5, false}, {0.3, 0.5, false}, {0, 1.01, false},
	} {
		if supported, text := answer(result(c.shift, c.ratio)); supported != c.want {
			t.Errorf("metrics worse by %v in %v of the time: supported %v, want %v: %s", c.shift, c.ratio, supported, c.want, text)
		}
	}
}
