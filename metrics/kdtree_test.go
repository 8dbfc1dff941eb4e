package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The tree finds what a loop over all points finds, with ties, in one to three dimensions.
func TestTreeFindsWhatALoopFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 5))
	for trial := range 60 {
		n, d, k := 1+rng.IntN(120), 1+trial%3, 1+rng.IntN(6)
		c, at := make(coordinates, d), make([]float64, d)
		for j := range c {
			c[j] = make([]float64, n)
			for i := range c[j] {
				if c[j][i] = rng.NormFloat64(); trial%2 == 0 {
					c[j][i] = math.Round(4*c[j][i]) / 4
				}
			}
		}
		tree := newTree(c)
		for i := range n {
			all := make([]float64, n)
			squares(all, c, i, c)
			near := slices.Repeat([]float64{math.Inf(1)}, k)
			tree.nearest(near, c.place(i, at), i)
			others := slices.Sorted(slices.Values(slices.Delete(slices.Clone(all), i, i+1)))
			if m := min(k, n-1); !slices.Equal(near[:m], others[:m]) || m < k && !math.IsInf(near[m], 1) {
				t.Fatalf("nearest of %d points in %d dimensions: %v, want %v", n, d, near, others[:m])
			}
			for _, square := range []float64{0, near[0], all[rng.IntN(n)]} {
				var found, want []int
				tree.within(at, square, func(row int) { found = append(found, row) })
				for j, s := range all {
					if s <= square {
						want = append(want, j)
					}
				}
				if slices.Sort(found); !slices.Equal(found, want) {
					t.Fatalf("within %v of %d points in %d dimensions: %v, want %v", square, n, d, found, want)
				}
			}
		}
		tree.within(c.place(0, at), math.NaN(), func(int) { t.Error("a ball of radius NaN has points") })
	}
}

// Projections are sorted by value and then by row, also where single precision cannot tell values apart.
func TestProjectionsAreSorted(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 5))
	for _, offset := range []float64{0, 1e6, -1e300} {
		for _, step := range []float64{0, 1e-12, 1} {
			c := coordinates{make([]float64, 500), make([]float64, 500)}
			for i := range c[0] {
				c[0][i] = offset + step*math.Round(100*rng.NormFloat64())/8
				c[1][i] = step * math.Round(10*rng.NormFloat64())
			}
			var p projector
			l := p.project(nil, c, []float64{0.6, -0.8})
			for i, at := range l {
				if want := 0.6*c[0][at.row] - 0.8*c[1][at.row]; at.at != want {
					t.Fatalf("row %d is projected to %v, want %v", at.row, at.at, want)
				}
				if i > 0 && (l[i-1].at > at.at || l[i-1].at == at.at && l[i-1].row >= at.row) {
					t.Fatalf("offset %v, step %v: values %d and %d are out of order", offset, step, i-1, i)
				}
			}
		}
	}
}
