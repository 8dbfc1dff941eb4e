package kvcache

import (
	"math"
	"testing"
)

func TestFit(t *testing.T) {
	x := []int{1, 2, 5, 9}
	if l := fit(x, []float64{5, 7, 13, 21}); math.Abs(l.a-3)+math.Abs(l.b-2)+math.Abs(l.r2-1) > 1e-12 {
		t.Errorf("3 + 2x is fitted by %+v", l)
	}
	if l := fit(x, []float64{1, -1, 1, -1}); l.r2 > 0.5 {
		t.Errorf("noise is explained: %+v", l)
	}
}
