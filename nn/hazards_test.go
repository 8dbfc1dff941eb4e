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

// These tests hold the line against what Gorgonia does on its own; doc.go says why.

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
