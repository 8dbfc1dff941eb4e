package gan

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/internal/affine"
	"genlab/internal/nn"
	"genlab/internal/state"
)

// Trainer plays the game: in each step the critic moves CriticSteps times, each on data and
// samples of its own, and then the generator once.
type Trainer struct {
	model     *Model
	average   *Model // of the generator's weights of the steps so far; it samples
	objective Objective
	terms     []Term // of the critic, for their names
	critic    player
	generator player
	falling   nn.Rate     // of the generator
	places    []float32   // of the slopes, an input of the critic; nil where it asks for none
	before    [][]float32 // the critic and its optimiser, before a step
}

// player is a network's way to move.
type player struct {
	step *nn.Step
	adam *nn.Adam
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := m.twin()
	if err != nil {
		return nil, err
	}
	t := &Trainer{model: m, average: average}
	if t.objective, err = m.cfg.Objective.with(m.cfg.Lambda); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	asksSlopes := false
	t.critic.step, err = nn.NewStep(&m.critic.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes {
		t.terms = t.objective.Critic(newRound(g,
			func(x *G.Node) *G.Node { return m.critic.apply(g, x) },
			g.Input("x", m.dim()), m.generate(g, g.Input("z", m.cfg.Latent)),
			func() *G.Node { asksSlopes = true; return g.Input("place", 1) }))
		return losses(g, t.terms)
	})
	if err != nil {
		return nil, fmt.Errorf("gan: critic: %w", err)
	}
	if asksSlopes {
		t.places = t.critic.step.Input("place")
	}
	t.generator.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes {
		return G.Nodes{t.objective.Generator(m.critic.apply(g, m.generate(g, g.Input("z", m.cfg.Latent))))}
	})
	if err != nil {
		return nil, fmt.Errorf("gan: generator: %w", err)
	}
	adam := nn.DefaultAdam
	adam.Beta1, adam.Beta2 = m.cfg.Beta1, m.cfg.Beta2
	t.critic.adam, t.generator.adam = nn.NewAdam(&m.critic.params, adam), nn.NewAdam(&m.params, adam)
	t.falling = nn.Cosine{Peak: m.cfg.LR, Steps: m.cfg.Steps}
	for _, s := range t.criticState() {
		t.before = append(t.before, make([]float32, len(s.Data)))
	}
	m.film.take(0, average)
	return t, nil
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

// Average is the model that samples: its generator's weights are an exponential moving average,
// its critic the trained one. It is the same object after every step.
func (t *Trainer) Average() *Model { return t.average }

// Learn implements genlab.Learner; the batch has CriticSteps times the configuration's size. The
// losses are the critic's figures at its last step, as its Objective says them, and the generator's
// loss; distances and slopes are those of standardised coordinates.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.model
	if n, d := batch.Dims(); n != m.cfg.Batch*m.cfg.CriticSteps || d != m.dim() {
		panic(fmt.Sprintf("gan: a batch of %d x %d for a trainer of %d x %d", n, d, m.cfg.Batch*m.cfg.CriticSteps, m.dim()))
	}
	for i, s := range t.criticState() {
		copy(t.before[i], s.Data)
	}
	losses, err := t.play(batch, rng)
	if err != nil {
		t.takeBack()
		return nil, err
	}
	m.film.take(t.Steps(), t.average)
	return losses, nil
}

func (t *Trainer) play(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.model
	var losses genlab.Losses
	for k := range m.cfg.CriticSteps {
		t.fill(batch.Slice(k*m.cfg.Batch, (k+1)*m.cfg.Batch, 0, m.dim()).(*mat.Dense), rng)
		values, err := t.critic.step.Gradient()
		if err != nil {
			return nil, fmt.Errorf("critic: %w", err)
		}
		t.critic.step.Update(t.critic.adam, m.cfg.LR*m.cfg.CriticRate, nil)
		losses = t.named(values)
	}
	normals(t.generator.step.Input("z"), rng)
	values, err := t.generator.step.Gradient()
	if err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	t.generator.step.Update(t.generator.adam, t.falling.At(t.Steps()), &nn.EMA{Average: &t.average.params, Decay: m.cfg.EMA})
	return append(losses, genlab.Loss{Name: "generator", Value: values[0]}), nil
}

