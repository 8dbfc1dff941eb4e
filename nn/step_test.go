package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/race"
)

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
					if want := float64(whole.float32s(n)[0]); !(math.Abs(losses[i]-want) <= 1e-6*math.Abs(want)) {
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

// TestSmallShards: shards of few rows have the gradient of the whole but for rounding.
func TestSmallShards(t *testing.T) {
	const batch = 20
	gradient := func(most int) (grad []float32, shards int) {
		ps := new(Params)
		m := NewMLP(ps, "mlp", []int{3, 5, 2}, kernel.SiLU, Xavier, rand.New(rand.NewPCG(1, 2)))
		s, err := NewShardedStep(ps, batch, 2, most, func(g *Graph) G.Nodes {
			if g.Rows() > max(most, 2) || g.Rows()%2 != 0 {
				t.Errorf("a shard of %d rows where %d are the most", g.Rows(), most)
			}
			return G.Nodes{MSE(m.Apply(g, g.Input("x", 3)), g.Input("target", 2))}
		})
		if err != nil {
			t.Fatal(err)
		}
		copy(s.Input("x"), random(1, batch*3))
		copy(s.Input("target"), random(2, batch*2))
		if _, err := s.Gradient(); err != nil {
			t.Fatal(err)
		}
		return s.grad, len(s.shards)
	}
	whole, _ := gradient(batch)
	for most, want := range map[int]int{1: 10, 6: 4, 8: 3} {
		grad, shards := gradient(most)
		if off := furthest(grad, whole); off > 1e-6 || shards != want {
			t.Errorf("at most %d rows: %d shards, the gradient %v off", most, shards, off)
		}
	}
	if _, err := NewShardedStep(new(Params), 4, 1, 0, nil); err == nil {
		t.Error("shards of 0 rows")
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
		if n := testing.AllocsPerRun(20, run); n != 0 && !race.Enabled {
			t.Errorf("%s: %v allocations a call", name, n)
		}
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
	g := NewGraph(200)
	copy(g.leafOf(g.Input("x", 2)).f32, s.Input("x"))
	w := Mul(Add(g.Param(p1), g.Param(p2)), g.Param(other))
	want, err := g.Grad(Mean(Square(MatMul(g.Input("x", 2), w, false, false))), nil, g.Param(p1))
	if err != nil {
		t.Fatal(err)
	}
	m := mustCompile(t, g, want[0])
	a := NewAdam(ps, DefaultAdam)
	for range 3 {
		if _, err := s.Gradient(); err != nil {
			t.Fatal(err)
		}
		mustRun(t, m)
		at := func(p *Param) []float32 { return s.grad[p.at : p.at+len(p.Value)] }
		if !slices.Equal(at(p1), at(p2)) || furthest(at(p1), m.float32s(want[0])) > 1e-5 {
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

// TestPartsOfParameters: a gradient that fills a part of its memory leaves the rest zero,
// although that memory held the sum over all shards before.
func TestPartsOfParameters(t *testing.T) {
	ps := new(Params)
	wide, table := ps.New("wide", 2, 5), ps.New("table", 5, 2)
	s, err := NewStep(ps, 300, func(g *Graph) G.Nodes {
		a := MatMul(g.Input("x", 2), Cols(g.Param(wide), 1, 3), false, false)
		return G.Nodes{Mean(Add(a, Embedding(g.Param(table), g.Input("id", 1))))}
	})
	if err != nil {
		t.Fatal(err)
	}
	copy(s.Input("x"), random(1, 600))
	s.Input("id")[299] = 3
	var first []float32
	for range 3 {
		if _, err := s.Gradient(); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = slices.Clone(s.grad)
		}
		if !slices.Equal(s.grad, first) {
			t.Errorf("the gradient went from %v to %v", first, s.grad)
		}
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
		if _, err := s.Gradient(); err != nil || !(math.Abs(float64(s.grad[p.at]-1)) <= 1e-6) {
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
