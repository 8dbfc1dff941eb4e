package datasets

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestDotsOffManifold: a drawn picture lies on the set, noise on it takes it away by no more than its
// length and hardly less, and a picture without its dots or with a smeared one is seen.
func TestDotsOffManifold(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	x, labels := Dots{}.SampleLabelled(60, rng)
	for i, far := range (Dots{}).OffManifold(x) {
		if far > 1e-4 {
			t.Errorf("draw %d, %s, is %v off", i, dotLabels()[labels[i]], far)
		}
		if got := (Dots{}).Classify(x)[i]; got != labels[i] {
			t.Errorf("draw %d, %s, is read as %d", i, dotLabels()[labels[i]], got)
		}
	}
	noisy := mat.DenseCopyOf(x)
	const sigma = 0.01
	for i := range noisy.RawMatrix().Data {
		noisy.RawMatrix().Data[i] += sigma * rng.NormFloat64()
	}
	for i, far := range (Dots{}).OffManifold(noisy) {
		var off mat.VecDense
		off.SubVec(noisy.RowView(i), x.RowView(i))
		if length := mat.Norm(&off, 2); far > length || far < 0.95*length {
			t.Errorf("draw %d with noise of length %v is %v off", i, length, far)
		}
	}
	smeared := mat.NewDense(2, DotsSide*DotsSide, nil)
	a, b := smeared.RawRowView(0), smeared.RawRowView(1)
	Dots{}.Render(a, [][2]float64{{3, 4}, {6.5, 4}})
	for p := range a { // half of each: light for one dot in two places
		a[p] /= 2
	}
	for p := range b { // light for one dot all over
		b[p] = 2 * math.Pi / float64(len(b))
	}
	for i, far := range (Dots{}).OffManifold(smeared) {
		if far < 0.5 {
			t.Errorf("smeared picture %d is %v off", i, far)
		}
	}
}
