package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/standardize"
)

// TestEffectiveSize: equal weights all count, one dominant weight counts alone.
func TestEffectiveSize(t *testing.T) {
	for _, c := range []struct {
		logs []float64
		want float64
	}{
		{[]float64{-700, -700, -700}, 3}, {[]float64{0, -800, -900}, 1}, {[]float64{math.Log(3), 0}, 1.6},
		{[]float64{0, math.Inf(-1)}, 1},
	} {
		if got := effectiveSize(c.logs); !(math.Abs(got-c.want) < 1e-12) {
			t.Errorf("%v: %v, want %v", c.logs, got, c.want)
		}
	}
}

// TestWeighted: the bound is that of LogBound, and the effective sample size is near all samples at the data, and
// smaller far from it.
func TestWeighted(t *testing.T) {
	m, err := New(DefaultConfig(), standardize.Identity(2), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	b := m.Importance(200)
	x := mat.NewDense(2, 2, []float64{0.1, -0.3, 9, 9})
	bound, effective := b.Weighted(x, rand.New(rand.NewPCG(2, 2)))
	for i, want := range b.LogBound(x, rand.New(rand.NewPCG(2, 2))) {
		if bound[i] != want {
			t.Errorf("row %d: bound %v, want %v", i, bound[i], want)
		}
	}
	if !(effective[0] > effective[1] && effective[1] >= 1 && effective[0] <= 200) {
		t.Errorf("effective sample sizes %v", effective)
	}
}
