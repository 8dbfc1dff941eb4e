package diffusion

import (
	"math"
	"math/rand/v2"
)

// lattice is Gaussian noise for consecutive steps, a Kronecker sequence for each row with a random start: the noise
// of a step is standard normal, and that of many consecutive steps covers the space far more evenly than independent
// noise. A sum over steps that change slowly has a lower variance for it, and the same mean.
type lattice struct {
	d     int
	point []float64 // of the unit cube for each row, n x d
	step  []float64 // of each coordinate
}

// newLattice returns a sequence for each of n rows of d coordinates. Its steps are the powers of the root of
// z^(d+1) = z + 1, which generalise the golden ratio [roberts2018].
func newLattice(n, d int, rng *rand.Rand) *lattice {
	l := &lattice{d: d, point: make([]float64, n*d), step: make([]float64, d)}
	for i := range l.point {
		l.point[i] = rng.Float64()
	}
	root := 1.0
	for range 64 {
		root = math.Pow(1+root, 1/float64(d+1))
	}
	for j := range l.step {
		l.step[j] = math.Pow(root, -float64(j+1))
	}
	return l
}

// next moves to the noise of the next step.
func (l *lattice) next() {
	for i, v := range l.point {
		v += l.step[i%l.d]
		l.point[i] = v - math.Floor(v)
	}
}

// at returns the noise of coordinate j of row i, by the quantile function.
func (l *lattice) at(i, j int) float64 {
	const least = 0x1p-53
	return math.Sqrt2 * math.Erfinv(2*max(l.point[i*l.d+j], least)-1)
}