// fill writes the inputs of a step of the critic.
func (t *Trainer) fill(batch *mat.Dense, rng *rand.Rand) {
	x, d := t.critic.step.Input("x"), t.model.dim()
	scale := t.model.scale
	for i := range t.model.cfg.Batch {
		for j, v := range batch.RawRowView(i) {
			x[i*d+j] = float32((v - scale.Shift[j]) / scale.Scale[j])
		}
	}
	normals(t.critic.step.Input("z"), rng)
	for i := range t.places {
		t.places[i] = rng.Float32()
	}
}

func normals(dst []float32, rng *rand.Rand) {
	for i := range dst {
		dst[i] = float32(rng.NormFloat64())
	}
}

func (t *Trainer) named(values []float64) genlab.Losses {
	losses := make(genlab.Losses, len(values), len(values)+1)
	for i, term := range t.terms {
		losses[i] = genlab.Loss{Name: term.Name, Value: values[i]}
		if term.Largest {
			losses[i].Value = float64(slices.Max(t.critic.step.Input(term.Name)))
		}
	}
	return losses
}

// takeBack undoes what the critic did in a step that failed.
func (t *Trainer) takeBack() {
	for i, s := range t.criticState() {
		copy(s.Data, t.before[i])
	}
	t.critic.adam.SetSteps(t.Steps() * t.model.cfg.CriticSteps)
}

// Steps is the number of steps taken, the generator's.
func (t *Trainer) Steps() int { return t.generator.adam.Steps() }

func (t *Trainer) criticState() []state.Tensor {
	return slices.Concat(t.model.critic.params.State("critic"), t.critic.adam.State("critic_adam"))
}

// State is all that training needs to go on: both networks, the generator's average, both
// optimisers' moments, the critic's frequencies, the film, the standardisation. The memory is live, but for the last.
func (t *Trainer) State() []state.Tensor {
	return slices.Concat(t.model.params.State("model"), t.average.params.State("ema"), t.generator.adam.State("adam"),
		t.criticState(), t.model.fixed())
}

// fixed is the state that no step moves.
func (m *Model) fixed() []state.Tensor {
	return slices.Concat(m.waves.Frequencies.State("latent"), m.critic.waves.Frequencies.State("features"), m.film.state("film"), m.scale.State("scale"))
}

// Resume returns a trainer that continues from a saved State after the given number of steps.
func Resume(cfg Config, saved []state.Tensor, steps int) (*Trainer, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewTrainer(m)
	if err != nil {
		return nil, err
	}
	if err := state.Copy(t.State(), saved); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	t.generator.adam.SetSteps(steps)
	t.critic.adam.SetSteps(steps * cfg.CriticSteps)
	return t, nil
}

// Load returns the model that samples, and its critic, out of a trainer's saved State.
func Load(cfg Config, saved []state.Tensor) (*Model, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	for prefix, live := range map[string][]state.Tensor{
		"ema": m.params.State("ema"), "critic": m.critic.params.State("critic"),
		"latent": m.waves.Frequencies.State("latent"), "features": m.critic.waves.Frequencies.State("features"), "film": m.film.state("film"),
	} {
		if err := state.Copy(live, state.Under(prefix, saved)); err != nil {
			return nil, fmt.Errorf("gan: %w", err)
		}
	}
	return m, nil
}

// fromState returns a model with the saved standardisation; its weights are yet to come.
func fromState(cfg Config, saved []state.Tensor) (*Model, error) {
	scale, err := affine.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	return New(cfg, scale, rand.New(rand.NewPCG(0, 0)))
}
