package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
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

// tensor declares a random input of any rank, of absolute values at least 0.3 where positive.
func (c *check) tensor(positive bool, shape ...int) *G.Node {
	values := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range values {
		if values[i] = c.rng.NormFloat64(); positive {
			values[i] = math.Abs(values[i]) + 0.3
		}
	}
	n := G.NewTensor(c.expr, c.dtype, len(shape), G.WithShape(shape...), G.WithName(c.unique("tensor")),
		G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))))
	c.in = append(c.in, n)
	return n
}

// tables are inputs without a gradient.
func (c *check) table(shape ...int) *G.Node {
	n := c.tensor(false, shape...)
	c.in = c.in[:len(c.in)-1]
	return n
}

// gorgonias are formulas of Gorgonia's own operations.
func gorgonias() []formula {
	unary := func(name string, positive bool, f func(*G.Node) (*G.Node, error)) formula {
		return formula{name: name, f: func(c *check) *G.Node { return must(f(c.tensor(positive, 3, 4))) }}
	}
	of := func(name string, f func(c *check) (*G.Node, error)) formula {
		return formula{name: name, f: func(c *check) *G.Node { return must(f(c)) }}
	}
	x := func(c *check, shape ...int) *G.Node { return c.tensor(false, shape...) }
	return []formula{
		unary("exp", false, G.Exp), unary("log", true, G.Log), unary("log1p", true, G.Log1p),
		unary("expm1", false, G.Expm1), unary("softplus", false, G.Softplus), unary("sigmoid", false, G.Sigmoid),
		unary("tanh", false, G.Tanh), unary("sqrt", true, G.Sqrt), unary("square", false, G.Square),
		unary("cube", false, G.Cube), unary("sin", false, G.Sin), unary("cos", false, G.Cos), unary("neg", false, G.Neg),
		unary("abs", false, G.Abs), unary("inverse", true, G.Inverse), unary("rectify", false, G.Rectify),
		of("mul", func(c *check) (*G.Node, error) { return G.Mul(x(c, 3, 4), x(c, 4, 2)) }),
		of("mul by a vector", func(c *check) (*G.Node, error) { return G.Mul(x(c, 3, 4), x(c, 4)) }),
		of("mul of a transpose", func(c *check) (*G.Node, error) {
			return G.Mul(x(c, 3, 4), must(G.Transpose(x(c, 2, 4), 1, 0)))
		}),
		of("batched", func(c *check) (*G.Node, error) { return G.BatchedMatMul(x(c, 2, 3, 4), x(c, 2, 4, 5)) }),
		of("batched transposed", func(c *check) (*G.Node, error) {
			return G.BatchedMatMul(x(c, 2, 3, 4), x(c, 2, 5, 4), false, true)
		}),
		of("softmax", func(c *check) (*G.Node, error) { return G.SoftMax(x(c, 3, 4), 1) }),
		of("softmax of rank 3", func(c *check) (*G.Node, error) { return G.SoftMax(x(c, 2, 3, 4), 2) }),
		of("log softmax", func(c *check) (*G.Node, error) { return G.LogSoftMax(x(c, 3, 4), 1) }),
		of("broadcast add", func(c *check) (*G.Node, error) {
			return G.BroadcastAdd(x(c, 3, 4), x(c, 1, 4), nil, []byte{0})
		}),
		of("broadcast sub", func(c *check) (*G.Node, error) {
			return G.BroadcastSub(x(c, 3, 4), x(c, 3, 1), nil, []byte{1})
		}),
		of("broadcast mul", func(c *check) (*G.Node, error) {
			return G.BroadcastHadamardProd(x(c, 2, 3, 4), x(c, 1, 1, 4), nil, []byte{0, 1})
		}),
		of("broadcast div", func(c *check) (*G.Node, error) {
			return G.BroadcastHadamardDiv(x(c, 3, 4), c.tensor(true, 3, 1), nil, []byte{1})
		}),
		of("slice", func(c *check) (*G.Node, error) {
			a := x(c, 3, 4)
			return G.HadamardProd(must(G.Slice(a, nil, G.S(0, 2))), must(G.Tanh(must(G.Slice(a, nil, G.S(2, 4))))))
		}),
		of("slice of rows", func(c *check) (*G.Node, error) { return G.Slice(x(c, 3, 4), G.S(0, 2)) }),
		of("slice of rank 3", func(c *check) (*G.Node, error) { return G.Slice(x(c, 2, 3, 4), nil, nil, G.S(0, 2)) }),
		of("concat", func(c *check) (*G.Node, error) { return G.Concat(1, x(c, 3, 2), x(c, 3, 3)) }),
		of("concat of slices", func(c *check) (*G.Node, error) {
			a := x(c, 3, 4)
			return G.Concat(1, must(G.Slice(a, nil, G.S(2, 4))), must(G.Slice(a, nil, G.S(0, 2))))
		}),
		of("sum", func(c *check) (*G.Node, error) { return G.Sum(x(c, 3, 4)) }),
		of("sum of rows", func(c *check) (*G.Node, error) { return G.Sum(x(c, 3, 4), 1) }),
		of("sum of two axes", func(c *check) (*G.Node, error) { return G.Sum(x(c, 2, 3, 4), 1, 2) }),
		of("mean of columns", func(c *check) (*G.Node, error) { return G.Mean(x(c, 3, 4), 0) }),
		of("norms", func(c *check) (*G.Node, error) {
			return G.Sqrt(must(G.Sum(must(G.Square(x(c, 3, 2))), 1)))
		}),
		of("transpose", func(c *check) (*G.Node, error) { return G.Transpose(x(c, 2, 3, 4), 0, 2, 1) }),
		of("transpose of heads", func(c *check) (*G.Node, error) {
			return G.Reshape(must(G.Transpose(x(c, 2, 3, 4, 2), 0, 2, 1, 3)), tensor.Shape{8, 6})
		}),
		of("reshape", func(c *check) (*G.Node, error) {
			return G.Mul(must(G.Reshape(x(c, 2, 3, 4), tensor.Shape{6, 4})), x(c, 4, 2))
		}),
		of("used twice", func(c *check) (*G.Node, error) {
			a := x(c, 2, 3, 4)
			e := must(G.Exp(a))
			return G.Add(must(G.HadamardProd(e, a)), must(G.Sub(e, must(G.Square(a)))))
		}),
		of("scalar times tensor", func(c *check) (*G.Node, error) {
			return G.HadamardProd(x(c, 3, 4), must(G.Mean(x(c, 2, 2))))
		}),
		of("layer norm", func(c *check) (*G.Node, error) {
			a := x(c, 3, 5)
			centred := must(G.BroadcastSub(a, must(G.Reshape(must(G.Mean(a, 1)), tensor.Shape{3, 1})), nil, []byte{1}))
			v := must(G.Reshape(must(G.Mean(must(G.Square(centred)), 1)), tensor.Shape{3, 1}))
			sd := must(G.Sqrt(must(G.Add(v, G.NewConstant(1e-5)))))
			n := must(G.BroadcastHadamardDiv(centred, sd, nil, []byte{1}))
			return G.BroadcastHadamardProd(n, x(c, 1, 5), nil, []byte{0})
		}),
		of("cross entropy", func(c *check) (*G.Node, error) {
			p := must(G.HadamardProd(must(G.LogSoftMax(x(c, 4, 3), 1)), c.table(4, 3)))
			return G.Neg(must(G.Mean(must(G.Sum(p, 1)))))
		}),
		of("attention", func(c *check) (*G.Node, error) {
			q, k, v := x(c, 2, 4, 3), x(c, 2, 4, 3), x(c, 2, 4, 3)
			s := must(G.Add(must(G.BatchedMatMul(q, k, false, true)), c.table(2, 4, 4)))
			return G.BatchedMatMul(must(G.SoftMax(s, 2)), v)
		}),
		of("ours after theirs", func(c *check) (*G.Node, error) {
			h := must(G.Tanh(must(G.Mul(c.x(3, 4), c.x(4, 5)))))
			return G.Exp(Linear(h, c.x(5, 2), c.x(1, 2), kernel.SiLU))
		}),
	}
}

