package flow

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// Trainer fits a model by maximum likelihood: the loss of a step is the mean of -log q over the
// batch, in nats a point and in the data's coordinates, so that the entropy of the data is its
// floor. With classes, a batch has one more column, the label, and the loss is that of point
// and label together.
type Trainer struct {
	*train.Descent[*Model]
	step *nn.Step
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := NewConditional(m.cfg, m.scale, m.classes, rand.New(rand.NewPCG(0, 0))) // the draws are replaced
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

// Learn implements genlab.Learner; the batch has the configuration's size. Its one loss is
// -log q in nats a point. rng is not used.
func (t *Trainer) Learn(batch *mat.Dense, _ *rand.Rand) (genlab.Losses, error) {
	t.fill(batch)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	m := t.Model()
	nll := losses[0] - m.base.constant() + m.scale.LogScale()
	return genlab.Losses{{Name: "nll", Value: nll}}, nil
}

// fill writes the step's inputs: standardised points and one-hot labels.
func (t *Trainer) fill(batch *mat.Dense) {
	m := t.Model()
	n, cols := batch.Dims()
	d, classes := m.dim(), m.classes
	want := d + min(classes, 1)
	if n != m.cfg.Batch || cols != want {
		panic(fmt.Sprintf("flow: a batch of %d x %d for a trainer of %d x %d", n, cols, m.cfg.Batch, want))
	}
	x := t.step.Input("x")
	for i := range n {
		for j, v := range batch.RawRowView(i)[:d] {
			x[i*d+j] = float32((v - m.scale.Shift[j]) / m.scale.Scale[j])
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
	return t, t.Restore(saved, steps)
}

// Load returns the averaged model out of a trainer's saved State.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
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
