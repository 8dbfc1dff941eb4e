package flow

import (
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Bijector is an invertible map of points with a known Jacobian determinant. labels has the label of
// each row where the map is class-conditional; otherwise it is ignored and may be nil.
type Bijector interface {
	// Forward maps each row of x (n x d) to z, in place, and adds log |det ∂z/∂x| to logDet (n
	// values).
	Forward(x *mat.Dense, labels []int, logDet []float64)
	// Inverse maps each row of z (n x d) back to x, in place, and adds log |det ∂z/∂x| at that x,
	// the value of Forward, to logDet.
	Inverse(z *mat.Dense, labels []int, logDet []float64)
}

// layer is a bijector that can be trained: it also builds its map as a graph.
type layer interface {
	Bijector
	// node maps a state, (d+1) x points: d rows of coordinates and one of log-determinants, to which
	// log |det ∂z/∂x| is added. label is classes x points, one-hot, nil without classes.
	node(g *nn.Graph, state, label *G.Node) *G.Node
}

// Chain is the composition of bijectors: Forward applies the first one first, Inverse inverts the last
// one first.
type Chain []Bijector

// Forward implements Bijector.
func (c Chain) Forward(x *mat.Dense, labels []int, logDet []float64) {
	for _, b := range c {
		b.Forward(x, labels, logDet)
	}
}

// Inverse implements Bijector.
func (c Chain) Inverse(z *mat.Dense, labels []int, logDet []float64) {
	for _, b := range slices.Backward(c) {
		b.Inverse(z, labels, logDet)
	}
}

func (c Chain) node(g *nn.Graph, state, label *G.Node) *G.Node {
	for _, b := range c {
		state = b.(layer).node(g, state, label)
	}
	return state
}
