package pack_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/lab/live/pack"
)

// TestCSV: all digits of points are written, with labels where there are some.
func TestCSV(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{0.1, -2, 1e-9, 1. / 3})
	if got, want := string(pack.CSV(x, nil)), "x,y\n0.1,-2\n1e-09,0.3333333333333333\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := string(pack.CSV(x, []int{3, 0})), "x,y,label\n0.1,-2,3\n1e-09,0.3333333333333333,0\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
