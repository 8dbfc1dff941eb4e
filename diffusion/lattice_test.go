package diffusion

import (
	"math"
	"testing"
)

// TestLatticeIsNormal: over the rows, the noise of a step has the moments of a normal distribution; over the steps of a
// row they are far closer to them than those of independent noise.
func TestLatticeIsNormal(t *testing.T) {
	const rows, steps, d = 4000, 1000, 2
	moments := func(n int, at func(k int) float64) (first, second, fourth float64) {
		for k := range n {
			u := at(k)
			first += u / float64(n)
			second += u * u / float64(n)
			fourth += u * u * u * u / float64(n)
		}
		return first, second, fourth
	}
	l := newLattice(rows, d, pcg(1, 2))
	var ofRow [steps]float64
	for k := range steps {
		l.next()
		ofRow[k] = l.at(7, 1)
	}
	for j := range d {
		a, b, c := moments(rows, func(i int) float64 { return l.at(i, j) })
		if se := 1 / math.Sqrt(rows); !(math.Abs(a) < 4*se && math.Abs(b-1) < 4*math.Sqrt2*se && math.Abs(c-3) < 4*math.Sqrt(96)*se) {
			t.Errorf("coordinate %d over the rows has the moments %v, %v, %v, want 0, 1, 3", j, a, b, c)
		}
	}
	a, b, c := moments(steps, func(k int) float64 { return ofRow[k] })
	if se := 1 / math.Sqrt(steps); !(math.Abs(a) < 0.2*se && math.Abs(b-1) < 0.2*math.Sqrt2*se && math.Abs(c-3) < 0.2*math.Sqrt(96)*se) {
		t.Errorf("the steps of a row have the moments %v, %v, %v, want 0, 1, 3", a, b, c)
	}
}
