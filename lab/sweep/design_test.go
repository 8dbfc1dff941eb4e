package sweep

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestSobolSequence: point 300 of the sequence in 21 dimensions is that of scipy.stats.qmc.Sobol, which has the same
// direction numbers, and the shift changes all points alike.
func TestSobolSequence(t *testing.T) {
	want := []float64{0.365234375, 0.044921875, 0.287109375, 0.341796875, 0.076171875, 0.529296875, 0.505859375, 0.904296875, 0.646484375, 0.580078125, 0.251953125,
		0.482421875, 0.845703125, 0.994140625, 0.810546875, 0.173828125, 0.455078125, 0.064453125, 0.126953125, 0.580078125, 0.736328125}
	x := mat.NewDense(301, maxSobol, nil)
	sobol(x, rand.New(rand.NewPCG(1, 2)))
	for j, w := range want {
		// The first point of the sequence is 0, so the first row is the shift.
		shift, shifted := uint32(x.At(0, j)*(1<<32)), uint32(x.At(300, j)*(1<<32))
		if got := float64(shift^shifted) / (1 << 32); got != w {
			t.Errorf("coordinate %d is %v, want %v", j, got, w)
		}
	}
}

// TestSpread: of 64 points of a quasi-random sequence each eighth of each coordinate has 8 in a Sobol sequence, and 5 to 11
// in a Halton sequence; of independent ones some have more or fewer.
func TestSpread(t *testing.T) {
	worst := func(s Search) float64 {
		x, err := s.points(64, 3, 5)
		if err != nil {
			t.Fatal(err)
		}
		most := 0.0
		for j := range 3 {
			var counts [8]float64
			for i := range 64 {
				v := x.At(i, j)
				if v < 0 || v >= 1 {
					t.Fatalf("%s: %v is not in [0, 1)", s, v)
				}
				counts[int(8*v)]++
			}
			for _, n := range counts {
				most = max(most, math.Abs(n-8))
			}
		}
		return most
	}
	if s, h, r := worst(Sobol), worst(Halton), worst(Random); s != 0 || h > 3 || r <= h {
		t.Errorf("largest deviation from 8: %v, %v, %v", s, h, r)
	}
	if _, err := Sobol.points(8, 22, 1); err == nil {
		t.Error("a Sobol sequence of 22 coordinates")
	}
}
