package nn

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/race"
)

// fixed declares an input of given values and no gradient.
func (c *check) fixed(rows, cols int, values ...float64) *G.Node {
	return c.leaf("fixed", rows, cols, values)
}

// positive returns a random matrix of elements of at least 0.3.
func (c *check) positive(rows, cols int) *G.Node { return Shift(0.3, Square(c.x(rows, cols))) }

// fused returns the table of formulas beyond the plain network.
func fused() []formula {
	return []formula{
		{"exp", true, func(c *check) *G.Node { return Exp(c.x(3, 4)) }},
		{"log", true, func(c *check) *G.Node { return Log(c.positive(3, 4)) }},
		{"sqrt", true, func(c *check) *G.Node { return Sqrt(c.positive(3, 4)) }},
		{"square", true, func(c *check) *G.Node { return Square(c.x(3, 4)) }},
		{"div", true, func(c *check) *G.Node { return Div(c.x(3, 4), c.positive(3, 4)) }},
		{"shift", true, func(c *check) *G.Node { return Square(Shift(0.7, c.x(3, 4))) }},
		{"rowsum", true, func(c *check) *G.Node { return Square(RowSum(c.x(3, 4))) }},
		{"widen", true, func(c *check) *G.Node { return Square(Widen(c.x(3, 1), 4)) }},
		{"mulcol", true, func(c *check) *G.Node { return MulCol(c.x(3, 4), c.x(3, 1)) }},
		{"mulrow", true, func(c *check) *G.Node { return MulRow(c.x(3, 4), c.x(1, 4)) }},
		{"concat", true, func(c *check) *G.Node {
			x := c.x(3, 2)
			return Square(Concat(x, c.x(3, 1), c.x(3, 4), x))
		}},
		{"cols", true, func(c *check) *G.Node {
			x := c.x(3, 5)
			return Mul(Cols(x, 0, 2), Exp(Cols(x, 3, 5)))
		}},
		{"transpose", true, func(c *check) *G.Node { return Square(Transpose(c.x(3, 5))) }},
		{"concat rows", true, func(c *check) *G.Node {
			x := c.x(2, 3)
			return Square(ConcatRows(x, c.x(1, 3), c.x(4, 3), x))
		}},
		{"rows of rows", true, func(c *check) *G.Node {
			x := c.x(5, 3)
			return Mul(RowRange(x, 0, 2), Exp(RowRange(x, 3, 5)))
		}},
		{"pad rows", true, func(c *check) *G.Node { return Square(PadRows(c.x(2, 3), 1, 4)) }},
		{"clip", false, func(c *check) *G.Node { return Square(ClipRows(Scale(2, c.x(5, 7)), 1, 4, 1.5)) }},
		{"mlp of columns", false, func(c *check) *G.Node {
			h := LinearCols(c.x(3, 5), c.x(3, 6), c.x(1, 6), kernel.SiLU)
			h = LinearCols(h, c.x(6, 6), c.x(1, 6), kernel.Tanh)
			return LinearCols(h, c.x(6, 2), c.x(1, 2), kernel.Identity)
		}},
		{"linear of a row", false, func(c *check) *G.Node { return LinearCols(c.x(1, 5), c.x(1, 6), c.x(1, 6), kernel.GELU) }},
		{"lu", false, func(c *check) *G.Node { return Square(LUCols(c.x(4, 7), c.x(3, 3), c.x(1, 3), c.x(1, 3))) }},
		{"spline of columns", false, func(c *check) *G.Node {
			s := Spline{Bins: 4, Bound: 2, MinWidth: 1e-3, MinHeight: 1e-4, MinSlope: 1e-4}
			parts := []ThetaRows{{0, 1, c.x(1, s.Params())}, {2, 4, c.x(2*s.Params(), 9)}}
			return Square(s.ApplyCols(c.x(5, 9), parts...))
		}},
		{"softmax", true, func(c *check) *G.Node { return Softmax(c.x(3, 4)) }},
		{"logsoftmax", true, func(c *check) *G.Node { return LogSoftmax(c.x(3, 4)) }},
		{"crossentropy", false, func(c *check) *G.Node {
			return CrossEntropy(Scale(2, c.x(5, 4)), c.fixed(5, 1, 3, 0, 1, 1, 2))
		}},
		{"crossentropy of a product", false, func(c *check) *G.Node {
			return CrossEntropy(MatMul(c.x(5, 3), c.x(3, 4), false, false), c.fixed(5, 1, 3, 0, 1, 1, 2))
		}},
		{"embedding", true, func(c *check) *G.Node {
			return Square(Embedding(c.x(4, 3), c.fixed(6, 1, 3, 0, 1, 1, 2, 1)))
		}},
		{"layernorm", false, func(c *check) *G.Node { return LayerNorm(c.x(4, 6), c.x(1, 6), c.x(1, 6), 1e-5) }},
		{"layernorm of one gradient", false, func(c *check) *G.Node {
			x := c.x(4, 6)
			c.in = nil
			return LayerNorm(x, c.x(1, 6), c.x(1, 6), 1e-5)
		}},
		{"rownorm", true, func(c *check) *G.Node { return RowNorm(c.x(4, 3)) }},
		{"gradient penalty", true, func(c *check) *G.Node { return GradientPenalty(c.x(4, 2)) }},
		{"attention/1", false, func(c *check) *G.Node { return CausalAttention(c.x(5, 12), 1, 5) }},
		{"attention/2", false, func(c *check) *G.Node { return CausalAttention(c.x(12, 18), 2, 4) }},
		{"attention of one step", false, func(c *check) *G.Node { return CausalAttention(c.x(3, 6), 2, 1) }},
		{"attention to all/1", false, func(c *check) *G.Node { return Attention(c.x(5, 12), 1, 5) }},
		{"attention to all/2", false, func(c *check) *G.Node { return Attention(c.x(12, 18), 2, 4) }},
		{"permute", true, func(c *check) *G.Node { return Mul(Permute(Square(c.x(3, 4)), []int{2, 0, 3, 1}), c.x(3, 4)) }},
		{"reshape", true, func(c *check) *G.Node { return Mul(Reshape(Square(c.x(3, 4)), 2), c.x(6, 2)) }},
		{"transformer", false, func(c *check) *G.Node {
			x := Embedding(c.x(5, 4), c.fixed(6, 1, 4, 0, 1, 1, 2, 3))
			norm := func(x *G.Node) *G.Node { return LayerNorm(x, c.x(1, 4), c.x(1, 4), 1e-5) }
			h := Linear(norm(x), c.x(4, 12), c.x(1, 12), kernel.Identity)
			x = Add(x, Linear(CausalAttention(h, 2, 3), c.x(4, 4), c.x(1, 4), kernel.Identity))
			h = Linear(norm(x), c.x(4, 8), c.x(1, 8), kernel.GELU)
			x = Add(x, Linear(h, c.x(8, 4), c.x(1, 4), kernel.Identity))
			logits := Linear(norm(x), c.x(4, 5), c.x(1, 5), kernel.Identity)
			return CrossEntropy(logits, c.fixed(6, 1, 0, 1, 1, 2, 3, 4))
		}},
	}
}

