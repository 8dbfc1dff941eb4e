package gan

import (
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// unroll builds the weights that the critic would have after Unroll further steps of gradient descent, at the rate UnrollLR,
// on data and the generated samples [metz2017] eq. 7. They depend on the samples: the generator's gradient takes into account
// how the critic will respond, so that gathering all samples at one mode does not pay. It returns nil, the current weights,
// for no steps.
func (t *CriticTrainer) unroll(g *nn.Graph, fake, data *G.Node) G.Nodes {
	if t.cfg.Unroll == 0 {
		return nil
	}
	c := t.Model()
	weights := c.weights(g)
	for range t.cfg.Unroll {
		out := newCriticOutput(g, func(x *G.Node) *G.Node { return c.applyWith(g, x, weights) }, data, fake, nil, c.pack, 1)
		gradients, err := g.Grad(t.objective.Critic(out)[0].Node, nil, weights...)
		if err != nil {
			panic(err) // the network is differentiable by construction
		}
		next := make(G.Nodes, len(weights))
		for i, w := range weights {
			next[i] = nn.Sub(w, nn.Scale(t.cfg.UnrollLR, gradients[i]))
		}
		weights = next
	}
	return weights
}
