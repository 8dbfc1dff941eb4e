package metrics

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// On a line, k = 1: reals 0, 1, 3 have radii 1, 1, 2; fakes 1.5, 2, 9 have radii .5, .5, 7.
// Balls of reals [-1,1] [0,2] [1,5] hold fakes 0, 2, 2; balls of fakes [1,2] [1.5,2.5] [2,16]
// hold the reals 1 and 3.
func TestManifoldByHand(t *testing.T) {
	real := mat.NewDense(3, 1, []float64{0, 1, 3})
	fake := mat.NewDense(3, 1, []float64{1.5, 2, 9})
	precision, recall, density, coverage := PrecisionRecall(real, fake, 1)
	near(t, "precision", precision.Value, 2./3, 1e-15)
	near(t, "recall", recall.Value, 2./3, 1e-15)
	near(t, "density", density.Value, 4./3, 1e-15)
	near(t, "coverage", coverage.Value, 2./3, 1e-15)
}

// Under equality E[density] = 1 and a ball with k of the n reals is empty of fakes with
// probability 2^-k nearly [naeem2020].
func TestManifoldUnderEquality(t *testing.T) {
	rng := random(1)
	precision, recall, density, coverage := PrecisionRecall(gaussian(3000, 0, 1, rng), gaussian(3000, 0, 1, rng), 5)
	near(t, "density", density.Value, 1, 4*density.SE)          // 4 standard errors
	near(t, "coverage", coverage.Value, 1-1./32, 4*coverage.SE) // 4 standard errors
	near(t, "precision", precision.Value, 1, .01)
	near(t, "recall", recall.Value, 1, .01)
}

func TestManifoldTellsCollapseFromNoise(t *testing.T) {
	rng := random(2)
	truth := gaussian(1000, 0, 1, rng)
	precision, recall, _, coverage := PrecisionRecall(truth, gaussian(1000, 0, .1, rng), 5)
	if precision.Value < .99 || recall.Value > .2 || coverage.Value > .2 {
		t.Errorf("collapsed: precision %v, recall %v, coverage %v", precision.Value, recall.Value, coverage.Value)
	}
	precision, recall, _, _ = PrecisionRecall(truth, gaussian(1000, 0, 10, rng), 5)
	if precision.Value > .3 || recall.Value < .9 {
		t.Errorf("spread: precision %v, recall %v", precision.Value, recall.Value)
	}
}

func TestManifoldInvariances(t *testing.T) {
	rng := random(3)
	x, y := gaussian(300, 0, 1, rng), gaussian(250, 1, 1, rng)
	p, r, d, c := PrecisionRecall(x, y, 5)
	p2, r2, d2, c2 := PrecisionRecall(reversed(rotated(x, 1, 3)), reversed(rotated(y, 1, 3)), 5)
	for i, pair := range [][2]Estimate{{p, p2}, {r, r2}, {d, d2}, {c, c2}} {
		near(t, []string{"precision", "recall", "density", "coverage"}[i], pair[1].Value, pair[0].Value, 1e-12)
	}
	// What is precision of one is recall of the other.
	p3, r3, _, _ := PrecisionRecall(y, x, 5)
	near(t, "swapped precision", p3.Value, r.Value, 0)
	near(t, "swapped recall", r3.Value, p.Value, 0)
}

// The error of 10 parts is rough where single balls rule: within a factor of 2.
func TestManifoldErrorsAreHonest(t *testing.T) {
	for which, name := range []string{"precision", "recall", "density", "coverage"} {
		rng := random(4)
		t.Run(name, func(t *testing.T) {
			calibrate(60, func() Estimate {
				p, r, d, c := PrecisionRecall(gaussian(400, 0, 1, rng), gaussian(400, 1, 1, rng), 5)
				return []Estimate{p, r, d, c}[which]
			}).honest(t, .5, 2)
		})
	}
}

func TestManifoldMisuseAndNonFinite(t *testing.T) {
	x := gaussian(5, 0, 1, random(5))
	panics(t, func() { PrecisionRecall(x, mat.NewDense(5, 3, nil), 5) }, "2", "3")
	panics(t, func() { PrecisionRecall(x, x, 0) }, "k = 0")
	y := gaussian(9, 0, 1, random(5))
	y.Set(1, 1, math.NaN())
	p, r, d, c := PrecisionRecall(y, y, 5)
	for _, e := range []Estimate{p, r, d, c} {
		if !math.IsNaN(e.Value) || e.NonFinite != 2 {
			t.Errorf("%+v", e)
		}
	}
}

func BenchmarkPrecisionRecall(b *testing.B) {
	rng := random(1)
	x, y := gaussian(10000, 0, 1, rng), gaussian(10000, 1, 3, rng)
	for b.Loop() {
		PrecisionRecall(x, y, 5)
	}
}
