package gan

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/train"
)

// CriticTrainer fits a critic to tell data from generated samples, and provides the generator's loss. A
// [Trainer] is a generator and a CriticTrainer; any other model that generates points can take the
// generator's place.
type CriticTrainer struct {
	*train.Descent[*Critic] // without an average

	cfg       Config
	objective Objective
	terms     []Term // of the critic, for their names
	step      *nn.Step
	mix       []float32   // the input of interpolation weights; nil if the objective needs none
	compares  bool        // the generator's loss takes data as well
	saved     [][]float32 // critic and optimiser at the start of RestoreOnError
}

// NewCriticTrainer returns a trainer of c at step 0. It uses the Settings of cfg, except EMA, and
// CriticRate, CriticSteps, Objective and Lambda. fake builds the generated samples, rows x d and
// standardised, whose inputs [CriticTrainer.Input] returns: a generator, or [Critic.FakeInput]. It fails
// if the objective or the optimiser reject their settings.
func NewCriticTrainer(c *Critic, cfg Config, fake func(g *nn.Graph) *G.Node) (*CriticTrainer, error) {
	t := &CriticTrainer{cfg: cfg}
	var err error
	if t.Descent, err = train.NewPlainDescent(cfg.criticSettings(), "critic", c); err != nil {
		return nil, fmt.Errorf("gan: critic: %w", err)
	}
	if t.objective, err = cfg.Objective.with(cfg.Lambda); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	interpolates := false
	t.step, err = nn.NewShardedStep(&c.params, cfg.Batch, cfg.group(), cfg.shardRows(), func(g *nn.Graph) G.Nodes {
		t.terms = t.objective.Critic(newCriticOutput(g,
			func(x *G.Node) *G.Node { return c.apply(g, x) },
			g.Input("x", c.dim()), fake(g),
			func() *G.Node { interpolates = true; return g.Input("mix", 1) }, c.pack, cfg.PenaltyEvery))
		return losses(g, t.terms)
	})
	if err != nil {
		return nil, fmt.Errorf("gan: critic: %w", err)
	}
	if interpolates {
		t.mix = t.step.Input("mix")
	}
	for _, s := range t.moving() {
		t.saved = append(t.saved, make([]float32, len(s.Data)))
	}
	return t, nil
}

// losses returns the terms as outputs of a step, which are means over the rows. The values of a maximum
// are recorded under the name of the term.
func losses(g *nn.Graph, terms []Term) G.Nodes {
	means := make(G.Nodes, len(terms))
	for i, term := range terms {
		means[i] = term.Node
		if term.Max {
			means[i] = nn.Mean(g.Record(term.Name, term.Node))
		}
	}
	return means
}

// GeneratorLoss builds the generator's loss, 1 x 1, of generated samples (rows x d, standardised). Its
// gradient flows through the critic with the weights it has when the graph is run. An objective that compares samples
// with data declares the input "real" of those.
func (t *CriticTrainer) GeneratorLoss(g *nn.Graph, fake *G.Node) *G.Node {
	c := t.Model()
	var weights G.Nodes
	if t.cfg.Unroll > 0 {
		weights = t.unroll(g, fake, t.real(g))
	}
	return t.objective.Generator(c.applyWith(g, fake, weights), func() *G.Node { return c.applyWith(g, t.real(g), weights) })
}

// real declares the data of the generator's loss, rows x d, standardised.
func (t *CriticTrainer) real(g *nn.Graph) *G.Node {
	t.compares = true
	return g.Input("real", t.Model().dim())
}

// moving is what a step of the critic changes: [train.Descent.Moving], and the singular vectors.
func (t *CriticTrainer) moving() []checkpoint.Tensor {
	moving := t.Moving()
	for _, n := range t.Model().norms {
		moving = append(moving, n.state("spectral")...)
	}
	return moving
}

// Input returns the memory of a named input of the generated samples, Batch x its columns. Set it before
// each Learn.
func (t *CriticTrainer) Input(name string) []float32 { return t.step.Input(name) }

// Learn takes one step of the critic on a batch of data (Batch x d, in the data's coordinates) and the
// samples generated from the inputs. It returns the terms of the [Objective]; distances and gradient
// norms are in standardised coordinates. It fails if a value or gradient is not finite, and leaves the
// parameters unchanged; it panics if the batch has another shape.
func (t *CriticTrainer) Learn(data *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	d := t.Model().dim()
	if n, columns := data.Dims(); n != t.cfg.Batch || columns != d {
		panic(fmt.Sprintf("gan: a batch of %d x %d for the critic, want %d x %d", n, columns, t.cfg.Batch, d))
	}
	t.Model().scale.FromDataTo(t.step.Input("x"), data)
	for i := range t.mix {
		t.mix[i] = rng.Float32()
	}
	values, err := t.step.Gradient()
	if err != nil {
		return nil, fmt.Errorf("critic: %w", err)
	}
	t.Update(t.step)
	for _, n := range t.Model().norms {
		n.iterate()
	}
	losses := make(genlab.Losses, len(values), len(values)+1)
	for i, term := range t.terms {
		losses[i] = genlab.Loss{Name: term.Name, Value: values[i]}
		if term.Max {
			losses[i].Value = float64(slices.Max(t.step.Input(term.Name)))
		}
	}
	return losses, nil
}

// RestoreOnError returns the result of learn, which takes steps of the critic and of a generator. If
// learn fails, the critic, its optimiser and its number of steps are restored to what they were before.
func (t *CriticTrainer) RestoreOnError(learn func() (genlab.Losses, error)) (genlab.Losses, error) {
	moving, steps := t.moving(), t.Steps()
	for i, s := range moving {
		copy(t.saved[i], s.Data)
	}
	losses, err := learn()
	if err != nil {
		for i, s := range moving {
			copy(s.Data, t.saved[i])
		}
		t.SetSteps(steps)
	}
	return losses, err
}