// TestFusedRefuseASecondDerivative, and twice differentiable ones a third: a constant in its
// place would be silently wrong.
func TestFusedRefuseASecondDerivative(t *testing.T) {
	again := func(c *check, y *G.Node, x *G.Node) (*G.Node, error) {
		g, err := c.Grad(y, nil, x)
		if err != nil {
			return nil, err
		}
		return c.scalar(Square(g[0])), nil
	}
	for _, f := range append(fused(),
		formula{"third of tanh", false, func(c *check) *G.Node {
			y, err := again(c, c.scalar(Act(c.x(3, 4), kernel.Tanh)), c.in[0])
			if err != nil {
				t.Fatal(err)
			}
			return y
		}}) {
		if f.twice {
			continue
		}
		for _, of := range []func(loss *G.Node) *G.Node{
			func(loss *G.Node) *G.Node { return loss },
			Square, // the gradient that comes in depends on the inputs as well
		} {
			c, loss := f.build()
			y, err := again(c, of(loss), c.in[0])
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			for _, in := range c.in {
				if _, err := c.Grad(y, nil, in); err == nil {
					t.Errorf("%s: the gradient was differentiated", f.name)
				}
			}
		}
	}
}

// TestNothingAllocates in a step of a transformer and in one of a critic.
func TestNothingAllocates(t *testing.T) {
	ps := new(Params)
	p := map[string]*Param{}
	param := func(g *Graph, name string, rows, cols int) *G.Node {
		if p[name] == nil {
			p[name] = ps.New(name, rows, cols)
			copy(p[name].Value, random(uint64(len(p)), rows*cols))
		}
		if g == nil {
			return nil
		}
		return g.Param(p[name])
	}
	transformer := func(g *Graph) *G.Node {
		x := Embedding(param(g, "table", 5, 8), g.Input("ids", 1))
		x = LayerNorm(x, param(g, "gain", 1, 8), param(g, "bias", 1, 8), 1e-5)
		x = Add(x, CausalAttention(Linear(x, param(g, "qkv", 8, 24), param(g, "qkv.bias", 1, 24), kernel.Identity), 2, 8))
		return CrossEntropy(MatMul(x, param(g, "out", 8, 5), false, false), g.Input("next", 1))
	}
	critic := func(g *Graph) *G.Node {
		return wgan(g, g.Input("fake", 2), g.Input("real", 2), g.Input("between", 2), func(x *G.Node) *G.Node {
			h := Linear(x, param(g, "w1", 2, 16), param(g, "b1", 1, 16), kernel.LeakyReLU)
			return Linear(h, param(g, "w2", 16, 1), param(g, "b2", 1, 1), kernel.Identity)
		})
	}
	for _, s := range []struct {
		name       string
		rows, cols int
	}{
		{"table", 5, 8}, {"gain", 1, 8}, {"bias", 1, 8}, {"qkv", 8, 24}, {"qkv.bias", 1, 24}, {"out", 8, 5},
		{"w1", 2, 16}, {"b1", 1, 16}, {"w2", 16, 1}, {"b2", 1, 1},
	} {
		param(nil, s.name, s.rows, s.cols)
	}
	for name, loss := range map[string]func(g *Graph) *G.Node{"transformer": transformer, "critic": critic} {
		s, err := NewStep(ps, 256, func(g *Graph) G.Nodes { return G.Nodes{loss(g)} })
		if err != nil {
			t.Fatal(err)
		}
		for in, memory := range s.inputs {
			copy(memory, random(1, len(memory)))
			if in == "ids" || in == "next" {
				for i := range memory {
					memory[i] = float32(i % 5)
				}
			}
		}
		a := NewAdam(ps, DefaultAdam)
		var bits []float32
		if n := testing.AllocsPerRun(5, func() {
			if _, err := s.Gradient(); err != nil {
				t.Fatal(err)
			}
			if bits == nil {
				bits = make([]float32, len(s.grad))
				copy(bits, s.grad)
			} else if !slices.Equal(bits, s.grad) {
				t.Errorf("%s: other bits in another run", name)
			}
		}); n != 0 && !race.Enabled {
			t.Errorf("%s: %v allocations a run", name, n)
		}
		s.Update(a, 1e-3, nil)
	}
}

