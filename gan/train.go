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

// Trainer trains generator and critic in alternation: a step is CriticSteps steps of the critic, each on
// its own data and samples, then one step of the generator. It is a [genlab.Learner].
type Trainer struct {
	*train.Descent[*Model] // of the generator
	critic                 *CriticTrainer
	step                   *nn.Step
}

// NewTrainer returns a trainer of m at step 0. It fails if the optimiser rejects its settings.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := m.cloneGenerator()
	if err != nil {
		return nil, err
	}
	t := new(Trainer)
	if t.Descent, err = train.NewDescent(m.cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	generate := func(g *nn.Graph) *G.Node { return m.generate(g, g.Input("z", m.cfg.Latent)) }
	if t.critic, err = NewCriticTrainer(m.critic, m.cfg, generate); err != nil {
		return nil, err
	}
	t.step, err = nn.NewShardedStep(&m.params, m.cfg.Batch, m.critic.pack, m.cfg.generatorShardRows(), func(g *nn.Graph) G.Nodes {
		return G.Nodes{t.critic.GeneratorLoss(g, generate(g))}
	})
	if err != nil {
		return nil, fmt.Errorf("gan: generator: %w", err)
	}
	m.snapshots.take(0, average)
	return t, nil
}

// Learn takes one step on a batch of Batch·CriticSteps x d points in the data's coordinates. It returns the
// terms of the [Objective] at the last step of the critic, with distances and gradient norms in
// standardised coordinates, and the generator's loss ("generator"). It fails if a value or gradient is
// not finite, and leaves both networks unchanged; it panics if the batch has another shape.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	if n, d := batch.Dims(); n != m.cfg.Batch*m.cfg.CriticSteps || d != m.dim() {
		panic(fmt.Sprintf("gan: a batch of %d x %d, want %d x %d", n, d, m.cfg.Batch*m.cfg.CriticSteps, m.dim()))
	}
	losses, err := t.critic.RestoreOnError(func() (genlab.Losses, error) { return t.alternate(batch, rng) })
	if err != nil {
		return nil, err
	}
	m.snapshots.take(t.Steps(), t.Average())
	return losses, nil
}

// alternate takes the steps of the critic and then that of the generator.
func (t *Trainer) alternate(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	var losses genlab.Losses
	for k := range m.cfg.CriticSteps {
		m.cfg.fillLatents(t.critic.Input("z"), rng)
		var err error
		if losses, err = t.critic.Learn(batch.Slice(k*m.cfg.Batch, (k+1)*m.cfg.Batch, 0, m.dim()).(*mat.Dense), rng); err != nil {
			return nil, err
		}
	}
	m.cfg.fillLatents(t.step.Input("z"), rng)
	if t.critic.compares { // with the data of the critic's last step
		copy(t.step.Input("real"), t.critic.Input("x"))
	}
	values, err := t.step.Gradient()
	if err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	t.Update(t.step)
	return append(losses, genlab.Loss{Name: "generator", Value: values[0]}), nil
}

// fillLatents fills dst, rows x Latent, with samples of N(0, I).
func (c Config) fillLatents(dst []float32, rng *rand.Rand) {
	if c.Stratified {
		train.StratifiedNormal(dst, c.Latent, rng)
		return
	}
	fillNormal(dst, rng)
}

// fillNormal fills dst with independent samples of N(0, 1).
func fillNormal(dst []float32, rng *rand.Rand) {
	for i := range dst {
		dst[i] = float32(rng.NormFloat64())
	}
}

// State returns everything that training needs to continue: both networks, the generator's EMA weights,
// the state of both optimisers, and [Model.Fixed]. The memory is live, except for the standardisation.
func (t *Trainer) State() []checkpoint.Tensor {
	return slices.Concat(t.Moving(), t.critic.Moving(), t.Model().Fixed())
}

// Resume returns a trainer that continues from a saved State after the given number of steps. It fails
// if cfg is invalid or saved is not the state of a trainer with this configuration.
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
	t.critic.SetSteps(steps * cfg.CriticSteps)
	return t, nil
}

// Load returns the model with the EMA weights of a trainer's saved State, and its critic. It fails as
// [Resume] does, but needs neither the generator's current weights nor the state of the optimisers.
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

// fromState returns a model with the saved standardisation; its weights are still random.
func fromState(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	return New(cfg, scale, rand.New(rand.NewPCG(0, 0)))
}
