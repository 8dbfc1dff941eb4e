package flow

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// Trainer fits a model by maximum likelihood: the loss is the mean of -log q over the batch, in nats
// per point and in the data's coordinates, so that the entropy of the data bounds it below. With
// classes, a batch has one more column, the label, and the loss is that of point and label jointly.
// It is a [genlab.Learner].
type Trainer struct {
	*train.Descent[*Model]
	step *nn.Step
}

// NewTrainer returns a trainer of m at step 0. It fails if the optimiser rejects its settings.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := NewConditional(m.cfg, m.scale, m.classes, rand.New(rand.NewPCG(0, 0))) // its weights are overwritten
	if err != nil {
		return nil, err
	}
	d, err := train.NewDescent(m.cfg.Settings, m, average)
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	t := &Trainer{Descent: d}
	t.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes { return G.Nodes{m.nll(g)} })
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	return t, nil
}

// Learn takes one optimisation step on a batch of Config.Batch rows: d columns in the data's
// coordinates, with classes followed by the label. It returns one loss, "nll", in nats per point. rng
// is not used and may be nil. Learn fails if a value or gradient is not finite, and leaves the
// parameters unchanged; it panics if the batch has another shape or an invalid label.
func (t *Trainer) Learn(batch *mat.Dense, _ *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	d, columns := m.dim(), m.dim()+min(m.classes, 1)
	if n, got := batch.Dims(); n != m.cfg.Batch || got != columns {
		panic(fmt.Sprintf("flow: a batch of %d x %d, want %d x %d", n, got, m.cfg.Batch, columns))
	}
	m.scale.FromDataTo(t.step.Input("x"), batch)
	if m.classes > 0 {
		oneHot := t.step.Input("label")
		clear(oneHot)
		for i := range m.cfg.Batch {
			oneHot[i*m.classes+m.label(batch.At(i, d))] = 1
		}
	}
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	return genlab.Losses{{Name: "nll", Value: losses[0] - m.base.constant() + m.scale.LogScale()}}, nil
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
	return t, t.Restore(saved, steps)
}

// Load returns the model with the EMA weights of a trainer's saved State. It fails as [Resume] does, but
// needs neither the current weights nor the optimiser's state.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

// fromState returns a model with the saved standardisation and number of classes; its weights are
// still random.
func fromState(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	classes := 0
	for _, s := range saved {
		if s.Name == "ema/prior" {
			classes = len(s.Data)
		}
	}
	return NewConditional(cfg, scale, classes, rand.New(rand.NewPCG(0, 0)))
}
