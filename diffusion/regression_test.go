package diffusion

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/affine"
	"genlab/internal/state"
)

// TestRegression: it begins as the model that it is made from, comes to give the answers, and goes
// on bit for bit from a saved state.
func TestRegression(t *testing.T) {
	c := DefaultConfig()
	c.Steps, c.Batch, c.Hidden, c.Layers, c.Warmup, c.EMA, c.LR = 300, 64, 32, 2, 5, 0.9, 3e-3
	from, err := New(c, affine.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.5}}, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRegression(from, c, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	x, y := mat.NewDense(2, 2, []float64{1, -1, 0.3, 2}), mat.NewDense(2, 2, nil)
	from.Denoise(y, x, 0.7)
	z := mat.NewDense(2, 2, nil)
	if r.Average().Denoise(z, x, 0.7); !mat.Equal(y, z) {
		t.Errorf("%v, and of the model that it begins as %v", z, y)
	}
	rng := pcg(2, 2)
	fit := func(r *Regression) float64 { // the answer is a third of the point, whatever the level
		x, u, answers := make([]float32, 128), make([]float32, 64), make([]float32, 128)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
			answers[i] = x[i] / 3
			u[i/2] = float32(2*rng.Float64() - 1)
		}
		l, err := r.Fit(x, u, nil, answers)
		if err != nil {
			t.Fatal(err)
		}
		return l[0].Value
	}
	first := fit(r)
	for range 200 {
		fit(r)
	}
	if last := fit(r); !(last < first/5) {
		t.Errorf("a loss of %v became %v", first, last)
	}
	var saved []state.Tensor
	for _, s := range r.State() {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	again, err := ResumeRegression(c, Parts{}, 0.01, saved, r.Steps())
	if err != nil {
		t.Fatal(err)
	}
	rng = pcg(3, 3)
	a := fit(r)
	rng = pcg(3, 3)
	if b := fit(again); a != b || math.IsNaN(a) {
		t.Errorf("a step costs %v, after a resume %v", a, b)
	}
	for i, s := range r.State() {
		if !slices.Equal(s.Data, again.State()[i].Data) {
			t.Errorf("%s differs", s.Name)
		}
	}
	if _, err := NewRegression(from, c, 0); err == nil {
		t.Error("a scale of 0 is accepted")
	}
}
