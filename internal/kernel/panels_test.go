package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestPanels: products with a packed factor have the bits of Gemm, for rows of every kind of tile and panels with and
// without a rest.
func TestPanels(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 1))
		for _, size := range [][2]int{{1, 1}, {3, 4}, {5, 16}, {32, 33}, {64, 66}, {128, 96}, {300, 40}, {520, 129}} {
			k, n := size[0], size[1]
			b := newGuarded(rng, k, n, 3)
			var f Panels
			f.Pack(k, n, b.data, b.ld)
			for _, m := range []int{0, 1, 7, 8, 19, 70} {
				for _, beta := range []float32{0, 1} {
					a, c := newGuarded(rng, m, k, 2), newGuarded(rng, m, n, 1)
					want := make([]float32, max(1, m*c.ld))
					copy(want, c.data)
					Gemm(false, false, m, n, k, 1, a.data, a.ld, b.data, b.ld, beta, want, c.ld)
					f.Multiply(m, a.data, a.ld, beta, c.data, c.ld)
					for i := range m {
						for j := range n {
							if got := c.at(i, j); got != want[i*c.ld+j] {
								t.Fatalf("%d x %d x %d, beta %v: element %d, %d is %v, by Gemm %v", m, k, n, beta, i, j, got, want[i*c.ld+j])
							}
						}
					}
					if err := c.clean(); err != nil {
						t.Fatalf("%d x %d x %d: %v", m, k, n, err)
					}
				}
			}
		}
	})
}

func TestPanelsArguments(t *testing.T) {
	var f Panels
	f.Pack(3, 5, make([]float32, 15), 5)
	for name, call := range map[string]func(){
		"a short B":      func() { f.Pack(3, 5, make([]float32, 14), 5) },
		"a short A":      func() { f.Multiply(2, make([]float32, 5), 3, 0, make([]float32, 10), 5) },
		"a short C":      func() { f.Multiply(2, make([]float32, 6), 3, 0, make([]float32, 9), 5) },
		"a negative row": func() { f.Multiply(-1, nil, 3, 0, nil, 5) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is accepted", name)
				}
			}()
			call()
		}()
	}
}
