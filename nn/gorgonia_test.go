package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

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

// table is tensor without a gradient.
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
