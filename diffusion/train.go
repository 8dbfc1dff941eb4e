package diffusion

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/internal/affine"
	"genlab/internal/nn"
	"genlab/internal/state"
)

// Trainer fits a model: the loss of a step is the mean squared error of the network's
// Prediction over the batch and the coordinates (of the noise, it is [ho2020] eq. 14), with t
// drawn evenly from the levels 1/T ... 1, one from each of batch-size equal parts, so that no
// batch lacks a region.
type Trainer struct {
	model   *Model
	average *Model // of the weights of the steps so far; it samples
	step    *nn.Step
	adam    *nn.Adam
	rate    nn.Rate
	levels  []level
}

// level is what the network needs to know of one time.
type level struct {
	alpha, sigma float64
	a, b         float64 // the target is a·x_0 + b·ε
	features     []float32
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := New(m.cfg, m.scale, rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	if err != nil {
		return nil, err
	}
	average.params.CopyFrom(&m.params)
	t := &Trainer{model: m, average: average, levels: make([]level, m.cfg.Levels+1)}
	t.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.MSE(m.predict(g), g.Input("target", m.dim()))}
	})
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	adam := nn.DefaultAdam
	adam.Clip = m.cfg.Clip
	t.adam = nn.NewAdam(&m.params, adam)
	t.rate = nn.Cosine{Peak: m.cfg.LR, Warmup: m.cfg.Warmup, Steps: m.cfg.Steps}
	for i := range t.levels {
		time := float64(i) / float64(m.cfg.Levels)
		l := level{features: make([]float32, m.cfg.TimeFeatures)}
		l.alpha, l.sigma = m.sched.At(time)
		l.a, l.b = m.cfg.Prediction.target(l.alpha, l.sigma)
		timeFeatures(l.features, m.freqs, time)
		t.levels[i] = l
	}
	return t, nil
}

// Average is the model that samples: its weights are an exponential moving average. It is
// the same object after every step.
func (t *Trainer) Average() *Model { return t.average }

// Learn implements genlab.Learner; the batch has the configuration's size. Its one loss is
// the prediction's mean squared error, without unit.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	t.fill(batch, rng)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.step.Update(t.adam, t.rate.At(t.adam.Steps()), &nn.EMA{Average: &t.average.params, Decay: t.model.cfg.EMA})
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// fill writes the step's inputs: noisy points, the features of their times, and the targets.
func (t *Trainer) fill(batch *mat.Dense, rng *rand.Rand) {
	n, d := batch.Dims()
	if n != t.model.cfg.Batch || d != t.model.dim() {
		panic(fmt.Sprintf("diffusion: a batch of %d x %d for a trainer of %d x %d", n, d, t.model.cfg.Batch, t.model.dim()))
	}
	in, target := t.step.Input("x and time"), t.step.Input("target")
	width := d + t.model.cfg.TimeFeatures
	for i := range n {
		part := (float64(i) + rng.Float64()) / float64(n)
		l := t.levels[1+int(part*float64(t.model.cfg.Levels))]
		row := in[i*width : (i+1)*width]
		for j, v := range batch.RawRowView(i) {
			e := rng.NormFloat64()
			z := (v - t.model.scale.Shift[j]) / t.model.scale.Scale[j]
			row[j] = float32(l.alpha*z + l.sigma*e)
			target[i*d+j] = float32(l.a*z + l.b*e)
		}
		copy(row[d:], l.features)
	}
}

// Steps is the number of steps taken.
func (t *Trainer) Steps() int { return t.adam.Steps() }

// State is all that training needs to go on: parameters, their average, the optimiser's
// moments, the standardisation. The memory is live, but for the last.
func (t *Trainer) State() []state.Tensor {
	return slices.Concat(t.model.params.State("model"), t.average.params.State("ema"), t.adam.State("adam"), t.model.scale.State("scale"))
}

// Resume returns a trainer that continues from a saved State after the given number of steps.
func Resume(cfg Config, saved []state.Tensor, steps int) (*Trainer, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewTrainer(m)
	if err != nil {
		return nil, err
	}
	if err := state.Copy(t.State(), saved); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	t.adam.SetSteps(steps)
	return t, nil
}

// Load returns the model that samples, out of a trainer's saved State.
func Load(cfg Config, saved []state.Tensor) (*Model, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	if err := state.Copy(m.params.State("ema"), state.Under("ema", saved)); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return m, nil
}

// fromState returns a model with the saved standardisation; its weights are yet to come.
func fromState(cfg Config, saved []state.Tensor) (*Model, error) {
	scale, err := affine.FromState("scale", 2, saved)
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return New(cfg, scale, rand.New(rand.NewPCG(0, 0)))
}
