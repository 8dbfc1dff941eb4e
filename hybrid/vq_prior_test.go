package hybrid

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/standardize"
)

func smallVQ() VQPriorConfig {
	c := DefaultVQPrior()
	c.Steps, c.PriorSteps, c.Batch, c.Hidden, c.Layers, c.Codes, c.CodeWidth, c.PriorHidden, c.Warmup, c.EMA = 500, 400, 64, 16, 2, 4, 2, 8, 10, 0.9
	c.LR = 0.01
	return c
}

// fourPoints samples a mixture of four narrow Gaussians with unequal weights.
func fourPoints(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		k := min(rng.IntN(5), 3)
		x.SetRow(i, []float64{float64(k%2*4) + 0.1*rng.NormFloat64(), float64(k/2*4) + 0.1*rng.NormFloat64()})
	}
	return x
}

func trainVQ(t *testing.T, v *VQPrior, from, to int, data, noise *rand.Rand) {
	t.Helper()
	for range to - from {
		if _, err := v.Learn(fourPoints(64, data), noise); err != nil {
			t.Fatal(err)
		}
	}
}

// TestVQPrior: the density of a trained model integrates to 1 and is at least the bound, samples have the frequencies of the
// modes, and a training that is resumed in either stage ends with the same bytes.
func TestVQPrior(t *testing.T) {
	c := smallVQ()
	scale := standardize.Map{Shift: []float64{2, 2}, Scale: []float64{2, 2}}
	whole, err := NewVQPrior(c, scale, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	data, noise := rand.New(rand.NewPCG(2, 2)), rand.New(rand.NewPCG(3, 3))
	for _, half := range []int{220, 620} {
		part, err := NewVQPrior(c, scale, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		d, n := rand.New(rand.NewPCG(2, 2)), rand.New(rand.NewPCG(3, 3))
		trainVQ(t, part, 0, half, d, n)
		var saved []checkpoint.Tensor
		for _, s := range part.State() {
			s.Data = slices.Clone(s.Data)
			saved = append(saved, s)
		}
		if part, err = ResumeVQPrior(c, saved, half); err != nil {
			t.Fatal(err)
		}
		trainVQ(t, part, half, c.TotalSteps(), d, n)
		if half == 220 {
			trainVQ(t, whole, 0, c.TotalSteps(), data, noise)
		}
		for i, s := range whole.State() {
			if !slices.Equal(s.Data, part.State()[i].Data) {
				t.Fatalf("resumed at %d, %s differs", half, s.Name)
			}
		}
	}
	m, err := LoadVQPrior(c, whole.State())
	if err != nil {
		t.Fatal(err)
	}
	const side = 400
	grid := mat.NewDense(side*side, 2, nil)
	for i := range side * side {
		grid.SetRow(i, []float64{-2 + 8*(float64(i%side)+0.5)/side, -2 + 8*(float64(i/side)+0.5)/side})
	}
	mass := 0.0
	for _, l := range m.LogProb(grid) {
		mass += math.Exp(l) * (8.0 / side) * (8.0 / side)
	}
	if math.Abs(mass-1) > 0.01 {
		t.Errorf("the density integrates to %v", mass)
	}
	x := fourPoints(2000, rand.New(rand.NewPCG(4, 4)))
	logp, bound := m.LogProb(x), m.LogBound(x, nil)
	mean := 0.0
	for i, l := range logp {
		if bound[i] > l+1e-9 {
			t.Fatalf("a bound of %v on %v", bound[i], l)
		}
		mean -= l / 2000
	}
	// The entropy is that of the modes and of the Gaussians.
	entropy := -(0.6*math.Log(0.2) + 0.4*math.Log(0.4)) + math.Log(2*math.Pi*math.E*0.01)
	if mean < entropy-0.1 || mean > entropy+0.6 {
		t.Errorf("a mean of -log p of %v, the entropy is %v", mean, entropy)
	}
	counts := [4]float64{}
	y := m.Sample(4000, rand.New(rand.NewPCG(5, 5)))
	for i := range 4000 {
		k := 0
		if y.At(i, 0) > 2 {
			k = 1
		}
		if y.At(i, 1) > 2 {
			k += 2
		}
		counts[k] += 1.0 / 4000
	}
	for k, want := range []float64{0.2, 0.2, 0.2, 0.4} {
		if math.Abs(counts[k]-want) > 0.06 {
			t.Errorf("mode %d has a share of %v of the samples, want %v", k, counts[k], want)
		}
	}
	if c.Codes = 300; c.Validate() == nil {
		t.Error("90,000 sequences are not an error")
	}
}
