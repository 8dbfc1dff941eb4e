package nn

import (
	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// Act returns act(z), elementwise. It can be differentiated twice.
func Act(z *G.Node, act Activation) *G.Node {
	return apply(&op{
		name: act.String(), arity: 1, diff: []bool{true}, shape: sameShape,
		f32: func(out matrix[float32], in []matrix[float32]) { activate(act, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { activate(act, out, in) },
		grad: func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
			return G.Nodes{actSlope(in[0], g, act)}, nil
		},
	}, z)
}

func activate[T kernel.Float](act kernel.Activation, out matrix[T], in []matrix[T]) {
	kernel.BiasAct(act, out.rows, out.cols, in[0].data, nil, out.data, nil)
}

// actSlope returns g ⊙ act'(z).
func actSlope(z, g *G.Node, act kernel.Activation) *G.Node {
	y := new(scratch) // BiasAct computes the value as well
	return apply(&op{
		name: act.String() + ".slope", arity: 2, diff: []bool{true, true}, shape: sameShape,
		f32: func(out matrix[float32], in []matrix[float32]) { actBackward(act, y, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { actBackward(act, y, out, in) },
		grad: func(in G.Nodes, _, gg *G.Node) (G.Nodes, error) {
			return G.Nodes{Mul(actCurve(in[0], in[1], act), gg), actSlope(in[0], gg, act)}, nil
		},
	}, z, g)
}

func actBackward[T kernel.Float](act kernel.Activation, y *scratch, out matrix[T], in []matrix[T]) {
	kernel.BiasAct(act, out.rows, out.cols, in[0].data, nil, room[T](y, len(out.data)), out.data)
	kernel.Mul(out.data, out.data, in[1].data)
}

// actCurve returns g ⊙ act″(z). It has no derivative.
func actCurve(z, g *G.Node, act kernel.Activation) *G.Node {
	return apply(&op{
		name: act.String() + ".curve", arity: 2, diff: []bool{true, true}, shape: sameShape,
		f32: func(out matrix[float32], in []matrix[float32]) { actSecond(act, out, in) },
		f64: func(out matrix[float64], in []matrix[float64]) { actSecond(act, out, in) },
	}, z, g)
}

func actSecond[T kernel.Float](act kernel.Activation, out matrix[T], in []matrix[T]) {
	kernel.ActSecond(act, in[0].data, out.data)
	kernel.Mul(out.data, out.data, in[1].data)
}

// Activation is a scalar nonlinearity. A setting of this type is one of its Choices.
type Activation = kernel.Activation

// The activations.
const (
	Identity  = kernel.Identity
	SiLU      = kernel.SiLU
	ReLU      = kernel.ReLU
	LeakyReLU = kernel.LeakyReLU
	Tanh      = kernel.Tanh
	GELU      = kernel.GELU
	Softplus  = kernel.Softplus
	Sigmoid   = kernel.Sigmoid
)

// LeakySlope is the slope of [LeakyReLU] below zero.
const LeakySlope = kernel.LeakySlope
