package autoregressive

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/alphabet"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/train"
)

// trained is a model with its encoding of data as symbols: *Points or *Text.
type trained interface {
	train.Model
	network() *Model
	columns() int                          // of a batch
	newStep() (*nn.Step, error)            // whose loss is the cross entropy in nats a symbol
	fill(step *nn.Step, batch *mat.Dense)  // sets the inputs of such a step
	fresh(rng *rand.Rand) (trained, error) // of the same kind, with random weights
}

// Trainer fits a model by maximum likelihood. The loss is the cross entropy in nats a symbol: the
// mean of −log p(xᵢ | x<ᵢ) over the batch and the positions.
type Trainer struct {
	*train.Descent[trained]
	step *nn.Step
}

// NewTrainer returns a trainer of m, a *[Points] or a *[Text], that has taken no step. Its Average,
// the model with the EMA weights, has the same type. It fails if the configuration is invalid.
func NewTrainer(m trained) (*Trainer, error) {
	average, err := m.fresh(rand.New(rand.NewPCG(0, 0))) // overwritten by the weights of m
	if err != nil {
		return nil, err
	}
	d, err := train.NewDescent(m.network().cfg.Settings, m, average)
	if err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	step, err := m.newStep()
	if err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	return &Trainer{d, step}, nil
}

// Learn takes one optimisation step and returns its loss. The batch has Config.Batch rows: points
// (n x 2), of which those outside the box are moved to the nearest cell, or windows of text
// (n x (context+1)); it panics for another shape. It fails, and leaves the parameters unchanged,
// if a value is not finite. It implements [genlab.Learner].
func (t *Trainer) Learn(batch *mat.Dense, _ *rand.Rand) (genlab.Losses, error) {
	net := t.Model().network()
	n, d := batch.Dims()
	if n != net.cfg.Batch || d != t.Model().columns() {
		panic(fmt.Sprintf("autoregressive: Learn of a batch of %d x %d, want %d x %d", n, d, net.cfg.Batch, t.Model().columns()))
	}
	t.Model().fill(t.step, batch)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	if p, ok := t.Average().(*Points); ok {
		p.table = nil
	}
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// Resume returns a trainer that continues from a saved State after the given number of steps. It
// fails if the state lacks a tensor or a shape differs.
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

// Load returns the model with the EMA weights of a trainer's saved State: a *[Points] or a *[Text].
// It fails if the state lacks a tensor or a shape differs.
func Load(cfg Config, saved []checkpoint.Tensor) (any, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

// fromState returns a model of the saved kind, with random weights.
func fromState(cfg Config, saved []checkpoint.Tensor) (trained, error) {
	rng := rand.New(rand.NewPCG(0, 0))
	if alphabet.Saved(saved) {
		a, err := alphabet.FromState(saved)
		if err != nil {
			return nil, fmt.Errorf("autoregressive: %w", err)
		}
		return NewText(cfg, a, rng)
	}
	box, bulk, err := boxFromState(saved)
	if err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	return NewPointsWithTails(cfg, box, bulk, rng)
}
