package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
	"genlab/internal/race"
)

// TestTapeMachineAgrees: Gorgonia's own machine, the reference, gives the same bits for a
// graph of our operations and its gradients, over several runs with other inputs.
func TestTapeMachineAgrees(t *testing.T) {
	build := func() (g *Graph, outs G.Nodes) {
		ps := new(Params)
		rng := rand.New(rand.NewPCG(1, 2))
		m := NewMLP(ps, "mlp", []int{3, 16, 16, 2}, kernel.SiLU, Xavier, rng)
		g = NewGraph(7)
		loss := MSE(m.Apply(g, g.Input("x", 3)), g.Input("target", 2))
		var wrt G.Nodes
		for _, p := range ps.List() {
			wrt = append(wrt, g.Param(p))
		}
		grads, err := g.Grad(loss, nil, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		return g, append(G.Nodes{loss}, grads...)
	}
	ours, outs := build()
	m := mustCompile(t, ours, outs...)
	theirs, refs := build()
	tape := G.NewTapeMachine(theirs.expr)
	defer tape.Close()
	for run := range 4 {
		for _, g := range []*Graph{ours, theirs} {
			copy(g.leaves["x"].f32, random(uint64(run), 21))
			copy(g.leaves["target"].f32, random(uint64(run)+9, 14))
		}
		mustRun(t, m)
		tape.Reset()
		mustRun(t, tape)
		for i, n := range outs {
			want := refs[i].Value().(*tensor.Dense).Float32s()
			if got := m.float32s(n); !slices.Equal(got, want) {
				t.Fatalf("run %d: %v is %v, on the tape %v", run, n.Op(), got, want)
			}
		}
	}
}

// TestScalarLoss: a Step takes a loss that is a scalar of Gorgonia's, and gradients that are
// views of its making.
func TestScalarLoss(t *testing.T) {
	gradient := func(loss func(out *G.Node) *G.Node, concat func(a, b *G.Node) *G.Node) ([]float64, []float32) {
		ps := new(Params)
		p, q := ps.New("p", 3, 4), ps.New("q", 3, 2)
		copy(p.Value, random(1, 12))
		copy(q.Value, random(2, 6))
		s, err := NewStep(ps, 200, func(g *Graph) G.Nodes {
			w := concat(g.Param(p), g.Param(q))
			return G.Nodes{loss(must(G.Square(must(G.Mul(g.Input("x", 3), w)))))}
		})
		if err != nil {
			t.Fatal(err)
		}
		copy(s.Input("x"), random(2, 600))
		losses, err := s.Gradient()
		if err != nil {
			t.Fatal(err)
		}
		return losses, s.grad
	}
	l1, g1 := gradient(func(n *G.Node) *G.Node { return must(G.Mean(n)) },
		func(a, b *G.Node) *G.Node { return must(G.Concat(1, a, b)) })
	l2, g2 := gradient(Mean, func(a, b *G.Node) *G.Node { return Concat(a, b) })
	if !(math.Abs(l1[0]-l2[0]) <= 1e-5) || furthest(g1, g2) > 1e-5 {
		t.Errorf("losses %v and %v, gradients %v and %v", l1, l2, g1, g2)
	}
}

func TestMachineAllocatesNothing(t *testing.T) {
	g := NewGraph(20)
	x := g.Input("x", 3)
	h := Act(Linear(x, g.constant(3, 16, 0.1), g.constant(1, 16, 0.2), kernel.SiLU), kernel.Tanh)
	loss := MSE(h, Scale(2, Rows(ColSum(h), 20)))
	grads, err := g.Grad(loss, nil, x)
	if err != nil {
		t.Fatal(err)
	}
	m := mustCompile(t, g, loss, grads[0])
	mustRun(t, m)
	if n := testing.AllocsPerRun(20, func() { _ = m.RunAll() }); n != 0 && !race.Enabled {
		t.Errorf("%v allocations a run", n)
	}
}
