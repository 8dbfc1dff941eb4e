package standardize

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"gonum.org/v1/gonum/stat"

	"genlab/checkpoint"
)

func TestFitStandardises(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 10, 2, 30, 3, 20, 6, 60})
	m, err := Fit(x)
	if err != nil {
		t.Fatal(err)
	}
	z := mat.DenseCopyOf(x)
	m.FromData(z)
	for j := range 2 {
		mean, sd := stat.MeanStdDev(mat.Col(nil, j, z), nil)
		if !(math.Abs(mean) <= 1e-6) || !(math.Abs(sd-1) <= 1e-6) { // the map is rounded to float32
			t.Errorf("column %d has mean %v and deviation %v", j, mean, sd)
		}
	}
	m.ToData(z)
	if !mat.EqualApprox(x, z, 1e-12) {
		t.Errorf("there and back gives %v", mat.Formatted(z))
	}
	// The area of the image of the unit square.
	if got, want := m.LogScale(), math.Log(m.Scale[0]*m.Scale[1]); !(math.Abs(got-want) <= 1e-12) {
		t.Errorf("log scale %v, want %v", got, want)
	}
}

func TestFitRefusesAConstantAxis(t *testing.T) {
	if _, err := Fit(mat.NewDense(3, 2, []float64{1, 7, 2, 7, 3, 7})); err == nil {
		t.Error("a column that does not vary was accepted")
	}
}

func TestStateKeepsEveryBit(t *testing.T) {
	m, err := Fit(mat.NewDense(3, 2, []float64{1.1, 7, 2.2, 8, 3.7, 7}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := FromState("scale", m.State("scale"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if got.Shift[i] != m.Shift[i] || got.Scale[i] != m.Scale[i] {
			t.Errorf("axis %d: %v and %v", i, got, m)
		}
	}
}

// TestFromStateCountsAxes: a map of any number of axes comes back; half of one does not.
func TestFromStateCountsAxes(t *testing.T) {
	saved := Identity(5).State("scale")
	if got, err := FromState("scale", saved); err != nil || len(got.Shift) != 5 || len(got.Scale) != 5 {
		t.Errorf("%v, %v", got, err)
	}
	saved[1].Shape, saved[1].Data = []int{3}, saved[1].Data[:3]
	for _, bad := range [][]checkpoint.Tensor{nil, saved[:1], saved[1:], saved} {
		if _, err := FromState("scale", bad); err == nil {
			t.Errorf("%v made a map", bad)
		}
	}
}

// TestFromDataTo gives the values of FromData in float32 and leaves out further columns.
func TestFromDataTo(t *testing.T) {
	m := Map{Shift: []float64{1, -2}, Scale: []float64{3, 0.7}}
	x := mat.NewDense(2, 3, []float64{1, 2, 9, 3, 4, 9})
	z := mat.DenseCopyOf(x.Slice(0, 2, 0, 2))
	m.FromData(z)
	got := make([]float32, 4)
	m.FromDataTo(got, x)
	for i, v := range z.RawMatrix().Data {
		if got[i] != float32(v) {
			t.Errorf("value %d is %v, want %v", i, got[i], float32(v))
		}
	}
}

// TestFromStateRefusesWhatIsNoMap: what cannot come from data, in float32 and in the exact form.
func TestFromStateRefusesWhatIsNoMap(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, m := range []Map{
		{[]float64{0, 1}, []float64{1, 0}}, {[]float64{0, 1}, []float64{1, -2}}, {[]float64{0, 1}, []float64{nan, 1}},
		{[]float64{0, nan}, []float64{1, 1}}, {[]float64{0, 1}, []float64{inf, nan}}, {[]float64{0, 0.1}, []float64{1, -0.3}},
	} {
		if got, err := FromState("scale", m.State("scale")); err == nil {
			t.Errorf("%v was read as %v", m, got)
		}
	}
}
