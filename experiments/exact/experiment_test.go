package exact

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/datasets"
)

// TestOverGrid: for the true density the grid gives a mass of 1 and its entropy, and its samples pass
// the χ² test; samples shifted by 0.1 do not.
func TestOverGrid(t *testing.T) {
	for _, name := range autoregressiveData[:3] {
		ds, err := datasets.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		g := overGrid(ds.Density, ds, 160)
		if math.Abs(g.mass-1) > 0.01 || math.Abs(g.entropy-ds.Entropy) > 0.03 {
			t.Errorf("%s: mass %v, entropy %v of %v", name, g.mass, g.entropy, ds.Entropy)
		}
		x := ds.Sampler.Sample(5000, rand.New(rand.NewPCG(1, 1)))
		if p := g.pValue(x); !(p > 1e-3) {
			t.Errorf("%s: samples of the density have the p-value %v", name, p)
		}
		x.Apply(func(_, _ int, v float64) float64 { return v + 0.1 }, mat.DenseCopyOf(x))
		if p := g.pValue(x); !(p < 1e-6) {
			t.Errorf("%s: samples of another density have the p-value %v", name, p)
		}
	}
}

// TestOverOwnCells: the cells of an autoregressive model sum to 1 exactly, also where a grid around the data is as coarse as
// the cells and does not.
func TestOverOwnCells(t *testing.T) {
	ds, err := datasets.ByName("ring8")
	if err != nil {
		t.Fatal(err)
	}
	xmin, xmax, ymin, ymax := ds.Box()
	cfg := autoregressive.DefaultConfig()
	cfg.Box = autoregressive.Box{XMin: xmin, XMax: xmax, YMin: ymin, YMax: ymax}
	m, err := autoregressive.NewPoints(cfg, cfg.Box, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	g := overGrid(m, ds, 96)
	// float32 probabilities of a million cells.
	if !(math.Abs(g.mass-1) < 1e-4) {
		t.Errorf("the cells sum to %v", g.mass)
	}
	if p := g.pValue(m.Sample(2000, rand.New(rand.NewPCG(2, 2)))); !(p > 1e-3) {
		t.Errorf("samples of the model have the p-value %v", p)
	}
}
