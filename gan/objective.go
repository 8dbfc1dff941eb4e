package gan

import (
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Objective is the pair of losses that critic and generator minimise.
type Objective interface {
	// Critic returns the critic's loss on a batch, followed by metrics to report.
	Critic(out *CriticOutput) []Term
	// Generator returns the generator's loss, 1 x 1, from the critic's values at generated samples (rows x 1);
	// real builds those at data, for a loss that compares the two.
	Generator(fake *G.Node, real func() *G.Node) *G.Node
	String() string
}

// Term is a named loss or metric of a batch.
type Term struct {
	Name string
	Node *G.Node // 1 x 1, averaged over the rows; or rows x 1
	// Max reports the maximum over the rows of Node (rows x 1) instead of the mean.
	Max bool
}

// CriticOutput is the critic's output on a batch: its values (rows x 1) on data and on generated
// samples, and on request its gradients. With packing a row is a pack of samples.
type CriticOutput struct {
	Real, Fake *G.Node

	graph      *nn.Graph
	value      func(x *G.Node) *G.Node // the critic
	data, fake *G.Node                 // points, standardised
	mix        func() *G.Node          // u ~ U(0, 1), a row each point, the weight of the data
	pack       int
	every      int // packs, of which the first has a gradient norm
}

// newCriticOutput applies a critic of packs of so many samples to data and generated samples. mix is called only if an
// objective needs gradient norms, which one of every so many packs has.
func newCriticOutput(g *nn.Graph, value func(x *G.Node) *G.Node, data, fake *G.Node, mix func() *G.Node, pack, every int) *CriticOutput {
	return &CriticOutput{value(data), value(fake), g, value, data, fake, mix, pack, every}
}

// GradientNorms returns |∇D| at a random interpolation between data and generated sample, for the first of every
// PenaltyEvery rows: rows/PenaltyEvery x 1. For each row it costs as much as the rest of a step.
func (o *CriticOutput) GradientNorms() *G.Node {
	data, fake, u := o.first(o.data), o.first(o.fake), o.first(o.mix())
	if o.pack > 1 { // one weight for a pack
		u = nn.Reshape(nn.Concat(repeat(nn.Cols(nn.Reshape(u, o.pack), 0, 1), o.pack)...), 1)
	}
	between := nn.Add(fake, nn.MulCol(nn.Sub(data, fake), u))
	value := o.value(between)
	return nn.RowNorm(inputGradient(o.graph, value, ones(o.graph, value.Shape()[0]), between, o.pack))
}

// first returns the points of the first of every so many packs.
func (o *CriticOutput) first(points *G.Node) *G.Node {
	if o.every == 1 {
		return points
	}
	width := points.Shape()[1]
	return nn.Reshape(nn.Cols(nn.Reshape(points, o.every*o.pack*width), 0, o.pack*width), width)
}

func repeat(n *G.Node, times int) G.Nodes {
	all := make(G.Nodes, times)
	for i := range all {
		all[i] = n
	}
	return all
}

// SquaredGradients returns |∇D|² at the data and at the generated samples, rows x 1 each. It costs as much as the
// rest of a step, twice.
func (o *CriticOutput) SquaredGradients() (real, fake *G.Node) {
	seed := ones(o.graph, o.Real.Shape()[0])
	square := func(values, points *G.Node) *G.Node {
		return nn.RowSum(nn.Square(inputGradient(o.graph, values, seed, points, o.pack)))
	}
	return square(o.Real, o.data), square(o.Fake, o.fake)
}
