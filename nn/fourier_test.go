package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestFourier: the columns are the vector, the sines, the cosines and what is beside; without
// frequencies the sines and cosines are not there.
func TestFourier(t *testing.T) {
	for _, k := range []int{0, 3} {
		f := NewFourier(2, k, 2, rand.New(rand.NewPCG(1, 2)))
		forward, err := NewForward(func(g *Graph) G.Nodes {
			return G.Nodes{f.Beside(g, g.Input("v", 2), g.Input("more", 1))}
		})
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, 2+2*k+1)
		if err := forward.Run(1, Columns{"v": {0.3, -0.7}, "more": {5}}, out); err != nil {
			t.Fatal(err)
		}
		want := make([]float64, len(out))
		want[0], want[1], want[2+2*k] = 0.3, -0.7, 5
		for j := range k {
			b := f.freqs.Value
			want[2+j], want[2+k+j] = math.Sincos(0.3*float64(b[j]) - 0.7*float64(b[k+j]))
		}
		for j, w := range want {
			if !(math.Abs(float64(out[j])-w) <= 1e-6) {
				t.Errorf("%d frequencies, column %d: %v, want %v", k, j, out[j], w)
			}
		}
		if f.Frequencies.Count() != 2*k {
			t.Errorf("%d frequencies kept for a checkpoint, want %d", f.Frequencies.Count(), 2*k)
		}
	}
}