// TestGorgoniasOperations: its own operations, of any rank, through our Grad and Machine.
func TestGorgoniasOperations(t *testing.T) {
	for _, f := range gorgonias() {
		t.Run(f.name, func(t *testing.T) {
			c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
			out := f.f(c)
			if out.Shape().TotalSize() > 1 {
				out = must(G.Sum(must(G.HadamardProd(out, c.table(out.Shape()...)))))
			}
			agree(t, c, out)
		})
	}
}

// TestScalarLoss: a Step takes a loss that is a scalar of Gorgonia's, and gradients of its.
func TestScalarLoss(t *testing.T) {
	gradient := func(loss func(out *G.Node) *G.Node) ([]float64, []float32) {
		ps := new(Params)
		p := ps.New("w", 3, 4)
		copy(p.Value, random(1, 12))
		s, err := NewStep(ps, 200, func(g *Graph) G.Nodes {
			w := g.Param(p)
			w = must(G.Concat(1, must(G.Slice(w, nil, G.S(2, 4))), must(G.Slice(w, nil, G.S(0, 2)))))
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
	l1, g1 := gradient(func(n *G.Node) *G.Node { return must(G.Mean(n)) })
	l2, g2 := gradient(Mean)
	if math.Abs(l1[0]-l2[0]) > 1e-5 || furthest(g1, g2) > 1e-5 {
		t.Errorf("losses %v and %v, gradients %v and %v", l1, l2, g1, g2)
	}
}

// furthest is the largest difference between two slices of one length.
func furthest(a, b []float32) float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("%d values and %d", len(a), len(b)))
	}
	d := 0.0
	for i, v := range a {
		if e := math.Abs(float64(v - b[i])); !(e <= d) {
			d = e
		}
	}
	return d
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
	if n := testing.AllocsPerRun(20, func() { _ = m.RunAll() }); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
}
