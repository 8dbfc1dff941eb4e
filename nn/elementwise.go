package nn

import (
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// Exp returns e to the power of each element.
func Exp(a *G.Node) *G.Node {
	return apply(&op{
		name: "exp", arity: 1, diff: []bool{true}, shape: sameShape, f32: exp[float32], f64: exp[float64],
		grad: func(_ G.Nodes, out, g *G.Node) (G.Nodes, error) { return G.Nodes{Mul(g, out)}, nil },
	}, a)
}

func exp[T kernel.Float](out matrix[T], in []matrix[T]) { kernel.Exp(out.data, in[0].data) }

// Log returns the natural logarithm of each element.
func Log(a *G.Node) *G.Node {
	return apply(&op{
		name: "log", arity: 1, diff: []bool{true}, shape: sameShape, f32: log[float32], f64: log[float64],
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{Div(g, in[0])}, nil },
	}, a)
}

func log[T kernel.Float](out matrix[T], in []matrix[T]) { kernel.Log(out.data, in[0].data) }

// Sqrt returns the square root of each element. Its derivative at zero is infinite.
func Sqrt(a *G.Node) *G.Node {
	return apply(&op{
		name: "sqrt", arity: 1, diff: []bool{true}, shape: sameShape, f32: sqrt[float32], f64: sqrt[float64],
		grad: func(_ G.Nodes, out, g *G.Node) (G.Nodes, error) {
			return G.Nodes{Scale(0.5, Div(g, out))}, nil
		},
	}, a)
}

func sqrt[T kernel.Float](out matrix[T], in []matrix[T]) {
	for i, v := range in[0].data {
		out.data[i] = root(v)
	}
}

// Square returns each element times itself.
func Square(a *G.Node) *G.Node { return Mul(a, a) }

// Div returns the elementwise quotient of two matrices of one shape.
func Div(a, b *G.Node) *G.Node {
	return apply(&op{
		name: "div", arity: 2, diff: []bool{true, true}, shape: sameShape, f32: div[float32], f64: div[float64],
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			da := Div(g, in[1])
			return G.Nodes{da, Scale(-1, Mul(da, out))}, nil
		},
	}, a, b)
}

func div[T kernel.Float](out matrix[T], in []matrix[T]) {
	b := in[1].data
	for i, v := range in[0].data {
		out.data[i] = v / b[i]
	}
}

// root returns the square root in T's own precision; the compiler makes it one instruction.
func root[T kernel.Float](v T) T { return T(math.Sqrt(float64(v))) }
