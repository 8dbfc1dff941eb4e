package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// These tests hold the line against what Gorgonia does on its own; doc.go says why.

func must(n *G.Node, err error) *G.Node {
	if err != nil {
		panic(err)
	}
	return n
}

func mustCompile(t *testing.T, g *Graph, outs ...*G.Node) *Machine {
	t.Helper()
	m, err := Compile(g, outs...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustRun(t *testing.T, m G.VM) {
	t.Helper()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// panics returns what f panicked with, as text.
func panics(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

func random(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func TestGradientOfAGradient(t *testing.T) {
	for _, act := range []kernel.Activation{kernel.Tanh, kernel.Softplus, kernel.SiLU, kernel.GELU, kernel.Sigmoid} {
		t.Run(act.String(), func(t *testing.T) {
			c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
			x := c.x(5, 3)
			h := Act(Linear(x, c.x(3, 6), c.x(1, 6), kernel.Identity), act)
			h = Act(Linear(h, c.x(6, 6), c.x(1, 6), kernel.Identity), act)
			g, err := c.Grad(Mean(MatMul(h, c.x(6, 1), false, false)), nil, x)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, c, c.scalar(Mul(g[0], g[0])))
		})
	}
	t.Run("of Gorgonia's own tanh", func(t *testing.T) {
		c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
		x := c.x(5, 3)
		h := must(G.Tanh(must(G.Mul(x, c.x(3, 6)))))
		g, err := c.Grad(c.scalar(h), nil, x)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, c, c.scalar(must(G.Square(g[0]))))
	})
}

func TestReshapedInputIsNotOverwritten(t *testing.T) {
	for name, reshape := range map[string]func(n *G.Node) *G.Node{
		"reshape": func(n *G.Node) *G.Node { return must(G.Reshape(n, tensor.Shape{4, 3})) },
		"ravel":   func(n *G.Node) *G.Node { return must(G.Ravel(n)) },
	} {
		for _, op := range []func(a, b *G.Node) (*G.Node, error){G.Add, G.HadamardProd} {
			ps := new(Params)
			p := ps.New("w", 3, 4)
			copy(p.Value, random(1, 12))
			before := slices.Clone(p.Value)
			g := NewGraph(3)
			x := reshape(g.Param(p))
			out := must(op(x, must(G.Exp(x))))
			m := mustCompile(t, g, out)
			mustRun(t, m)
			first := slices.Clone(m.float32s(out))
			for range 3 {
				mustRun(t, m)
			}
			if !slices.Equal(p.Value, before) || !slices.Equal(m.float32s(out), first) {
				t.Errorf("%s: the parameter went from %v to %v", name, before, p.Value)
			}
		}
	}
}

// TestLeavesAreNotMerged: two leaves are one node only if they are declared as one.
func TestLeavesAreNotMerged(t *testing.T) {
	a, b := random(1, 64*64), random(1, 64*64)
	b[2000]++ // beyond what a printout shows
	ps, qs := new(Params), new(Params)
	p, q := ps.New("w", 64, 64), qs.New("w", 64, 64)
	copy(p.Value, a)
	copy(q.Value, b)
	g := NewGraph(64)
	copy(g.leafOf(g.Input("w", 64)).f32, a)
	nodes := G.Nodes{
		g.Table("a", 64, 64, a), g.Table("b", 64, 64, b), g.Param(p), g.Param(q), g.Input("w", 64),
		g.ParamRows(p, 0, 64), g.ParamRows(q, 0, 64), g.constant(64, 64, 1), g.constant(64, 64, 2),
	}
	for i, n := range nodes {
		if slices.Contains(nodes[:i], n) {
			t.Fatalf("leaf %d is merged with another", i)
		}
	}
	for i := 0; i < 4; i += 2 {
		diff := Sub(nodes[i], nodes[i+1])
		m := mustCompile(t, g, diff)
		mustRun(t, m)
		if d := m.float32s(diff); d[2000] != a[2000]-b[2000] || d[0] != 0 {
			t.Errorf("two tables differ by %v", d[2000])
		}
	}
	if g.Input("w", 64) != nodes[4] || g.Table("a", 64, 64, a) != nodes[0] || g.Param(p) != nodes[2] {
		t.Error("a leaf declared twice is two nodes")
	}
	for name, f := range map[string]func(){
		"a table of other memory":   func() { g.Table("a", 64, 64, b) },
		"a table called as input":   func() { g.Table("w", 64, 64, a) },
		"an input called as table":  func() { g.Input("a", 64) },
		"an input of other columns": func() { g.Input("w", 63) },
		"a table of a wrong length": func() { g.Table("c", 2, 2, a) },
	} {
		if panics(f) == "" {
			t.Errorf("%s is accepted", name)
		}
	}
}

func (g *Graph) leafOf(n *G.Node) *leaf {
	for _, l := range g.leaves {
		if l.node == n {
			return l
		}
	}
	return nil
}

// TestOperationsAreNotMerged plants two operations whose nodes have the same 32-bit hash. The
// numbers are high, so that no operation of another test has them.
func TestOperationsAreNotMerged(t *testing.T) {
	numbered := func(g *Graph, id uint64) *G.Node {
		defer ops.Store(ops.Load())
		ops.Store(id - 1)
		return Scale(float64(id), g.Input("x", 4))
	}
	seen := map[uint32]uint64{}
	var probe *Graph
	for id := uint64(1 << 30); ; id++ {
		if id%16 == 0 {
			probe = NewGraph(3) // a graph slows down as it grows
		}
		h := numbered(probe, id).Hashcode()
		other, found := seen[h]
		if !found {
			seen[h] = id
			continue
		}
		g := NewGraph(3)
		a, b := numbered(g, other), numbered(g, id)
		if a.Hashcode() != b.Hashcode() {
			t.Fatal("no collision was planted")
		}
		if a == b || a.Op() == b.Op() {
			t.Fatal("two operations were merged by their hashes")
		}
		return
	}
}

// TestGorgoniasOwnAreWrong documents which of its operations to go around, and by what.
func TestGorgoniasOwnAreWrong(t *testing.T) {
	positive := func(c *check) *G.Node { return Add(Mul(c.x(3, 4), c.in[0]), c.constant(3, 4, 0.3)) }
	for name, f := range map[string]struct {
		wrong, right func(x *G.Node) (*G.Node, error)
	}{
		"log2":                {G.Log2, func(x *G.Node) (*G.Node, error) { return Scale(1/math.Ln2, Log(x)), nil }},
		"inverse square root": {G.InverseSqrt, func(x *G.Node) (*G.Node, error) { return G.Inverse(must(G.Sqrt(x))) }},
		"log-sum-exp": {
			func(x *G.Node) (*G.Node, error) { return G.LogSumExp(x, 1) },
			func(x *G.Node) (*G.Node, error) { return G.Sub(x, must(G.LogSoftMax(x, 1))) },
		},
		"maximum with a number": {
			func(x *G.Node) (*G.Node, error) { return G.MaxBetween(x, G.NewConstant(0.1)) },
			func(x *G.Node) (*G.Node, error) {
				return G.MaxBetween(x, must(G.HadamardProd(x, must(G.Sigmoid(x)))))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			build := func(f func(x *G.Node) (*G.Node, error)) (err error) {
				defer func() {
					if p := recover(); p != nil {
						err = fmt.Errorf("%v", p)
					}
				}()
				c := &check{Graph: NewGraph64(3), rng: rand.New(rand.NewPCG(1, 2))}
				out, err := f(positive(c))
				if err != nil {
					return err
				}
				worst, largest, err := c.difference(c.scalar(out))
				if err == nil && !(worst <= 1e-7*max(1, largest)) {
					err = fmt.Errorf("gradient off by %.3g", worst)
				}
				return err
			}
			if err := build(f.wrong); err == nil {
				t.Error("Gorgonia's own is right: the way around it is no longer needed")
			}
			if err := build(f.right); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestGradientsDoNotAccumulate(t *testing.T) {
	g := NewGraph(4)
	x := g.Input("x", 6)
	copy(g.leaves["x"].f32, random(3, 24))
	// A slice's gradient is an operation that adds into its old output if it is reused.
	left, right := must(G.Slice(x, nil, G.S(0, 2))), must(G.Slice(x, nil, G.S(2, 6)))
	loss := must(G.Mean(must(G.Mul(must(G.Tanh(left)), must(G.Slice(right, G.S(0, 2)))))))
	grads, err := g.Grad(loss, nil, x)
	if err != nil {
		t.Fatal(err)
	}
	m := mustCompile(t, g, loss, grads[0])
	mustRun(t, m)
	first := slices.Clone(m.float32s(grads[0]))
	for range 5 {
		mustRun(t, m)
	}
	if got := m.float32s(grads[0]); !slices.Equal(got, first) {
		t.Errorf("the gradient went from %v to %v", first, got)
	}
}

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

func TestOtherShapesAreRefused(t *testing.T) {
	g := NewGraph(3)
	x := g.Input("x", 2)
	y := Scale(2, x)
	m := mustCompile(t, g, y)
	if err := G.Let(x, tensor.New(tensor.WithShape(5, 2), tensor.Of(tensor.Float32))); err == nil {
		t.Error("five rows were given to a graph of three")
	}
	d := x.Value().(*tensor.Dense)
	if err := d.Reshape(2, 3); err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err == nil || !strings.Contains(err.Error(), "(2, 3)") {
		t.Errorf("a value of another shape was taken: %v", err)
	}
	other := must(G.Exp(x))
	if panics(func() { m.Value(other) }) == "" {
		t.Error("the machine has a value of a node it does not know")
	}
}

func TestFloat64IsNotReinterpreted(t *testing.T) {
	double := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))
	single := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))
	o := matMul(false, false)
	if _, err := o.Do(single, double); err == nil {
		t.Error("an operation took a float64 operand for float32")
	}
	g := NewGraph64(3)
	x := g.Input("x", 2)
	m := mustCompile(t, g, Scale(2, x), x)
	mustRun(t, m)
	if panics(func() { m.float32s(x) }) == "" {
		t.Error("a float64 value was read as float32")
	}
}

func TestSameSeedSameBits(t *testing.T) {
	weights := func(seed uint64) []float32 {
		ps := new(Params)
		NewMLP(ps, "mlp", []int{2, 16, 16, 2}, kernel.SiLU, Xavier, rand.New(rand.NewPCG(seed, 0)))
		ps.seal()
		return ps.flat
	}
	if a := weights(1); !slices.Equal(a, weights(1)) || slices.Equal(a, weights(2)) {
		t.Error("the seed does not decide the weights")
	}
}
