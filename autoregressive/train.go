package autoregressive

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
)

// trained is a model with the data that it reads as symbols: Points or Text.
type trained interface {
	network() *Model
	columns() int                          // of a batch
	targets(dst []int, row []float64)      // the steps() symbols that a row of it stands for
	own() []checkpoint.Tensor              // what it needs beside the weights, a copy
	fresh(rng *rand.Rand) (trained, error) // of the same kind, with other weights
}

// Trainer fits a model by maximum likelihood: the loss of a step is the mean of -log p(symbol |
// symbols before) over the batch and the places of a sequence, in nats.
type Trainer struct {
	model, average trained // the second has the average weights, and is the one that is used
	step           *nn.Step
	adam           *nn.Adam
	rate           nn.Rate
	symbols        []int
}

// NewTrainer returns a trainer of m, a *Points or a *Text, that has taken no step.
func NewTrainer(m trained) (*Trainer, error) {
	average, err := m.fresh(rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	if err != nil {
		return nil, err
	}
	net := m.network()
	average.network().params.CopyFrom(&net.params)
	t := &Trainer{model: m, average: average, symbols: make([]int, net.steps())}
	t.step, err = nn.NewGroupedStep(&net.params, net.cfg.Batch*net.steps(), net.steps(), func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.CrossEntropy(net.logits(g, g.Input("symbol", 1)), g.Input("target", 1))}
	})
	if err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	c := net.cfg
	adam := nn.DefaultAdam
	adam.Beta2, adam.WeightDecay, adam.Clip = c.Beta2, c.WeightDecay, c.Clip
	t.adam = nn.NewAdam(&net.params, adam)
	t.rate = nn.Cosine{Peak: c.LR, Floor: c.FinalLR, Warmup: c.Warmup, Steps: c.Steps}
	return t, nil
}

// Average is the model that is used, a *Points or a *Text as the trainer was made for: its
// weights are an exponential moving average. It is the same object after every step.
func (t *Trainer) Average() any { return t.average }

// Learn implements genlab.Learner; the batch has the configuration's size: points, n x 2, or
// windows of text. Points outside the box count as the nearest cell. Its one loss is the cross
// entropy of a symbol, in nats.
func (t *Trainer) Learn(batch *mat.Dense, _ *rand.Rand) (genlab.Losses, error) {
	net := t.model.network()
	n, d := batch.Dims()
	if n != net.cfg.Batch || d != t.model.columns() {
		panic(fmt.Sprintf("autoregressive: a batch of %d x %d for a trainer of %d x %d", n, d, net.cfg.Batch, t.model.columns()))
	}
	in, target := t.step.Input("symbol"), t.step.Input("target")
	steps := net.steps()
	for i := range n {
		t.model.targets(t.symbols, batch.RawRowView(i))
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
	t.step.Update(t.adam, t.rate.At(t.adam.Steps()), &nn.EMA{Average: &t.average.network().params, Decay: net.cfg.EMA})
	if p, ok := t.average.(*Points); ok {
		p.table = nil
	}
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// Steps is the number of steps taken.
func (t *Trainer) Steps() int { return t.adam.Steps() }

// State is all that training needs to go on: parameters, their average, the optimiser's
// moments, and the box or the alphabet. The memory is live, but for the last.
func (t *Trainer) State() []checkpoint.Tensor {
	return slices.Concat(t.model.network().params.State("model"), t.average.network().params.State("ema"), t.adam.State("adam"), t.model.own())
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
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	t.adam.SetSteps(steps)
	return t, nil
}

// Load returns the model that is used, a *Points or a *Text, out of a trainer's saved State.
func Load(cfg Config, saved []checkpoint.Tensor) (any, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	if err := checkpoint.Copy(m.network().params.State("ema"), checkpoint.Under("ema", saved)); err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	return m, nil
}

// fromState returns a model of the saved kind; its weights are yet to come.
func fromState(cfg Config, saved []checkpoint.Tensor) (trained, error) {
	rng := rand.New(rand.NewPCG(0, 0))
	if len(checkpoint.Under("alphabet", saved)) > 0 {
		a, err := alphabetFromState(saved)
		if err != nil {
			return nil, fmt.Errorf("autoregressive: %w", err)
		}
		return NewText(cfg, a, rng)
	}
	box, err := boxFromState(saved)
	if err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	return NewPoints(cfg, box, rng)
}
