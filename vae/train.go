package vae

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

// Trainer fits a model by maximising its [Objective] over the weights of encoder, decoder and prior, with
// reparameterised samples of z [kingma2014]. It is a [genlab.Learner].
type Trainer struct {
	*train.Descent[*Model]
	step *nn.Step
	beta []float32 // weight of the KL term in the current step, alone
}

// NewTrainer returns a trainer of m at step 0. It fails if the optimiser rejects its settings or the
// prior of [NewWithPrior] fails.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := NewWithPrior(m.cfg, m.scale, m.newPrior, rand.New(rand.NewPCG(0, 0))) // its weights are overwritten
	if err != nil {
		return nil, err
	}
	t := &Trainer{beta: make([]float32, 1)}
	if t.Descent, err = train.NewDescent(m.cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	t.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes {
		return t.losses(g, g.Input("x", m.Dim()), g.Input("noise", m.cfg.Samples*m.cfg.Latent))
	})
	if err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	return t, nil
}

// losses returns the negative objective, -log p(x|z) and log q(z|x) - log p(z), 1 x 1 each, averaged
// over points and samples, for standardised x and noise of rows x (samples·latent).
func (t *Trainer) losses(g *nn.Graph, x, noise *G.Node) G.Nodes {
	m := t.Model()
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

// Learn takes one optimisation step on a batch of Config.Batch x d points in the data's coordinates. Its
// losses, in nats per point, are the negative objective ("loss") and two terms of the ELBO,
// -log p(x|z) ("reconstruction") and KL(q(z|x) || p(z)) ("kl"), all estimated from the samples of the
// step. With objective elbo and beta 1 the first is the sum of the others. Learn fails if a value or
// gradient is not finite, and leaves the parameters unchanged; it panics if the batch has another shape.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	n, d := batch.Dims()
	if n != m.cfg.Batch || d != m.Dim() {
		panic(fmt.Sprintf("vae: a batch of %d x %d, want %d x %d", n, d, m.cfg.Batch, m.Dim()))
	}
	m.scale.FromDataTo(t.step.Input("x"), batch)
	m.cfg.fillNoise(t.step.Input("noise"), rng)
	t.beta[0] = float32(m.cfg.betaAt(t.Steps()))
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	return genlab.Losses{{Name: "loss", Value: losses[0]}, {Name: "reconstruction", Value: losses[1]}, {Name: "kl", Value: losses[2]}}, nil
}

// fillNoise fills dst, rows x Samples·Latent, with the noise of z ~ q(z|x).
func (c Config) fillNoise(dst []float32, rng *rand.Rand) {
	if c.Stratified {
		train.StratifiedNormal(dst, c.Samples*c.Latent, rng)
		return
	}
	for i := range dst {
		dst[i] = float32(rng.NormFloat64())
	}
}

// betaAt is the annealed weight of the KL term at a step, counted from 0 [bowman2016].
func (c Config) betaAt(step int) float64 {
	if step >= c.KLWarmup {
		return c.Beta
	}
	return c.Beta * float64(step) / float64(c.KLWarmup)
}

// Resume returns a trainer that continues from a saved State after the given number of steps. It fails
// if cfg is invalid or saved is not the state of a trainer with this configuration.
func Resume(cfg Config, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	return ResumeWithPrior(cfg, StandardNormal, saved, steps)
}

// ResumeWithPrior is [Resume] for a model of [NewWithPrior]; it also fails if prior fails.
func ResumeWithPrior(cfg Config, prior NewPrior, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	m, err := fromState(cfg, prior, saved)
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
	return LoadWithPrior(cfg, StandardNormal, saved)
}

// LoadWithPrior is [Load] for a model of [NewWithPrior]; it also fails if prior fails.
func LoadWithPrior(cfg Config, prior NewPrior, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, prior, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

// fromState returns a model with the saved standardisation; its weights are still random.
func fromState(cfg Config, prior NewPrior, saved []checkpoint.Tensor) (*Model, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	return NewWithPrior(cfg, scale, prior, rand.New(rand.NewPCG(0, 0)))
}
