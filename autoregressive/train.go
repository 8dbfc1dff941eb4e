package autoregressive

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/train"
)

// trained is a model with its encoding of data as symbols: *Points or *Text.
type trained interface {
	train.Model
	network() *Model
	columns() int                          // of a batch
	targets(dst []int, row []float64)      // encodes a row as steps() symbols
	fresh(rng *rand.Rand) (trained, error) // of the same kind, with random weights
}

// Trainer fits a model by maximum likelihood. The loss is the cross entropy in nats a symbol: the
// mean of −log p(xᵢ | x<ᵢ) over the batch and the positions.
type Trainer struct {
	*train.Descent[trained]
	step    *nn.Step
	symbols []int
}

// NewTrainer returns a trainer of m, a *[Points] or a *[Text], that has taken no step. Its Average,
// the model with the EMA weights, has the same type. It fails if the configuration is invalid.
func NewTrainer(m trained) (*Trainer, error) {
	average, err := m.fresh(rand.New(rand.NewPCG(0, 0))) // overwritten by the weights of m
	if err != nil {
		return nil, err
	}
	net := m.network()
	t := &Trainer{symbols: make([]int, net.steps())}
	if t.Descent, err = train.NewDescent(net.cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	steps := net.steps()
	t.step, err = nn.NewShardedStep(&net.params, net.cfg.Batch*steps, steps, (nn.ShardRows+steps-1)/steps*steps, func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.CrossEntropy(net.logits(g, g.Input("symbol", 1)), g.Input("target", 1))}
	})
	if err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	return t, nil
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
	in, target := t.step.Input("symbol"), t.step.Input("target")
	steps := net.steps()
	for i := range n {
		t.Model().targets(t.symbols, batch.RawRowView(i))
		in[i*steps] = float32(net.symbols)
		for k, s := range t.symbols {
			target[i*steps+k] = float32(s)
			if k < steps-1 {
				in[i*steps+k+1] = float32(s)
			}
		}
	}
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
	if len(checkpoint.Under("alphabet", saved)) > 0 {
		a, err := alphabetFromState(saved)
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
