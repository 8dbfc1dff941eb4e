package odelikelihood

import (
	"testing"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/train"
)

// TestKnown: the flow gives the wanted distribution, which differs from the one without the noise that the
// flow starts with.
func TestKnown(t *testing.T) {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	x := ds.Sampler.Sample(20, train.NewStream(1, "x").Rand)
	e := known(ds.Sampler.(*datasets.Mixture), diffusion.Linear{Min: 0.1, Max: 20}, 1e-7)
	if _, worst := e.errors(x); worst > 1e-5 || e.evaluations(x) < 50 {
		t.Errorf("off by %v after %v evaluations", worst, e.evaluations(x))
	}
	e.want = ds.Density
	if _, worst := e.errors(x); worst < 1e-4 {
		t.Errorf("off by %v from the distribution without noise", worst)
	}
}
