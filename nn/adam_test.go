package nn

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
)

// quadratic returns a step whose gradient at w is (w - target)·curvature, and its optimiser.
func quadratic(t *testing.T, cfg AdamConfig) (*Params, *Step, *Adam) {
	t.Helper()
	ps := new(Params)
	p := ps.New("w", 3, 5)
	q := ps.New("b", 1, 5)
	copy(p.Value, random(1, 15))
	copy(q.Value, random(2, 5))
	s, err := NewStep(ps, 150, func(g *Graph) G.Nodes {
		y := Linear(g.Input("x", 3), g.Param(p), g.Param(q), 0)
		return G.Nodes{Mean(Square(y))}
	})
	if err != nil {
		t.Fatal(err)
	}
	copy(s.Input("x"), random(3, 450))
	return ps, s, NewAdam(ps, cfg)
}

// TestAdamFollowsItsFormula in float64, over 100 steps, from the step's own gradients.
func TestAdamFollowsItsFormula(t *testing.T) {
	cfg := AdamConfig{Beta1: 0.8, Beta2: 0.99, Eps: 1e-6, WeightDecay: 0.02, Clip: 1.5}
	rate := Cosine{Peak: 0.02, Floor: 0.001, Warmup: 10, Steps: 80}
	ps, s, a := quadratic(t, cfg)
	average, _, _ := quadratic(t, cfg)
	average.CopyFrom(ps)
	ema := &EMA{average, 0.9}
	n := len(ps.flat)
	p, m, v, avg := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range p {
		p[i] = float64(ps.flat[i])
		avg[i] = p[i]
	}
	clipped := 0
	for step := range 100 {
		if _, err := s.Gradient(); err != nil {
			t.Fatal(err)
		}
		norm := 0.0
		for _, g := range s.grad {
			norm += float64(g) * float64(g)
		}
		scale := 1.0
		if norm = math.Sqrt(norm); norm > cfg.Clip {
			scale = cfg.Clip / norm
			clipped++
		}
		lr, k := rate.At(step), float64(step+1)
		decay := math.Min(0.9, (1+k)/(10+k))
		weight := make([]bool, n)
		for _, p := range ps.List() {
			for i := range p.Value {
				weight[p.at+i] = p.Rows > 1
			}
		}
		for i, g32 := range s.grad {
			g := scale * float64(g32)
			m[i] = cfg.Beta1*m[i] + (1-cfg.Beta1)*g
			v[i] = cfg.Beta2*v[i] + (1-cfg.Beta2)*g*g
			mh, vh := m[i]/(1-math.Pow(cfg.Beta1, k)), v[i]/(1-math.Pow(cfg.Beta2, k))
			if weight[i] {
				p[i] -= lr * cfg.WeightDecay * p[i]
			}
			p[i] -= lr * mh / (math.Sqrt(vh) + cfg.Eps)
			avg[i] = decay*avg[i] + (1-decay)*p[i]
		}
		s.Update(a, lr, ema)
	}
	if clipped == 0 || clipped == 100 {
		t.Errorf("%d gradients of 100 were clipped", clipped)
	}
	for i := range p {
		// A hundred roundings of about 6e-8.
		if !(math.Abs(p[i]-float64(ps.flat[i])) <= 6e-6) || !(math.Abs(avg[i]-float64(average.flat[i])) <= 6e-6) {
			t.Fatalf("value %d is %v with average %v, not %v and %v", i, ps.flat[i], average.flat[i], p[i], avg[i])
		}
	}
	if a.Steps() != 100 {
		t.Errorf("%d steps", a.Steps())
	}
}

// TestAverageWithoutDecay follows the parameters.
func TestAverageWithoutDecay(t *testing.T) {
	ps, s, a := quadratic(t, DefaultAdam)
	average, _, _ := quadratic(t, DefaultAdam)
	if _, err := s.Gradient(); err != nil {
		t.Fatal(err)
	}
	s.Update(a, 0.1, &EMA{average, 0})
	if !slices.Equal(ps.flat, average.flat) {
		t.Error("an average that forgets all at once is not the parameters")
	}
}

// TestAverageOfAnUnusedSet: a set that no graph has read yet keeps its average.
func TestAverageOfAnUnusedSet(t *testing.T) {
	ps, s, a := quadratic(t, DefaultAdam)
	average := new(Params)
	w := average.New("w", 3, 5)
	average.New("b", 1, 5)
	average.CopyFrom(ps)
	if _, err := s.Gradient(); err != nil {
		t.Fatal(err)
	}
	before := w.Value[0]
	s.Update(a, 0.1, &EMA{average, 0.5})
	NewGraph(1).Param(w)
	after := ps.List()[0].Value[0]
	if want := (2*before + 9*after) / 11; !(math.Abs(float64(w.Value[0]-want)) <= 1e-6) {
		t.Errorf("the average of %v and %v is %v", before, after, w.Value[0])
	}
	small := new(Params)
	small.New("w", 1, 1)
	if panics(func() { s.Update(a, 0.1, &EMA{small, 0.5}) }) == "" {
		t.Error("an average of another size is accepted")
	}
}

// TestResume: what is saved in the middle and loaded elsewhere goes on bit for bit.
func TestResume(t *testing.T) {
	cfg := AdamConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Clip: 1}
	steps := func(s *Step, a *Adam, ema *EMA, n int) {
		for range n {
			if _, err := s.Gradient(); err != nil {
				t.Fatal(err)
			}
			s.Update(a, Constant(0.01).At(a.Steps()), ema)
		}
	}
	all := func(ps *Params, a *Adam, ema *EMA) []checkpoint.Tensor {
		return slices.Concat(ps.State("model"), a.State("adam"), ema.Average.State("ema"))
	}
	fresh := func() (*Params, *Step, *Adam, *EMA) {
		ps, s, a := quadratic(t, cfg)
		average, _, _ := quadratic(t, cfg)
		return ps, s, a, &EMA{average, 0.99}
	}
	ps, s, a, ema := fresh()
	steps(s, a, ema, 7)
	var saved []checkpoint.Tensor
	for _, x := range all(ps, a, ema) {
		x.Data = slices.Clone(x.Data)
		saved = append(saved, x)
	}
	count := a.Steps()
	steps(s, a, ema, 9)

	ps2, s2, a2, ema2 := fresh()
	steps(s2, a2, ema2, 2) // another state, to be overwritten
	if err := checkpoint.Copy(all(ps2, a2, ema2), saved); err != nil {
		t.Fatal(err)
	}
	a2.SetSteps(count)
	steps(s2, a2, ema2, 9)
	want, got := all(ps, a, ema), all(ps2, a2, ema2)
	for i, x := range want {
		if !slices.Equal(got[i].Data, x.Data) {
			t.Errorf("%s differs after resuming", x.Name)
		}
	}
}

func TestRates(t *testing.T) {
	c := Cosine{Peak: 1, Floor: 0.1, Warmup: 4, Steps: 14}
	for step, want := range map[int]float64{0: 0.25, 1: 0.5, 3: 1, 4: 1, 9: 0.55, 14: 0.1, 100: 0.1} {
		if got := c.At(step); !(math.Abs(got-want) <= 1e-15) {
			t.Errorf("the rate of step %d is %v, not %v", step, got, want)
		}
	}
	for step := 4; step < 20; step++ {
		if c.At(step+1) > c.At(step) {
			t.Errorf("the rate rises at step %d", step)
		}
	}
	if Constant(0.3).At(0) != 0.3 || Constant(0.3).At(1000) != 0.3 {
		t.Error("a constant rate varies")
	}
}
