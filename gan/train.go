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
	"genlab/standardize"
	"genlab/train"
)

// Trainer plays the game: in each step the critic moves CriticSteps times, each on data and
// samples of its own, and then the generator once.
type Trainer struct {
	*train.Descent[*Model] // of the generator
	opponent               *Opponent
	step                   *nn.Step
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := m.twin()
	if err != nil {
		return nil, err
	}
	t := new(Trainer)
	if t.Descent, err = train.NewDescent(m.cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	made := func(g *nn.Graph) *G.Node { return m.generate(g, g.Input("z", m.cfg.Latent)) }
	if t.opponent, err = NewOpponent(m.critic, m.cfg, made); err != nil {
		return nil, err
	}
	t.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes { return G.Nodes{t.opponent.Cost(g, made(g))} })
	if err != nil {
		return nil, fmt.Errorf("gan: generator: %w", err)
	}
	m.film.take(0, average)
	return t, nil
}

// Learn implements genlab.Learner; the batch has CriticSteps times the configuration's size. The
// losses are the critic's figures at its last step, as its Objective says them, and the generator's
// loss; distances and slopes are those of standardised coordinates.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	if n, d := batch.Dims(); n != m.cfg.Batch*m.cfg.CriticSteps || d != m.dim() {
		panic(fmt.Sprintf("gan: a batch of %d x %d for a trainer of %d x %d", n, d, m.cfg.Batch*m.cfg.CriticSteps, m.dim()))
	}
	losses, err := t.opponent.Turn(func() (genlab.Losses, error) { return t.play(batch, rng) })
	if err != nil {
		return nil, err
	}
	m.film.take(t.Steps(), t.Average())
	return losses, nil
}

func (t *Trainer) play(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	var losses genlab.Losses
	for k := range m.cfg.CriticSteps {
		normals(t.opponent.Input("z"), rng)
		var err error
		if losses, err = t.opponent.Learn(batch.Slice(k*m.cfg.Batch, (k+1)*m.cfg.Batch, 0, m.dim()).(*mat.Dense), rng); err != nil {
			return nil, err
		}
	}
	normals(t.step.Input("z"), rng)
	values, err := t.step.Gradient()
	if err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	t.Update(t.step)
	return append(losses, genlab.Loss{Name: "generator", Value: values[0]}), nil
}

func normals(dst []float32, rng *rand.Rand) {
	for i := range dst {
		dst[i] = float32(rng.NormFloat64())
	}
}

// State is all that training needs to go on: both networks, the generator's average, both
// optimisers' moments, the critic's frequencies, the film, the standardisation. The memory is live, but for the last.
func (t *Trainer) State() []checkpoint.Tensor {
	return slices.Concat(t.Moving(), t.opponent.Moving(), t.Model().Fixed())
}

// Parameters are what training moves: the generator's.
func (m *Model) Parameters() *nn.Params { return &m.params }

// Fixed is what training does not move, but a checkpoint holds: the frequencies of both networks, the
// film and the standardisation.
func (m *Model) Fixed() []checkpoint.Tensor {
	return slices.Concat(m.waves.Frequencies.State("latent"), m.critic.Fixed(), m.film.state("film"), m.scale.State("scale"))
}

// Resume returns a trainer that continues from a saved State after the given number of steps.
func Resume(cfg Config, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewTrainer(m)
	if err != nil {
		return nil, err
	}
	if err := checkpoint.Copy(t.State(), saved); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	t.SetSteps(steps)
	t.opponent.SetSteps(steps * cfg.CriticSteps)
	return t, nil
}

// Load returns the model that samples, and its critic, out of a trainer's saved State.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	if err := train.LoadAverage(m, saved); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	if err := checkpoint.Copy(m.critic.params.State("critic"), checkpoint.Under("critic", saved)); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	return m, nil
}

// fromState returns a model with the saved standardisation; its weights are yet to come.
func fromState(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	return New(cfg, scale, rand.New(rand.NewPCG(0, 0)))
}
