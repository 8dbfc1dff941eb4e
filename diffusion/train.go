package diffusion

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

// Trainer fits a model: the loss of a step is the mean squared error of the network's
// Prediction over the batch and the coordinates (of the noise, it is [ho2020] eq. 14), with a
// noise level from each of batch-size equal parts of the law of Levels, so that no batch lacks a
// region. A batch of a conditional model has the columns of its Context after the point, which the
// network is not shown of some rows, drawn anew at each step [ho2022cfg].
type Trainer struct {
	*train.Descent[*Model]
	step   *nn.Step
	levels Levels
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	t := &Trainer{levels: m.cfg.levels(m.sched)}
	var err error
	if t.Descent, err = m.descent(m.cfg.Settings); err != nil {
		return nil, err
	}
	t.step, err = nn.NewShardedStep(m.net.Parameters(), m.cfg.Batch, 1, m.parts.shardRows(), func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.MSE(predict(g, m.net, m.dim(), m.parts.Width()), g.Input("target", m.dim()))}
	})
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return t, nil
}

// descent is that of m, whose average begins as m.
func (m *Model) descent(s train.Settings) (*train.Descent[*Model], error) {
	average, err := m.like(m.cfg)
	if err != nil {
		return nil, err
	}
	d, err := train.NewDescent(s, m, average)
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return d, nil
}

// Learn implements genlab.Learner; the batch has the configuration's size. Its one loss is
// the prediction's mean squared error, without unit.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	t.fill(batch, rng)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// fill writes the step's inputs: noisy points, their noise levels, and the targets.
func (t *Trainer) fill(batch *mat.Dense, rng *rand.Rand) {
	n, columns := batch.Dims()
	m := t.Model()
	d := m.dim()
	want := d
	if m.parts.Context != nil {
		want += m.parts.Context.Columns()
	}
	if n != m.cfg.Batch || columns != want {
		panic(fmt.Sprintf("diffusion: a batch of %d x %d for a trainer of %d x %d", n, columns, m.cfg.Batch, want))
	}
	x, level, target := t.step.Input("x"), t.step.Input("noise level"), t.step.Input("target")
	for i := range n {
		u := t.levels.Level((float64(i) + rng.Float64()) / float64(n))
		ratio := math.Exp(u)
		alpha := 1 / math.Sqrt(1+ratio*ratio)
		sigma := ratio * alpha
		a, b := m.cfg.Prediction.target(alpha, sigma)
		level[i] = float32(u)
		for j, v := range batch.RawRowView(i)[:d] {
			e := rng.NormFloat64()
			z := (v - m.scale.Shift[j]) / m.scale.Scale[j]
			x[i*d+j] = float32(alpha*z + sigma*e)
			target[i*d+j] = float32(a*z + b*e)
		}
	}
	if want == d {
		return
	}
	shown, width := t.step.Input("context"), m.parts.Width()
	for i := range n {
		to := shown[i*width : (i+1)*width]
		m.show(to, batch.RawRowView(i)[d:])
		if rng.Float64() < m.cfg.LabelDropout {
			clear(to)
		}
	}
}

// Resume returns a trainer that continues from a saved State after the given number of steps.
func Resume(cfg Config, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	return ResumeWith(cfg, savedParts(cfg, saved), saved, steps)
}

// ResumeWith is Resume for a model of NewWith.
func ResumeWith(cfg Config, parts Parts, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	m, err := fromState(cfg, parts, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewTrainer(m)
	if err != nil {
		return nil, err
	}
	return t, t.Restore(saved, steps)
}

// Load returns the model that samples, out of a trainer's saved State.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	return LoadWith(cfg, savedParts(cfg, saved), saved)
}

// LoadWith is Load for a model of NewWith.
func LoadWith(cfg Config, parts Parts, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, parts, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

// savedParts are those of a model of labels, as many as the first layer of a saved perceptron
// has weights for.
func savedParts(cfg Config, saved []checkpoint.Tensor) Parts {
	scale, err := standardize.FromState("scale", saved)
	if err != nil || !cfg.Conditional {
		return Parts{}
	}
	for _, s := range saved {
		if s.Name == "ema/layer1.weight" && len(s.Shape) == 2 {
			return Parts{Context: Labels(s.Shape[0] - cfg.inputs(len(scale.Shift)))}
		}
	}
	return Parts{}
}

// fromState returns a model with the saved standardisation and what of its network does not train;
// its weights are yet to come.
func fromState(cfg Config, parts Parts, saved []checkpoint.Tensor) (*Model, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	m, err := NewWith(cfg, parts, scale, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, err
	}
	fixed := m.net.Fixed()
	if err := checkpoint.Copy(fixed, checkpoint.Like(fixed, saved)); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return m, nil
}