// TestIndicesAreChecked: what is no index of the table or no class panics with both numbers.
func TestIndicesAreChecked(t *testing.T) {
	for _, id := range []float32{-1, 5, 0.5, float32(math.NaN()), float32(math.Inf(1))} {
		g := NewGraph(1)
		table := random(1, 10)
		e := Embedding(g.Table("t", 5, 2, table), g.Table("id", 1, 1, []float32{id}))
		c := CrossEntropy(g.Table("logits", 1, 5, table[:5]), g.Table("id2", 1, 1, []float32{id}))
		for _, n := range []*G.Node{e, c} {
			m := mustCompile(t, g, n)
			if panics(func() { _ = m.RunAll() }) == "" {
				t.Errorf("%v takes the index %v of 5", n.Op(), id)
			}
		}
	}
}

// TestNoGradientWhereNoneIsNeeded: the program of a gradient holds nothing for inputs that
// are not asked for.
func TestNoGradientWhereNoneIsNeeded(t *testing.T) {
	g := NewGraph(4)
	x, w, b := g.Input("x", 3), g.Input("w", 2), g.Input("b", 2)
	y := Mean(Linear(x, MatMul(x, w, true, false), ColSum(b), kernel.SiLU))
	length := func(wrt ...*G.Node) int {
		grads, err := g.Grad(y, nil, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		return len(mustCompile(t, g, append(grads, y)...).prog)
	}
	// Forward: matmul, colsum, linear, mean. Backward: fill, scale, slope, colsum, rows.
	if n := length(b); n != 9 {
		t.Errorf("%d operations for the gradient of b alone", n)
	}
}
