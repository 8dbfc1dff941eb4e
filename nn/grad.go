package nn

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// Grad returns the gradient of out with respect to each of wrt, multiplied by seed: a matrix of the
// shape of out, or nil for 1 if out has one element. The result consists of ordinary nodes and can be
// differentiated again. It fails if out does not depend on one of wrt, or an operation in between has
// no derivative.
func (g *Graph) Grad(out, seed *G.Node, wrt ...*G.Node) (G.Nodes, error) {
	if seed == nil {
		if out.Shape().TotalSize() != 1 {
			return nil, fmt.Errorf("nn: the gradient of %v of shape %v needs a seed", out, out.Shape())
		}
		seed = g.constantLike(out, 1)
	}
	grads, err := g.gradients(out, seed, wrt)
	if err != nil {
		return nil, err
	}
	for i, n := range grads {
		if n == nil {
			return nil, fmt.Errorf("nn: no gradient of %v reaches %v", out, wrt[i])
		}
	}
	return grads, nil
}

// gradients is Grad with nil for nodes that out does not depend on. It is reverse-mode accumulation
// over Gorgonia's SDOp.SymDiff, limited to the nodes between wrt and out.
func (g *Graph) gradients(out, seed *G.Node, wrt G.Nodes) (G.Nodes, error) {
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
				if grads[c], err = accumulate(grads[c], diff[i]); err != nil {
					return nil, fmt.Errorf("nn: gradient of %v: %w", c, err)
				}
			}
		}
	}
	res := make(G.Nodes, len(wrt))
	for i, w := range wrt {
		res[i] = grads[w]
	}
	return res, nil
}

// accumulate adds two gradients of a node, by Gorgonia's operation unless they are matrices.
func accumulate(a, b *G.Node) (*G.Node, error) {
	if a.Dims() == 2 && b.Dims() == 2 {
		return tryApply(addition(), a, b)
	}
	return G.Add(a, b)
}

func differentiable(n *G.Node, inputs int) []bool {
	if op, ok := n.Op().(G.SDOp); ok && inputs > 0 {
		return op.DiffWRT(inputs)
	}
	return nil
}
