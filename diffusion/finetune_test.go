package diffusion

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/standardize"
)

// TestFineTuner: it begins as the model that it is made from, learns the predictions asked of it, and goes
// on bit for bit from a saved state.
func TestFineTuner(t *testing.T) {
	c := DefaultConfig()
	c.Steps, c.Batch, c.Hidden, c.Layers, c.Warmup, c.EMA, c.LR = 300, 64, 32, 2, 5, 0.9, 3e-3
	from, err := New(c, standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	loss := Loss{Name: "loss", Weight: 1, Build: PseudoHuber(0.01)}
	r, err := NewFineTuner(from, c, loss)
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
	fit := func(r *FineTuner) float64 { // the answer is a third of the point, whatever the level
		x, u, answers := make([]float32, 128), make([]float32, 64), make([]float32, 128)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
			answers[i] = x[i] / 3
			u[i/2] = float32(2*rng.Float64() - 1)
		}
		copy(r.Input("target"), answers)
		l, err := r.Fit(x, u, nil)
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
	var saved []checkpoint.Tensor
	for _, s := range r.State() {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	again, err := ResumeFineTuner(c, Components{}, saved, r.Steps(), loss)
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
}

// TestTuningMinimisesTheSum: of two losses the gradient is the weighted one, and each is reported as it is.
// A loss at twice the weight and another of the same at minus one are the first alone.
func TestTuningMinimisesTheSum(t *testing.T) {
	c := DefaultConfig()
	c.Steps, c.Batch, c.Hidden, c.Layers, c.Warmup, c.EMA = 10, 8, 16, 2, 0, 0
	from, err := New(c, standardize.Identity(2), pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	one := Loss{Name: "one", Weight: 1, Build: PseudoHuber(0.1)}
	twice, less := one, one
	twice.Weight, less.Name, less.Weight = 2, "less", -1
	var ends [2]*mat.Dense
	for k, losses := range [][]Loss{{one}, {twice, less}} {
		r, err := NewFineTuner(from, c, losses...)
		if err != nil {
			t.Fatal(err)
		}
		x, u := make([]float32, 16), make([]float32, 8)
		rng := pcg(2, 2)
		for i := range x {
			x[i], r.Input("target")[i], u[i/2] = float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(rng.NormFloat64())
		}
		l, err := r.Fit(x, u, nil)
		if err != nil || len(l) != len(losses) || l[len(l)-1].Value != l[0].Value || l[len(l)-1].Name != losses[len(l)-1].Name {
			t.Fatalf("losses %v, error %v", l, err)
		}
		// What is reported is the distance of the model's own predictions.
		var want float64
		for i := range 8 {
			y := mat.NewDense(1, 2, []float64{float64(x[2*i]), float64(x[2*i+1])})
			from.Denoise(y, y, TimeOfNoise(from.Schedule(), math.Exp(float64(u[i]))))
			off := math.Hypot(y.At(0, 0)-float64(r.Input("target")[2*i]), y.At(0, 1)-float64(r.Input("target")[2*i+1]))
			want += (math.Hypot(off, 0.1) - 0.1) / 8
		}
		if !(math.Abs(l[0].Value-want) <= 1e-5) {
			t.Errorf("a loss of %v, want %v", l[0].Value, want)
		}
		ends[k] = mat.NewDense(3, 2, []float64{1, 2, 0.3, -1, 0, 0.5})
		r.Average().Denoise(ends[k], ends[k], 0.5)
	}
	if !mat.EqualApprox(ends[0], ends[1], 1e-6) {
		t.Errorf("%v after a step, of the sum %v", ends[0], ends[1])
	}
}

// TestAlphaSigma: of a noise level log(σ/α), with variances that add up to 1.
func TestAlphaSigma(t *testing.T) {
	for _, u := range []float64{-9, -1, 0, 0.3, 5} {
		alpha, sigma := alphaSigma(u)
		if !(math.Abs(math.Log(sigma/alpha)-u) <= 1e-12) || !(math.Abs(alpha*alpha+sigma*sigma-1) <= 1e-12) {
			t.Errorf("level %v: α = %v, σ = %v", u, alpha, sigma)
		}
	}
}
