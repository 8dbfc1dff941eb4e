package standardize

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gentest"
)

// moved returns s·x + b, with an offset for each column.
func moved(x *mat.Dense, s float64, b ...float64) *mat.Dense {
	y := mat.DenseCopyOf(x)
	y.Apply(func(_, j int, v float64) float64 { return s*v + b[j] }, x)
	return y
}

// TestFitFollowsUnits: in any units and from any origin that float64 can hold, the standardised values
// are those at home, to the spacing of float64 or to the rounding that Fit allows itself, and the log
// scale moves by d log s.
func TestFitFollowsUnits(t *testing.T) {
	x := datasets.Moons(0.1).Sampler.Sample(5000, gentest.Rand(1))
	home, err := Fit(x)
	if err != nil {
		t.Fatal(err)
	}
	want := mat.DenseCopyOf(x)
	home.FromData(want)
	for _, c := range []struct{ s, bx, by float64 }{
		{1e-30, 0, 0}, {1e30, 0, 0}, {1, 1e9, 1e9}, {.02, 448251.31, 5411932.77}, {.002, 448251.31, 5411932.77}, {1e-6, 1e3, 1e3},
		{1e-46, 0, 0}, {1e39, 0, 0}, {1e-200, 0, 0}, {1e300, 0, 0}, {1e-300, 1e-290, 1e-290}, {1e39, 1e45, -1e45}, {1e-9, -1, 1},
	} {
		y := moved(x, c.s, c.bx, c.by)
		m, err := Fit(y)
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		z := mat.DenseCopyOf(y)
		m.FromData(z)
		spacing := math.Max(math.Abs(c.bx), math.Abs(c.by)) * 0x1p-52 / c.s
		for i, v := range z.RawMatrix().Data {
			if d := math.Abs(v - want.RawMatrix().Data[i]); !(d <= 3e-5+4*spacing) {
				t.Errorf("%+v: value %d is %v, at home %v", c, i, v, want.RawMatrix().Data[i])
				break
			}
		}
		if got := m.LogScale() - home.LogScale(); !(math.Abs(got-2*math.Log(c.s)) <= 3e-5+4*spacing) {
			t.Errorf("%+v: the log scale moves by %v, want %v", c, got, 2*math.Log(c.s))
		}
		back, err := FromState("scale", m.State("scale"))
		if err != nil || fmt.Sprint(back) != fmt.Sprint(m) {
			t.Errorf("%+v: %v comes back as %v, %v", c, m, back, err)
		}
	}
}

// TestFitKeepsFloat32 where it is enough, in two tensors: for every distribution of the laboratory.
func TestFitKeepsFloat32(t *testing.T) {
	for _, ds := range append(datasets.All(), datasets.More()...) {
		if ds.Sampler == nil {
			continue
		}
		m, err := Fit(ds.Sampler.Sample(1000, gentest.Rand(1)))
		if err != nil {
			t.Fatal(ds.Name, err)
		}
		if state := m.State("scale"); len(state) != 2 {
			t.Errorf("%s has %d tensors", ds.Name, len(state))
		}
	}
}

// TestFitSaysWhatIsWrong, and refuses nothing that float64 can hold.
func TestFitSaysWhatIsWrong(t *testing.T) {
	next := math.Nextafter(5411932.77, math.Inf(1))
	few := make([]float64, 5000)
	for i := range few {
		few[i] = 5411932.77
	}
	few[0] = next
	for want, v := range map[string][]float64{
		"column 1 of 3 points is constant, 5.41193277e+06":       {5411932.77, 5411932.77, 5411932.77},
		"is constant, 1e-300":                                    {1e-300, 1e-300},
		"is constant, 3":                                         {3},
		"not finite":                                             {1, math.Inf(1), 2},
		"a value that is not finite":                             {1, math.NaN(), 2},
		"near 5.41193277e+06 float64 numbers are 9.31e-10 apart": few,
		"beyond float64":                                         {-1.7e308, 1.7e308},
	} {
		if _, err := Fit(mat.NewDense(len(v), 1, v)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.5v: %v, want %q", v[:1], err, want)
		}
	}
	mirrored := make([]float64, len(few))
	for i, v := range few {
		mirrored[i] = -v
	}
	if _, err := Fit(mat.NewDense(len(few), 1, mirrored)); err == nil || !strings.Contains(err.Error(), "near -5.41193277e+06 float64 numbers are 9.31e-10 apart") {
		t.Errorf("below 0: %v", err)
	}
	if m, err := Fit(mat.NewDense(2, 1, []float64{5411932.77, next})); err == nil && !(m.Scale[0] > 0) {
		t.Errorf("two neighbours: %v", m)
	}
}

// TestOldStatesLoad: a map without the exact tensor is the one of the rounded values.
func TestOldStatesLoad(t *testing.T) {
	saved := []checkpoint.Tensor{{Name: "scale/shift", Shape: []int{2}, Data: []float32{1.1, 2}}, {Name: "scale/scale", Shape: []int{2}, Data: []float32{3, 0.1}}}
	m, err := FromState("scale", saved)
	if err != nil || m.Shift[0] != float64(float32(1.1)) || m.Scale[1] != float64(float32(0.1)) {
		t.Errorf("%v, %v", m, err)
	}
}
