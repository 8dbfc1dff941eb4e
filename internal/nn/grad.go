package nn

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// Grad returns the gradient of out with respect to each of wrt, times seed: a matrix of out's
// shape, or nil for a 1 x 1 out with seed one. The result is made of ordinary nodes, so that
// Grad applies to it again. It fails where out does not depend on one of wrt, or an operation
// on the way has no derivative.
//
// Reverse accumulation over Gorgonia's SDOp.SymDiff. Only what lies between wrt and out is
// differentiated.
func (g *Graph) Grad(out, seed *G.Node, wrt ...*G.Node) (G.Nodes, error) {
	if seed == nil {
		if out.Shape().TotalSize() != 1 {
			return nil, fmt.Errorf("nn: the gradient of %v of shape %v needs a seed", out, out.Shape())
		}
		seed = g.constant(1, 1, 1)
	}
	if !seed.Shape().Eq(out.Shape()) {
		return nil, fmt.Errorf("nn: seed of shape %v for an output of %v", seed.Shape(), out.Shape())
	}
	order := ordered(out)
	depends := map[*G.Node]bool{}
	for _, n := range order {
		if slices.Contains(wrt, n) {
			depends[n] = true
			continue
		}
		in := children(n)
		for i, has := range differentiable(n, len(in)) {
			if has && depends[in[i]] {
				depends[n] = true
			}
		}
	}
	grads := map[*G.Node]*G.Node{out: seed}
	for _, n := range slices.Backward(order) {
		gn := grads[n]
		in := children(n)
		if gn == nil || len(in) == 0 || !depends[n] || !slices.ContainsFunc(in, func(c *G.Node) bool { return depends[c] }) {
			continue
		}
		diff, err := n.Op().(G.SDOp).SymDiff(in, n, gn)
		if err != nil {
			return nil, fmt.Errorf("nn: gradient of %v: %w", n.Op(), err)
		}
		has := differentiable(n, len(in))
		for i, c := range in {
			switch {
			case !has[i] || !depends[c] || diff[i] == nil:
			case grads[c] == nil:
				grads[c] = diff[i]
			default:
				grads[c] = Add(grads[c], diff[i])
			}
		}
	}
	res := make(G.Nodes, len(wrt))
	for i, w := range wrt {
		if res[i] = grads[w]; res[i] == nil {
			return nil, fmt.Errorf("nn: no gradient of %v reaches %v", out, w)
		}
	}
	return res, nil
}

func differentiable(n *G.Node, inputs int) []bool {
	if op, ok := n.Op().(G.SDOp); ok && inputs > 0 {
		return op.DiffWRT(inputs)
	}
	return nil
}

// constant is an input filled once. It is not a Gorgonia constant: those are merged by their
// printout, which is cut short.
func (g *Graph) constant(rows, cols int, v float32) *G.Node {
	values := make([]float32, rows*cols)
	for i := range values {
		values[i] = v
	}
	return g.Table(fmt.Sprintf("constant %d", len(g.leaves)), rows, cols, values)
}
