package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// JVP returns the Jacobian-vector product Σ ∂out/∂wrt[i]·tangents[i], of the shape of out: the derivative of
// out in the direction of the tangents, which have the shapes of wrt. It consists of ordinary nodes.
//
// The backward pass is linear in its seed, so its derivative by the seed, in the direction of a tangent, is the
// product. That derivative depends on no value of the backward pass: what is computed is one forward
// pass of tangents, and no gradient. The operations between wrt and out must allow their gradient to be differentiated,
// as those of [MLP.ApplyTwice] do. JVP fails where [Graph.Grad] does, for one of them, or for tangents of other shapes.
func (g *Graph) JVP(out *G.Node, wrt, tangents G.Nodes) (*G.Node, error) {
	if len(wrt) != len(tangents) || len(wrt) == 0 {
		return nil, fmt.Errorf("nn: %d tangents for %d nodes: want one for each", len(tangents), len(wrt))
	}
	seed := g.constantLike(out, 0)
	grads, err := g.Grad(out, seed, wrt...)
	if err != nil {
		return nil, err
	}
	var sum *G.Node
	for i, grad := range grads {
		part, err := g.Grad(grad, tangents[i], seed)
		if err != nil {
			return nil, fmt.Errorf("nn: the derivative of %v in the direction of tangent %d: %w", out, i, err)
		}
		if sum == nil {
			sum = part[0]
		} else {
			sum = Add(sum, part[0])
		}
	}
	return sum, nil
}

// Detach returns a as a constant: no gradient passes through it.
func Detach(a *G.Node) *G.Node {
	return apply(&op{
		name: "detach", arity: 1, shape: sameShape,
		f32: func(out matrix[float32], in []matrix[float32]) { copy(out.data, in[0].data) },
		f64: func(out matrix[float64], in []matrix[float64]) { copy(out.data, in[0].data) },
	}, a)
}

// JacobianTrace returns the trace of the Jacobian of y by x, both Rows() x d, where a row of y depends on its row of x alone:
// Rows() x 1, one backward pass per coordinate. It panics if y has no derivative by x.
func (g *Graph) JacobianTrace(y, x *G.Node) *G.Node {
	d := x.Shape()[1]
	var trace *G.Node
	for j := range d {
		unit := make([]float32, g.Rows()*d)
		for i := range g.Rows() {
			unit[i*d+j] = 1
		}
		grads, err := g.Grad(y, g.Table(fmt.Sprintf("coordinate %d", j), g.Rows(), d, unit), x)
		if err != nil {
			panic(fmt.Sprintf("nn: JacobianTrace: %v", err))
		}
		if own := Cols(grads[0], j, j+1); trace == nil {
			trace = own
		} else {
			trace = Add(trace, own)
		}
	}
	return trace
}
