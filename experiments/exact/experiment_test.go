package exact

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

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
