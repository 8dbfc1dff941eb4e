package train

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// StratifiedNormal fills dst, rows x d, with samples of N(0, I) that cover the distribution more evenly than
// independent rows, so that a mean over them has less variance. Each pair of columns is a lattice of as many points as
// rows, shifted at random in each direction [cranley1976], in random order, and mapped by the normal quantile function.
// Each row by itself is N(0, I): a mean over the rows is unbiased. It panics if the rows are incomplete.
func StratifiedNormal(dst []float32, d int, rng *rand.Rand) {
	n := len(dst) / d
	if n*d != len(dst) {
		panic(fmt.Sprintf("train: StratifiedNormal of %d values in rows of %d", len(dst), d))
	}
	// The rank-1 lattice i·(1/n, 1/φ) modulo 1 with the golden ratio φ.
	lattice := [2]float64{1 / float64(n), 1 / math.Phi}
	for first := 0; first < d; first += 2 {
		pair := min(2, d-first)
		for k := range pair {
			u := rng.Float64()
			for i := range n {
				dst[i*d+first+k] = normalQuantile(u)
				if u += lattice[k]; u >= 1 {
					u--
				}
			}
		}
		if first == 0 {
			continue // the other pairs are in random order relative to the first
		}
		for i := n - 1; i > 0; i-- {
			j := rng.IntN(i + 1)
			for k := first; k < first+pair; k++ {
				dst[i*d+k], dst[j*d+k] = dst[j*d+k], dst[i*d+k]
			}
		}
	}
}

// normalQuantile returns the u-quantile of N(0, 1), u in [0, 1), finite at 0.
func normalQuantile(u float64) float32 {
	return float32(math.Sqrt2 * math.Erfinv(max(2*u-1, -1+0x1p-53)))
}
