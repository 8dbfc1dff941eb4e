package nn

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// withProcs runs f for GOMAXPROCS 1, 2 and 3.
func withProcs(f func(procs int)) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs := 1; procs <= 3; procs++ {
		runtime.GOMAXPROCS(procs)
		f(procs)
	}
}

func regression(batch int) (*Params, MLP, *Step) {
	ps := new(Params)
	m := NewMLP(ps, "mlp", []int{3, 33, 17, 2}, kernel.SiLU, Xavier, rand.New(rand.NewPCG(1, 2)))
	s, err := NewStep(ps, batch, func(g *Graph) G.Nodes {
		y := m.Apply(g, g.Input("x", 3))
		return G.Nodes{MSE(y, g.Input("target", 2)), Mean(Mul(y, y))}
	})
	if err != nil {
		panic(err)
	}
	copy(s.Input("x"), random(1, batch*3))
	copy(s.Input("target"), random(2, batch*2))
	return ps, m, s
}

// TestShardsAgreeWithTheWholeBatch: the losses and the gradient are those of one graph over
// the whole batch but for rounding, and the same bits on any number of cores and in any run.
func TestShardsAgreeWithTheWholeBatch(t *testing.T) {
	for _, batch := range []int{1, 5, 127, 128, 129, 256, 300} {
		ps, m, s := regression(batch)
		g := NewGraph(batch)
		y := m.Apply(g, g.Input("x", 3))
		outs := G.Nodes{MSE(y, g.Input("target", 2)), Mean(Mul(y, y))}
		var wrt G.Nodes
		for _, p := range ps.List() {
			wrt = append(wrt, g.Param(p))
		}
		grads, err := g.Grad(outs[0], nil, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		whole := mustCompile(t, g, append(outs, grads...)...)
		copy(g.leaves["x"].f32, s.Input("x"))
		copy(g.leaves["target"].f32, s.Input("target"))
		mustRun(t, whole)
		var first []float32
		withProcs(func(procs int) {
			for range 3 {
				losses, err := s.Gradient()
				if err != nil {
					t.Fatal(err)
				}
				for i, n := range outs {
					if want := float64(whole.float32s(n)[0]); math.Abs(losses[i]-want) > 1e-6*math.Abs(want) {
						t.Errorf("batch %d: loss %d is %v, not %v", batch, i, losses[i], want)
					}
				}
				if first == nil {
					first = slices.Clone(s.grad)
				}
				if !slices.Equal(s.grad, first) {
					t.Errorf("batch %d: other bits with GOMAXPROCS=%d", batch, procs)
				}
			}
		})
		for i, p := range ps.List() {
			if d := furthest(first[p.at:p.at+len(p.Value)], whole.float32s(grads[i])); d > 2e-6 {
				t.Errorf("batch %d: gradient of %s off by %v", batch, p.Name, d)
			}
		}
	}
}

// TestTrainingIsReproducible: the same bits after 20 updates, on any number of cores.
func TestTrainingIsReproducible(t *testing.T) {
	var first []float32
	withProcs(func(procs int) {
		ps, _, s := regression(300)
		a := NewAdam(ps, AdamConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1, Clip: 0.05})
		var before float64
		for range 20 {
			losses, err := s.Gradient()
			if err != nil {
				t.Fatal(err)
			}
			if before == 0 {
				before = losses[0]
			}
			s.Update(a, 1e-2, nil)
		}
		if losses, _ := s.Gradient(); !(losses[0] < 0.9*before) {
			t.Errorf("the loss went from %v to %v", before, losses[0])
		}
		if first == nil {
			first = slices.Clone(ps.flat)
		}
		if !slices.Equal(ps.flat, first) {
			t.Errorf("other bits with GOMAXPROCS=%d", procs)
		}
	})
}

func TestStepAllocatesNothing(t *testing.T) {
	ps, m, s := regression(300)
	average := new(Params)
	NewMLP(average, "mlp", []int{3, 33, 17, 2}, kernel.SiLU, Xavier, rand.New(rand.NewPCG(1, 2)))
	a, ema := NewAdam(ps, AdamConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Clip: 1}), &EMA{average, 0.99}
	f, err := NewForward(func(g *Graph) G.Nodes { return G.Nodes{m.Apply(g, g.Input("x", 3))} })
	if err != nil {
		t.Fatal(err)
	}
	in, out := Columns{"x": random(1, 3000)}, make([]float32, 2000)
	for name, run := range map[string]func(){
		"step": func() {
			if _, err := s.Gradient(); err != nil {
				t.Error(err)
			}
			s.Update(a, 1e-3, ema)
		},
		"forward": func() {
			if err := f.Run(1000, in, out); err != nil {
				t.Error(err)
			}
		},
	} {
		// AllocsPerRun sets GOMAXPROCS to 1. The helpers add nothing by themselves.
		if n := testing.AllocsPerRun(20, run); n != 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
}

