package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// Trainer fits a model by maximum likelihood: the loss of a step is the mean of -log q over the
// batch, in nats a point and in the data's coordinates, so that the entropy of the data is its
// floor. With classes, a batch has one more column, the label, and the loss is that of point
// and label together.
type Trainer struct {
	model   *Model
	average *Model // of the weights of the steps so far
	step    *nn.Step
	adam    *nn.Adam
	rate    nn.Rate
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := NewConditional(m.cfg, m.scale, m.classes, rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	if err != nil {
		return nil, err
	}
	average.params.CopyFrom(&m.params)
	t := &Trainer{model: m, average: average}
	t.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes { return G.Nodes{m.nll(g)} })
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	adam := nn.DefaultAdam
	adam.Clip = m.cfg.Clip
	t.adam = nn.NewAdam(&m.params, adam)
	t.rate = nn.Cosine{Peak: m.cfg.LR, Warmup: m.cfg.Warmup, Steps: m.cfg.Steps}
	return t, nil
}

// Average is the model to use: its weights are an exponential moving average. It is the same
// object after every step.
func (t *Trainer) Average() *Model { return t.average }

// Learn implements genlab.Learner; the batch has the configuration's size. Its one loss is
// -log q in nats a point. rng is not used.
func (t *Trainer) Learn(batch *mat.Dense, _ *rand.Rand) (genlab.Losses, error) {
	t.fill(batch)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.step.Update(t.adam, t.rate.At(t.adam.Steps()), &nn.EMA{Average: &t.average.params, Decay: t.model.cfg.EMA})
	nll := losses[0] - t.model.base.constant() + t.model.scale.LogScale()
	return genlab.Losses{{Name: "nll", Value: nll}}, nil
}

// fill writes the step's inputs: standardised points and one-hot labels.
func (t *Trainer) fill(batch *mat.Dense) {
	n, cols := batch.Dims()
	d, classes := t.model.dim(), t.model.classes
	want := d + min(classes, 1)
	if n != t.model.cfg.Batch || cols != want {
		panic(fmt.Sprintf("flow: a batch of %d x %d for a trainer of %d x %d", n, cols, t.model.cfg.Batch, want))
	}
	x := t.step.Input("x")
	for i := range n {
		for j, v := range batch.RawRowView(i)[:d] {
			x[i*d+j] = float32((v - t.model.scale.Shift[j]) / t.model.scale.Scale[j])
		}
	}
	if classes == 0 {
		return
	}
	label := t.step.Input("label")
	clear(label)
	for i := range n {
		c := batch.At(i, d)
		if !(c >= 0 && c < float64(classes)) || c != math.Trunc(c) {
			panic(fmt.Sprintf("flow: the label %v for a model of %d classes", c, classes))
		}
		label[i*classes+int(c)] = 1
	}
}

// Steps is the number of steps taken.
func (t *Trainer) Steps() int { return t.adam.Steps() }

// State is all that training needs to go on: parameters, their average, the optimiser's
// moments, the standardisation. The memory is live, but for the last.
func (t *Trainer) State() []checkpoint.Tensor {
	return slices.Concat(t.model.params.State("model"), t.average.params.State("ema"), t.adam.State("adam"), t.model.scale.State("scale"))
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
		return nil, fmt.Errorf("flow: %w", err)
	}
	t.adam.SetSteps(steps)
	return t, nil
}

// Load returns the averaged model out of a trainer's saved State.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	if err := checkpoint.Copy(m.params.State("ema"), checkpoint.Under("ema", saved)); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	return m, nil
}

// fromState returns a model with the saved standardisation and number of classes; its weights are
// yet to come.
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
