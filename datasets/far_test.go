package datasets

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Beyond wheelWound p is its mean over the angle by Laplace's approximation, which has an error of the order of
// 1/curvature: against the mean by quadrature over the angle t of the features, where dx = 4 r ds′/dt dt dr cancels
// the Jacobian but for its 4, and that against the mean of the exact density around a circle, which finds every root.
func TestPinwheelFarOutIsTheMeanOverTheAngle(t *testing.T) {
	w := wheel{arms: 5}
	norm := math.Log(float64(w.arms) * 2 * math.Pi * wheelLong * wheelShort)
	quadrature := func(r float64) float64 {
		return simpson(func(t float64) float64 {
			return -mahalanobis2(r*math.Cos(t), r*math.Sin(t)) / 2
		}, -math.Pi, math.Pi, 20_000) + math.Log(float64(w.arms)/4/(2*math.Pi)) - norm
	}
	for _, r := range []float64{wheelWound + 1e-9, 9, 20, 100} {
		got := w.LogProb(mat.NewDense(1, 2, []float64{2 * r, 0}))[0]
		curvature := r*r/(wheelShort*wheelShort) - r*(r-wheelMean)/(wheelLong*wheelLong)
		if want := quadrature(r); !(math.Abs(got-want) <= 1/curvature+1e-12*math.Abs(want)) {
			t.Errorf("at r = %g: log p = %.6f, log of the mean %.6f", r, got, want)
		}
	}
	for _, r := range []float64{0.5, 1, 1.5, 2} {
		const n = 4000
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.5) / n)
			x.SetRow(i, []float64{2 * r * cos, 2 * r * sin})
		}
		mean := 0.0
		for _, l := range w.LogProb(x) {
			mean += math.Exp(l) / n
		}
		if want := quadrature(r); !(math.Abs(math.Log(mean)-want) <= 1e-6) {
			t.Errorf("at r = %g: log of the mean around the circle %.9f, by the features' angle %.9f", r, math.Log(mean), want)
		}
	}
}

// The sum stops 6.5 sigma from the curves: one over a whole box, 9 sigma wider than they are, is the same.
func TestMoonsEntropyLeavesNothingOut(t *testing.T) {
	for _, sigma := range []float64{0.07, 0.2, 0.5, 1, 3} {
		c := moonsCurves(sigma)
		step := 0.75 * sigma
		var grid []float64
		for i := math.Floor((-1 - 9*sigma) / step); i*step <= 2+9*sigma; i++ {
			for j := math.Floor((-0.5 - 9*sigma) / step); j*step <= 1+9*sigma; j++ {
				grid = append(grid, i*step, j*step)
			}
		}
		want := 0.0
		for _, l := range c.LogProb(mat.NewDense(len(grid)/2, 2, grid)) {
			want -= l * math.Exp(l) * step * step
		}
		if got := c.entropy(); !(math.Abs(got-want) <= 1e-10) {
			t.Errorf("sigma %g: entropy %.12f, over the whole box %.12f", sigma, got, want)
		}
	}
}