// TestNotFinite: a NaN or an infinity anywhere in the batch is an error that names where it
// came from, and nothing has changed: the next good batch gives what it would have given.
func TestNotFinite(t *testing.T) {
	ps, _, s := regression(300)
	a := NewAdam(ps, DefaultAdam)
	if _, err := s.Gradient(); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(s.grad)
	before := slices.Clone(ps.flat)
	w := ps.List()[2]
	for name, where := range map[string]*float32{
		"x": &s.Input("x")[4], "target": &s.Input("target")[599], w.Name: &w.Value[5],
	} {
		for _, v := range []float64{math.NaN(), math.Inf(1)} {
			old := *where
			*where = float32(v)
			losses, err := s.Gradient()
			var bad *NotFiniteError
			if !errors.As(err, &bad) || losses != nil || bad.Tensor != name {
				t.Errorf("%v in %s: losses %v, error %v", v, name, losses, err)
			} else if math.IsNaN(v) != math.IsNaN(bad.Value) {
				t.Errorf("%v in %s is reported as %v", v, name, bad.Value)
			}
			*where = old
		}
	}
	if _, err := s.Gradient(); err != nil || !slices.Equal(s.grad, want) || !slices.Equal(ps.flat, before) {
		t.Errorf("a batch that is not finite leaves a trace (%v)", err)
	}
	if a.Steps() != 0 || slices.ContainsFunc(a.m, func(v float32) bool { return v != 0 }) {
		t.Error("the optimiser moved")
	}
}

// TestInfiniteGradient of a finite loss: Σ√x at a parameter of zero.
func TestInfiniteGradient(t *testing.T) {
	ps := new(Params)
	p := ps.New("p", 1, 4)
	s, err := NewStep(ps, 200, func(g *Graph) G.Nodes { return G.Nodes{Mean(Add(g.Input("x", 4), Rows(Sqrt(g.Param(p)), g.Rows())))} })
	if err != nil {
		t.Fatal(err)
	}
	copy(p.Value, []float32{1, 2, 0, 3})
	var bad *NotFiniteError
	if _, err := s.Gradient(); !errors.As(err, &bad) || bad.Tensor == "the loss" {
		t.Errorf("error %v", err)
	}
}

// TestWhoseGradient: of p1 + p2, both get the same; a parameter that the loss does not use,
// or that belongs to another set, gets none.
func TestWhoseGradient(t *testing.T) {
	ps, others := new(Params), new(Params)
	p1, p2, idle, reported := ps.New("p1", 2, 3), ps.New("p2", 2, 3), ps.New("idle", 4, 4), ps.New("reported", 2, 3)
	other := others.New("p1", 2, 3)
	for i, p := range []*Param{p1, p2, idle, reported, other} {
		copy(p.Value, random(uint64(i), len(p.Value)))
	}
	s, err := NewStep(ps, 200, func(g *Graph) G.Nodes {
		x := g.Input("x", 2)
		w := Mul(Add(g.Param(p1), g.Param(p2)), g.Param(other))
		return G.Nodes{Mean(Square(MatMul(x, w, false, false))), Mean(MatMul(x, g.Param(reported), false, false))}
	})
	if err != nil {
		t.Fatal(err)
	}
	copy(s.Input("x"), random(9, 400))
	before := slices.Clone(others.flat)
	a := NewAdam(ps, DefaultAdam)
	for range 3 {
		if _, err := s.Gradient(); err != nil {
			t.Fatal(err)
		}
		at := func(p *Param) []float32 { return s.grad[p.at : p.at+len(p.Value)] }
		if !slices.Equal(at(p1), at(p2)) || at(p1)[0] == 0 {
			t.Errorf("gradients of p1 and p2 are %v and %v", at(p1), at(p2))
		}
		for _, p := range []*Param{idle, reported} {
			if slices.ContainsFunc(at(p), func(v float32) bool { return v != 0 }) {
				t.Errorf("%s has the gradient %v", p.Name, at(p))
			}
		}
		s.Update(a, 1e-3, nil)
	}
	if !slices.Equal(others.flat, before) {
		t.Error("another set's parameter was trained")
	}
}

// TestLossThatIsAParameter: its gradient is the seed, a leaf.
func TestLossThatIsAParameter(t *testing.T) {
	ps := new(Params)
	p := ps.New("p", 1, 1)
	s, err := NewStep(ps, 300, func(g *Graph) G.Nodes { return G.Nodes{g.Param(p)} })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		// The shards' weights are 100/300 each in float32.
		if _, err := s.Gradient(); err != nil || math.Abs(float64(s.grad[p.at]-1)) > 1e-6 {
			t.Errorf("gradient %v, error %v", s.grad[p.at], err)
		}
	}
}

func TestStepRefuses(t *testing.T) {
	for name, loss := range map[string]func(g *Graph) G.Nodes{
		"no loss":              func(g *Graph) G.Nodes { return nil },
		"a loss of three rows": func(g *Graph) G.Nodes { return G.Nodes{g.Input("x", 2)} },
	} {
		if _, err := NewStep(new(Params), 3, loss); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := NewStep(new(Params), 0, nil); err == nil {
		t.Error("a batch of nothing is accepted")
	}
	_, _, s := regression(5)
	if panics(func() { s.Input("y") }) == "" {
		t.Error("the step has an input that was not declared")
	}
	other, _, _ := regression(5)
	if panics(func() { s.Update(NewAdam(other, DefaultAdam), 1, nil) }) == "" {
		t.Error("another set's optimiser is accepted")
	}
}
