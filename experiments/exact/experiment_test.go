package exact

import (
	"math"
	"testing"

	"genlab/datasets"
)

// TestOverGrid: of the truth itself, the grid knows mass and entropy.
func TestOverGrid(t *testing.T) {
	for _, name := range data {
		ds, err := datasets.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		mass, entropy := overGrid(ds.Density, ds, 150)
		if math.Abs(mass-1) > 0.01 || math.Abs(entropy-ds.Entropy) > 0.03 {
			t.Errorf("%s: mass %v, entropy %v of %v", name, mass, entropy, ds.Entropy)
		}
	}
}
