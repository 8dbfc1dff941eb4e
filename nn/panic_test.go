package nn

import (
	"slices"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestPanicArrivesInTheCaller, where it can be recovered, and what panicked can run again.
func TestPanicArrivesInTheCaller(t *testing.T) {
	bad := false
	faulty := func(x *G.Node) *G.Node {
		return apply(&op{
			name: "faulty", arity: 1, diff: []bool{true}, shape: sameShape,
			f32: func(out matrix[float32], in []matrix[float32]) {
				if bad {
					panic("a fault")
				}
				copy(out.data, in[0].data)
			},
			grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{g}, nil },
		}, x)
	}
	ps := new(Params)
	p := ps.New("w", 3, 2)
	step, err := NewStep(ps, 300, func(g *Graph) G.Nodes {
		return G.Nodes{Mean(MatMul(faulty(g.Input("x", 3)), g.Param(p), false, false))}
	})
	if err != nil {
		t.Fatal(err)
	}
	forward, err := NewForward(func(g *Graph) G.Nodes { return G.Nodes{faulty(g.Input("x", 3))} })
	if err != nil {
		t.Fatal(err)
	}
	in, out := Columns{"x": random(1, 3000)}, make([]float32, 3000)
	for name, f := range map[string]func() error{
		"step":    func() error { _, err := step.Gradient(); return err },
		"forward": func() error { return forward.Run(1000, in, out) },
	} {
		bad = true
		if text := panics(func() { _ = f() }); text != "a fault" {
			t.Errorf("%s: the caller saw %q", name, text)
		}
		bad = false
		if err := f(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !slices.Equal(out, in["x"]) {
		t.Error("wrong values after a panic")
	}
}

// TestMachinesShareParameters: machines over the same parameters run at the same time,
// transposes of ours and of Gorgonia included, and give what each gives alone.
func TestMachinesShareParameters(t *testing.T) {
	ps := new(Params)
	w := ps.New("w", 8, 8)
	copy(w.Value, random(5, 64))
	build := func() (*Machine, *G.Node) {
		g := NewGraph(8)
		copy(g.leafOf(g.Input("x", 8)).f32, random(6, 64))
		x, p := g.Input("x", 8), g.Param(w)
		y := MatMul(MatMul(x, p, false, true), must(G.Transpose(p, 1, 0)), true, false)
		y = must(G.Mul(y, must(G.Transpose(must(G.Mul(p, p)), 1, 0))))
		m, err := Compile(g, y)
		if err != nil {
			panic(err)
		}
		return m, y
	}
	m, y := build()
	mustRun(t, m)
	want := slices.Clone(m.float32s(y))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			m, y := build()
			for range 50 {
				if err := m.RunAll(); err != nil {
					t.Error(err)
				}
				if !slices.Equal(m.float32s(y), want) {
					t.Error("a machine's values depend on another machine")
					return
				}
			}
		})
	}
	wg.Wait()
}
