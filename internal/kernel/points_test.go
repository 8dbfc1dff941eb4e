package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func uniform(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 10*rng.Float64() - 5
	}
	return v
}

// Distances are those of math.Hypot, are added to col, and have the same bits at every level.
func TestDistances(t *testing.T) {
	type result struct {
		sum float64
		col []float64
	}
	var first []result
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 1))
		var all []result
		for n := range 60 {
			bx, by, col := uniform(rng, n), uniform(rng, n), uniform(rng, n)
			before, want := slices.Clone(col), 0.0
			r := result{Distances(1.5, -2, bx, by, col), col}
			for i := range n {
				d := math.Hypot(1.5-bx[i], -2-by[i])
				want += d
				if !(math.Abs(col[i]-before[i]-d) <= 1e-14) {
					t.Fatalf("n = %d: %v is added to col[%d], want %v", n, col[i]-before[i], i, d)
				}
			}
			if !(math.Abs(r.sum-want) <= 1e-12) {
				t.Errorf("n = %d: the sum is %v, want %v", n, r.sum, want)
			}
			all = append(all, r)
		}
		if first == nil {
			first = all
		}
		for i, r := range all {
			if r.sum != first[i].sum || !slices.Equal(r.col, first[i].col) {
				t.Errorf("n = %d: the bits differ between levels", i)
			}
		}
	})
}

// AddGaussians agrees with double precision to 3e-6 of the sum of the weights, drops the terms beyond the cutoff,
// and a point's value does not depend on its place.
func TestAddGaussians(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 1))
		const cutoff = 12
		for n := range 40 {
			x, y, sum := vector(rng, n, 2), vector(rng, n, 2), vector(rng, n, 1)
			of := make([]Gaussian, 1+n%5)
			for i := range of {
				of[i] = Gaussian{rng.Float32(), 1 + rng.Float32(), rng.Float32(), 1 + rng.Float32(), rng.Float32()}
			}
			want := widen(sum.data)
			for i := range want {
				for _, g := range of {
					a := (float64(x.data[i]) - float64(g.X)) * float64(g.RateX)
					b := (float64(y.data[i]) - float64(g.Y)) * float64(g.RateY)
					if s := a*a + b*b; s < cutoff {
						want[i] += float64(g.Weight) * math.Exp(-s)
					}
				}
			}
			alone := slices.Clone(sum.data)
			AddGaussians(x.data, y.data, sum.data, of, cutoff)
			compare(t, "AddGaussians", sum, want, 3e-6*float64(len(of)), 0)
			for i := range alone {
				AddGaussians(x.data[i:i+1], y.data[i:i+1], alone[i:i+1], of, cutoff)
			}
			if !slices.Equal(alone, sum.data) {
				t.Errorf("n = %d: points one by one differ from all", n)
			}
		}
		far := []float32{0}
		AddGaussians([]float32{4}, []float32{0}, far, []Gaussian{{RateX: 1, RateY: 1, Weight: 1}}, cutoff)
		if far[0] != 0 {
			t.Errorf("a term beyond the cutoff is %v, want 0", far[0])
		}
	})
}
