package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// formula is a function of matrices, drawn from inputs it declares itself.
type formula struct {
	name  string
	twice bool // its gradient can be differentiated as well
	f     func(c *check) *G.Node
}

// check builds a formula over random inputs, in float64 unless the graph is one of float32.
type check struct {
	*Graph
	rng *rand.Rand
	in  G.Nodes
}

// x declares a random input of the given shape, with an element away from the kinks of
// piecewise linear functions.
func (c *check) x(rows, cols int) *G.Node {
	values := make([]float64, rows*cols)
	for i := range values {
		values[i] = c.rng.NormFloat64()
		if math.Abs(values[i]) < 0.01 {
			values[i] = 0.01
		}
	}
	n := c.leaf(fmt.Sprintf("x%d", len(c.in)), rows, cols, values)
	c.in = append(c.in, n)
	return n
}

func (c *check) leaf(name string, rows, cols int, values []float64) *G.Node {
	if c.dtype == tensor.Float64 {
		return c.newLeaf(name, rows, cols, values)
	}
	narrow := make([]float32, len(values))
	for i, v := range values {
		narrow[i] = float32(v)
	}
	return c.newLeaf(name, rows, cols, narrow)
}

var activations = []kernel.Activation{kernel.Identity, kernel.SiLU, kernel.ReLU, kernel.LeakyReLU, kernel.Tanh, kernel.GELU, kernel.Softplus, kernel.Sigmoid}

func formulas() []formula {
	fs := []formula{
		{"mul", true, func(c *check) *G.Node { return Mul(c.x(3, 4), c.x(3, 4)) }},
		{"add", true, func(c *check) *G.Node { return Add(c.x(3, 4), c.x(3, 4)) }},
		{"add.same", true, func(c *check) *G.Node { x := c.x(3, 4); return Add(x, Mul(x, x)) }},
		{"sub", true, func(c *check) *G.Node { return Sub(c.x(3, 4), c.x(3, 4)) }},
		{"scale", true, func(c *check) *G.Node { return Scale(-1.7, c.x(3, 4)) }},
		{"colsum", true, func(c *check) *G.Node { return ColSum(c.x(5, 4)) }},
		{"rows", true, func(c *check) *G.Node { return Rows(c.x(1, 4), 3) }},
		{"mean", true, func(c *check) *G.Node { return Mean(c.x(3, 4)) }},
		{"fill", true, func(c *check) *G.Node { return Fill(c.x(1, 1), 3, 4) }},
		{"mse", true, func(c *check) *G.Node {
			x := c.x(3, 4)
			target := c.x(3, 4)
			c.in = c.in[:1]
			return MSE(x, target)
		}},
		{"mlp", false, func(c *check) *G.Node {
			h := Linear(c.x(5, 3), c.x(3, 6), c.x(1, 6), kernel.SiLU)
			h = Linear(h, c.x(6, 6), c.x(1, 6), kernel.Tanh)
			return Linear(h, c.x(6, 2), c.x(1, 2), kernel.Identity)
		}},
		{"fourier", true, func(c *check) *G.Node {
			v, b := c.x(3, 2), c.x(2, 4)
			c.in = c.in[:1] // the frequencies have no derivative
			return withFeatures(v, b)
		}},
		{"critic", true, func(c *check) *G.Node {
			h := Linear(c.x(5, 3), c.x(3, 6), c.x(1, 6), kernel.LeakyReLU)
			h = Linear(h, c.x(6, 6), c.x(1, 6), kernel.LeakyReLU)
			return Linear(h, c.x(6, 1), c.x(1, 1), kernel.Identity)
		}},
	}
	fs = append(fs, fused()...)
	for _, ta := range []bool{false, true} {
		for _, tb := range []bool{false, true} {
			fs = append(fs, formula{fmt.Sprintf("matmul/%v/%v", ta, tb), true, func(c *check) *G.Node {
				a, b := [2]int{3, 4}, [2]int{4, 2}
				if ta {
					a = [2]int{4, 3}
				}
				if tb {
					b = [2]int{2, 4}
				}
				return MatMul(c.x(a[0], a[1]), c.x(b[0], b[1]), ta, tb)
			}})
		}
	}
	for _, act := range activations {
		flat := act == kernel.Identity || act == kernel.ReLU || act == kernel.LeakyReLU
		fs = append(fs,
			formula{"act/" + act.String(), true, func(c *check) *G.Node { return Act(c.x(3, 4), act) }},
			formula{"linear/" + act.String(), flat, func(c *check) *G.Node { return Linear(c.x(5, 3), c.x(3, 4), c.x(1, 4), act) }})
	}
	return fs
}

// build returns a scalar of the formula: its inner product with fixed random weights.
func (f formula) build() (*check, *G.Node) { return f.on(NewGraph64(5)) }

