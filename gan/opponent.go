package gan

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/nn"
	"genlab/train"
)

// Opponent is a critic as a player: it learns to tell the data from what somebody makes, and says
// what that costs whoever makes it. A Trainer is a generator and its Opponent; the maker may be any
// other formula, or points from anywhere.
type Opponent struct {
	*train.Descent[*Critic] // without an average

	cfg       Config
	objective Objective
	terms     []Term // of the critic, for their names
	step      *nn.Step
	places    []float32   // of the slopes, an input of the critic; nil where it asks for none
	before    [][]float32 // the critic and its optimiser, before a turn
}

// NewOpponent returns one that has taken no step. Of cfg count Settings, but for the
// average, CriticRate and the game. made is the formula of what it is shown beside the data, standardised
// points (rows x d), whose inputs Input gives; Critic.Given takes points as they are.
func NewOpponent(c *Critic, cfg Config, made func(g *nn.Graph) *G.Node) (*Opponent, error) {
	o := &Opponent{cfg: cfg}
	var err error
	if o.Descent, err = train.NewPlainDescent(cfg.critic(), "critic", c); err != nil {
		return nil, fmt.Errorf("gan: critic: %w", err)
	}
	if o.objective, err = cfg.Objective.with(cfg.Lambda); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	asksSlopes := false
	o.step, err = nn.NewStep(&c.params, cfg.Batch, func(g *nn.Graph) G.Nodes {
		o.terms = o.objective.Critic(newRound(g,
			func(x *G.Node) *G.Node { return c.apply(g, x) },
			g.Input("x", c.dim()), made(g),
			func() *G.Node { asksSlopes = true; return g.Input("place", 1) }))
		return losses(g, o.terms)
	})
	if err != nil {
		return nil, fmt.Errorf("gan: critic: %w", err)
	}
	if asksSlopes {
		o.places = o.step.Input("place")
	}
	for _, s := range o.Moving() {
		o.before = append(o.before, make([]float32, len(s.Data)))
	}
	return o, nil
}

// losses are the terms as a step reports them, means over the rows. Of the largest the values
// are recorded under the term's name.
func losses(g *nn.Graph, terms []Term) G.Nodes {
	means := make(G.Nodes, len(terms))
	for i, term := range terms {
		means[i] = term.Node
		if term.Largest {
			means[i] = nn.Mean(g.Record(term.Name, term.Node))
		}
	}
	return means
}

// Cost is the maker's loss, 1 x 1, of standardised points that it makes (rows x d): its gradient
// goes through the critic as it is when the formula is run.
func (o *Opponent) Cost(g *nn.Graph, made *G.Node) *G.Node {
	return o.objective.Generator(o.Model().apply(g, made))
}

// Input is the memory of a named input of what is made, Batch x its columns: fill it before Learn.
func (o *Opponent) Input(name string) []float32 { return o.step.Input(name) }

// Learn takes a step of the critic on a batch of the data (Batch x d, in its own coordinates) and
// what the inputs make. It returns the Objective's figures; distances and slopes are those of
// standardised coordinates.
func (o *Opponent) Learn(data *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	x, d, scale := o.step.Input("x"), o.Model().dim(), o.Model().scale
	if n, columns := data.Dims(); n != o.cfg.Batch || columns != d {
		panic(fmt.Sprintf("gan: a batch of %d x %d for a critic of %d x %d", n, columns, o.cfg.Batch, d))
	}
	for i := range o.cfg.Batch {
		for j, v := range data.RawRowView(i) {
			x[i*d+j] = float32((v - scale.Shift[j]) / scale.Scale[j])
		}
	}
	for i := range o.places {
		o.places[i] = rng.Float32()
	}
	values, err := o.step.Gradient()
	if err != nil {
		return nil, fmt.Errorf("critic: %w", err)
	}
	o.Update(o.step)
	losses := make(genlab.Losses, len(values), len(values)+1)
	for i, term := range o.terms {
		losses[i] = genlab.Loss{Name: term.Name, Value: values[i]}
		if term.Largest {
			losses[i].Value = float64(slices.Max(o.step.Input(term.Name)))
		}
	}
	return losses, nil
}

// Turn plays a round. If that fails, the critic is as it was before.
func (o *Opponent) Turn(play func() (genlab.Losses, error)) (genlab.Losses, error) {
	moving, steps := o.Moving(), o.Steps()
	for i, s := range moving {
		copy(o.before[i], s.Data)
	}
	losses, err := play()
	if err != nil {
		for i, s := range moving {
			copy(s.Data, o.before[i])
		}
		o.SetSteps(steps)
	}
	return losses, err
}
