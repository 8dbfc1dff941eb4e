package diffusion

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

// Trainer fits a model by minimising the mean squared error of its predictions over rows and coordinates
// (for the noise, [ho2020] eq. 14). The noise levels of a batch are stratified samples of the
// [NoiseDistribution], and with Config.PosteriorTarget the targets are means over the batch [xu2023stf]. A batch of a conditional model has the columns of its [Context] after those of the
// point; at each step the context of a random fraction Config.LabelDropout of the rows is dropped
// [ho2022cfg].
type Trainer struct {
	*train.Descent[*Model]
	step      *nn.Step
	noise     NoiseDistribution
	posterior *posteriorTarget // nil without
	z         []float64        // a standardised point
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	t := &Trainer{noise: m.parts.NoiseDistribution, z: make([]float64, m.dim())}
	if t.noise == nil {
		t.noise = m.cfg.noiseDistribution(m.sched)
	}
	var err error
	if t.Descent, err = m.descent(m.cfg.Settings); err != nil {
		return nil, err
	}
	target := func(g *nn.Graph) *G.Node { return g.Input("target", m.dim()) }
	if labels, ok := m.parts.Context.(Labels); m.cfg.PosteriorTarget && (ok || m.parts.Context == nil) {
		t.posterior = newPosteriorTarget(m.cfg.Batch, m.dim(), int(labels))
		target = t.posterior.target
	}
	t.step, err = nn.NewShardedStep(m.net.Parameters(), m.cfg.Batch, 1, m.parts.shardRows(), func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.MSE(predict(g, m.net, m.dim(), m.parts.ContextWidth()), target(g))}
	})
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	if t.posterior != nil {
		t.posterior.connect(t.step)
	}
	return t, nil
}

// descent returns the optimiser of m, whose EMA weights start as m's.
func (m *Model) descent(s train.Settings) (*train.Descent[*Model], error) {
	average, err := m.clone(m.cfg)
	if err != nil {
		return nil, err
	}
	d, err := train.NewDescent(s, m, average)
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return d, nil
}

// Learn implements genlab.Learner for batches of Config.Batch rows. Its one loss is the mean squared error
// of the prediction, dimensionless. It panics on a batch of another size and returns an error, before any
// update, if a value is not finite.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	t.fill(batch, rng)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// fill writes the inputs of a step: noisy points, noise levels, targets and contexts.
func (t *Trainer) fill(batch *mat.Dense, rng *rand.Rand) {
	n, columns := batch.Dims()
	m := t.Model()
	d := m.dim()
	want := d
	if m.parts.Context != nil {
		want += m.parts.Context.Columns()
	}
	if n != m.cfg.Batch || columns != want {
		panic(fmt.Sprintf("diffusion: a batch of %d x %d: want %d x %d", n, columns, m.cfg.Batch, want))
	}
	x, level, target := t.step.Input("x"), t.step.Input("noise level"), t.step.Input("target")
	for i := range n {
		u := t.noise.Quantile((float64(i) + rng.Float64()) / float64(n))
		alpha, sigma := alphaSigma(u)
		a, b := m.cfg.Prediction.target(alpha, sigma)
		level[i] = float32(u)
		for j, v := range batch.RawRowView(i)[:d] {
			e := rng.NormFloat64()
			z := (v - m.scale.Shift[j]) / m.scale.Scale[j]
			x[i*d+j] = float32(alpha*z + sigma*e)
			target[i*d+j] = float32(a*z + b*e)
			t.z[j] = z
		}
		if t.posterior != nil {
			t.posterior.fill(t.step, i, t.z, x[i*d:(i+1)*d], alpha, sigma, a, b)
		}
	}
	if want == d {
		return
	}
	contexts, width := t.step.Input("context"), m.parts.ContextWidth()
	for i := range n {
		to := contexts[i*width : (i+1)*width]
		m.encode(to, batch.RawRowView(i)[d:])
		if t.posterior != nil {
			t.posterior.setLabel(i, to)
		}
		if rng.Float64() < m.cfg.LabelDropout {
			clear(to)
		}
		if t.posterior != nil {
			t.posterior.ask(t.step, i, to)
		}
	}
}

// Resume returns a trainer that continues from a saved State after a number of steps, bit for bit as if it
// had not been interrupted. It returns an error if the saved tensors do not fit cfg.
func Resume(cfg Config, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	return ResumeWith(cfg, savedParts(cfg, saved), saved, steps)
}

// ResumeWith is [Resume] for a model of [NewWith].
func ResumeWith(cfg Config, parts Components, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
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

// Load returns the model with the EMA weights of a trainer's saved State. It returns an error if the saved
// tensors do not fit cfg.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	return LoadWith(cfg, savedParts(cfg, saved), saved)
}

// LoadWith is [Load] for a model of [NewWith].
func LoadWith(cfg Config, parts Components, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, parts, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

// savedParts returns the components of a model of labels; the number of classes follows from the shape of
// the first layer.
func savedParts(cfg Config, saved []checkpoint.Tensor) Components {
	scale, err := standardize.FromState("scale", saved)
	if err != nil || !cfg.Conditional {
		return Components{}
	}
	for _, s := range saved {
		if s.Name == "ema/layer1.weight" && len(s.Shape) == 2 {
			return Components{Context: Labels(s.Shape[0] - cfg.inputs(len(scale.Shift)))}
		}
	}
	return Components{}
}

// fromState returns a model with the saved tensors that are not trained; its weights are still random.
func fromState(cfg Config, parts Components, saved []checkpoint.Tensor) (*Model, error) {
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