func (f formula) on(g *Graph) (*check, *G.Node) {
	c := &check{Graph: g, rng: rand.New(rand.NewPCG(1, 2))}
	return c, c.scalar(f.f(c))
}

func (c *check) scalar(out *G.Node) *G.Node {
	s := out.Shape()
	w := make([]float64, s.TotalSize())
	for i := range w {
		w[i] = c.rng.NormFloat64()
	}
	return Mean(Mul(out, c.leaf(fmt.Sprintf("w%d", c.rng.Uint64()), s[0], s[1], w)))
}

// TestGradientsAgreeWithCentralDifferences checks every operation, and where a gradient can
// be differentiated again, the gradient of a random combination of its gradients.
func TestGradientsAgreeWithCentralDifferences(t *testing.T) {
	for _, f := range formulas() {
		t.Run(f.name, func(t *testing.T) {
			c, loss := f.build()
			agree(t, c, loss)
			if !f.twice {
				return
			}
			c, loss = f.build()
			grads, err := c.Grad(loss, nil, c.in...)
			if err != nil {
				t.Fatal(err)
			}
			var second *G.Node
			for _, g := range grads {
				if s := c.scalar(Mul(g, g)); second == nil {
					second = s
				} else {
					second = Add(second, s)
				}
			}
			grads, err = c.gradients(second, c.constant(1, 1, 1), c.in)
			if err != nil {
				t.Fatal(err)
			}
			in := c.in
			c.in = nil
			for i, g := range grads { // a linear formula's gradients are constants
				if g != nil {
					c.in = append(c.in, in[i])
				}
			}
			agree(t, c, second)
		})
	}
}

// agree compares the gradient with central differences of step h: the error of those is of
// order h² plus rounding of 1e-16/h, so 1e-7 of the largest derivative is asked for.
func agree(t *testing.T, c *check, loss *G.Node) {
	t.Helper()
	worst, largest, err := c.difference(loss)
	if err != nil {
		t.Fatal(err)
	}
	if !(worst <= 1e-7*math.Max(1, largest)) {
		t.Errorf("gradient off by %.3g where the largest is %.3g", worst, largest)
	}
}

// difference returns the largest difference between the gradient and central ones, and the
// largest derivative. The gradient is that of a third run: it must not accumulate.
func (c *check) difference(loss *G.Node) (worst, largest float64, err error) {
	if len(c.in) == 0 {
		return 0, 0, nil
	}
	grads, err := c.Grad(loss, nil, c.in...)
	if err != nil {
		return 0, 0, err
	}
	m, err := Compile(c.Graph, append(G.Nodes{loss}, grads...)...)
	if err != nil {
		return 0, 0, err
	}
	run := func() float64 {
		if e := m.RunAll(); e != nil {
			err = e
			return math.NaN()
		}
		return float64s(m.Value(loss))[0]
	}
	for range 3 {
		run()
	}
	if err != nil {
		return 0, 0, err
	}
	got := make([][]float64, len(grads))
	for i, g := range grads {
		got[i] = float64s(m.Value(g))
	}
	const h = 1e-5
	for i, in := range c.in {
		x := in.Value().(*tensor.Dense).Float64s()
		if len(got[i]) != len(x) {
			return 0, 0, fmt.Errorf("a gradient of %d values for %d", len(got[i]), len(x))
		}
		for j := range x {
			old := x[j]
			x[j] = old + h
			up := run()
			x[j] = old - h
			down := run()
			x[j] = old
			want := (up - down) / (2 * h)
			worst, largest = math.Max(worst, math.Abs(want-got[i][j])), math.Max(largest, math.Abs(want))
		}
	}
	return worst, largest, err
}

// float64s returns a copy of a value, row by row.
func float64s(v G.Value) []float64 {
	switch v := v.(type) {
	case *G.F64:
		return []float64{float64(*v)}
	case *tensor.Dense:
		if v.RequiresIterator() {
			v = v.Materialize().(*tensor.Dense)
		}
		switch d := v.Data().(type) {
		case []float64:
			return append([]float64(nil), d...)
		case []float32:
			wide := make([]float64, len(d))
			for i, v := range d {
				wide[i] = float64(v)
			}
			return wide
		case float64:
			return []float64{d}
		}
	}
	panic(fmt.Sprintf("%T is not a matrix", v))
}

// TestFusedGradientRefusesASecondDerivative: a wrong answer would be silent.
func TestFusedGradientRefusesASecondDerivative(t *testing.T) {
	c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
	x := c.x(5, 3)
	y := Mean(Linear(x, c.x(3, 4), c.x(1, 4), kernel.SiLU))
	g, err := c.Grad(y, nil, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Grad(Mean(Mul(g[0], g[0])), nil, c.in[1]); err == nil {
		t.Error("the gradient of a fused SiLU was differentiated without its second derivative")
	}
}
