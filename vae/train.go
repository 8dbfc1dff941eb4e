package vae

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
)

// Trainer fits a model by maximising its Objective over the weights of encoder and decoder,
// with the draws of z reparameterised [kingma2014].
type Trainer struct {
	model   *Model
	average *Model // of the weights of the steps so far; it samples
	step    *nn.Step
	adam    *nn.Adam
	rate    nn.Rate
	beta    []float32 // of the step under way
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := NewWithPrior(m.cfg, m.scale, m.newPrior, rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	if err != nil {
		return nil, err
	}
	average.params.CopyFrom(&m.params)
	t := &Trainer{model: m, average: average, beta: make([]float32, 1)}
	t.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes {
		return t.losses(g, g.Input("x", m.dim()), g.Input("noise", m.cfg.Samples*m.cfg.Latent))
	})
	if err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	adam := nn.DefaultAdam
	adam.Clip = m.cfg.Clip
	t.adam = nn.NewAdam(&m.params, adam)
	t.rate = nn.Cosine{Peak: m.cfg.LR, Warmup: m.cfg.Warmup, Steps: m.cfg.Steps}
	return t, nil
}

// losses are the objective, -log p(x|z) and log q(z|x) - log p(z), means over points and draws,
// for x standardised and noise of rows x (samples·latent).
func (t *Trainer) losses(g *nn.Graph, x, noise *G.Node) G.Nodes {
	m := t.model
	latent := m.cfg.Latent
	h := m.posterior(g, x)
	var reconstructions, ratios G.Nodes
	for k := range m.cfg.Samples {
		reconstruction, ratio := m.terms(g, x, h, nn.Cols(noise, k*latent, (k+1)*latent))
		reconstructions, ratios = append(reconstructions, reconstruction), append(ratios, ratio)
	}
	reconstruction, ratio := nn.Concat(reconstructions...), nn.Concat(ratios...)
	jacobian := m.scale.LogScale() // -log p(x) = -log p of the standardised x + log scale
	return G.Nodes{
		nn.Shift(jacobian, m.cfg.Objective.loss(reconstruction, ratio, g.Table("beta", 1, 1, t.beta))),
		nn.Shift(jacobian, nn.Scale(-1, nn.Mean(reconstruction))),
		nn.Scale(-1, nn.Mean(ratio)),
	}
}

// Average is the model that samples: its weights are an exponential moving average. It is
// the same object after every step.
func (t *Trainer) Average() *Model { return t.average }

// Learn implements genlab.Learner; the batch has the configuration's size. Its losses, in nats
// a point of the data's coordinates, are the objective with its sign turned ("loss"), and of
// the ELBO -log p(x|z) ("reconstruction") and KL(q(z|x) || p(z)) ("kl"), all estimated from the
// step's draws. With the objective elbo and beta 1 the first is the sum of the others.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	n, d := batch.Dims()
	if n != t.model.cfg.Batch || d != t.model.dim() {
		panic(fmt.Sprintf("vae: a batch of %d x %d for a trainer of %d x %d", n, d, t.model.cfg.Batch, t.model.dim()))
	}
	x, noise := t.step.Input("x"), t.step.Input("noise")
	for i := range n {
		for j, v := range batch.RawRowView(i) {
			x[i*d+j] = float32((v - t.model.scale.Shift[j]) / t.model.scale.Scale[j])
		}
	}
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
	t.beta[0] = float32(t.model.cfg.betaAt(t.adam.Steps()))
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.step.Update(t.adam, t.rate.At(t.adam.Steps()), &nn.EMA{Average: &t.average.params, Decay: t.model.cfg.EMA})
	return genlab.Losses{{Name: "loss", Value: losses[0]}, {Name: "reconstruction", Value: losses[1]}, {Name: "kl", Value: losses[2]}}, nil
}

// betaAt is the weight of the KL term at a step, counted from 0 [bowman2016].
func (c Config) betaAt(step int) float64 {
	if step >= c.KLWarmup {
		return c.Beta
	}
	return c.Beta * float64(step) / float64(c.KLWarmup)
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
	return ResumeWithPrior(cfg, Standard, saved, steps)
}

// ResumeWithPrior is Resume for a model of NewWithPrior.
func ResumeWithPrior(cfg Config, prior NewPrior, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	m, err := fromState(cfg, prior, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewTrainer(m)
	if err != nil {
		return nil, err
	}
	if err := checkpoint.Copy(t.State(), saved); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	t.adam.SetSteps(steps)
	return t, nil
}

// Load returns the model that samples, out of a trainer's saved State.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	return LoadWithPrior(cfg, Standard, saved)
}

// LoadWithPrior is Load for a model of NewWithPrior.
func LoadWithPrior(cfg Config, prior NewPrior, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, prior, saved)
	if err != nil {
		return nil, err
	}
	if err := checkpoint.Copy(m.params.State("ema"), checkpoint.Under("ema", saved)); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	return m, nil
}

// fromState returns a model with the saved standardisation; its weights are yet to come.
func fromState(cfg Config, prior NewPrior, saved []checkpoint.Tensor) (*Model, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	return NewWithPrior(cfg, scale, prior, rand.New(rand.NewPCG(0, 0)))
}
