package flow

import (
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Bijector is an invertible map of points, with the determinant of its Jacobian. Where it
// depends on a label, labels holds that of each row; a bijector without classes ignores them.
type Bijector interface {
	// Forward maps each row of x (n x d) to z, in place, and adds log |det ∂z/∂x| of each row
	// to logDet (n values).
	Forward(x *mat.Dense, labels []int, logDet []float64)
	// Inverse maps each row of z (n x d) back to x, in place, and adds the log |det ∂z/∂x| of
	// Forward at that x to logDet.
	Inverse(z *mat.Dense, labels []int, logDet []float64)
}

// layer is a bijector that can be trained: the same map as a formula.
type layer interface {
	Bijector
	// node returns z (rows x d) and log |det ∂z/∂x| (rows x 1). label is rows x classes, one-hot,
	// nil where there are none.
	node(g *nn.Graph, x, label *G.Node) (z, logDet *G.Node)
}

// Chain applies bijectors from the first to the last; backwards, from the last to the first.
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

func (c Chain) node(g *nn.Graph, x, label *G.Node) (z, logDet *G.Node) {
	for _, b := range c {
		var l *G.Node
		x, l = b.(layer).node(g, x, label)
		if logDet == nil {
			logDet = l
		} else {
			logDet = nn.Add(logDet, l)
		}
	}
	return x, logDet
}
