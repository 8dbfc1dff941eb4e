package experiments

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gan"
	"genlab/standardize"
	"genlab/train"
	"genlab/vae"
)

// Paradigm is a package of models as an experiment trains them: C is its Config, T its Trainer,
// M the model that comes of it.
type Paradigm[C any, T trainer, M any] struct {
	Name     string
	Defaults func() C
	Smoke    func(*C) // makes a training of a fraction of a second
	Loop     func(C) train.Options
	// Begin returns a trainer that has taken no step; x is a sample of the data to take the
	// scale from, nil where the paradigm is Unscaled.
	Begin  func(c C, x *mat.Dense, rng *rand.Rand) (T, error)
	Resume func(c C, saved []checkpoint.Tensor, steps int) (T, error)
	Load   func(C, []checkpoint.Tensor) (M, error)
	// Unscaled says that the data has no scale.
	Unscaled bool
}

type trainer interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

// Config returns the default configuration; in a smoke run a tiny one.
func (p *Paradigm[C, T, M]) Config(s Setup) C {
	c := p.Defaults()
	if s.Smoke {
		p.Smoke(&c)
	}
	return c
}

// begin joins a package's New and NewTrainer.
func begin[C, M, T any](create func(C, standardize.Map, *rand.Rand) (M, error), trainer func(M) (T, error)) func(C, *mat.Dense, *rand.Rand) (T, error) {
	return func(c C, x *mat.Dense, rng *rand.Rand) (t T, err error) {
		scale, err := standardize.Fit(x)
		if err != nil {
			return t, err
		}
		m, err := create(c, scale, rng)
		if err != nil {
			return t, err
		}
		return trainer(m)
	}
}

// beginLabelled is begin for a New that asks for the number of labels, which the last column of a
// conditional model's sample has.
func beginLabelled[C, M, T any](conditional bool, create func(C, standardize.Map, int, *rand.Rand) (M, error), trainer func(M) (T, error)) func(C, *mat.Dense, *rand.Rand) (T, error) {
	return func(c C, x *mat.Dense, rng *rand.Rand) (T, error) {
		classes := 0
		if conditional {
			x, classes = apart(x)
		}
		return begin(func(c C, scale standardize.Map, rng *rand.Rand) (M, error) {
			return create(c, scale, classes, rng)
		}, trainer)(c, x, rng)
	}
}

// Diffusion trains denoising networks; a conditional one on a data set WithLabels.
var Diffusion = Paradigm[diffusion.Config, *diffusion.Trainer, *diffusion.Model]{
	Name: "diffusion", Defaults: diffusion.DefaultConfig,
	Smoke: func(c *diffusion.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 60, 128, 32, 10, 0.9 },
	Loop:  func(c diffusion.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	Begin: func(c diffusion.Config, x *mat.Dense, rng *rand.Rand) (*diffusion.Trainer, error) {
		return beginLabelled(c.Conditional, diffusion.NewConditional, diffusion.NewTrainer)(c, x, rng)
	},
	Resume: diffusion.Resume, Load: diffusion.Load,
}

// WithLabels is a data set whose law draws labels beside the points: what conditional models
// learn from.
func WithLabels(ds *datasets.Dataset) (*datasets.Dataset, error) {
	law, err := ds.WithLabels()
	labelled := *ds
	labelled.Law = law
	return &labelled, err
}

// apart returns the points of a labelled sample (n x (d+1)) and the number of labels.
func apart(x *mat.Dense) (points *mat.Dense, classes int) {
	n, columns := x.Dims()
	return mat.DenseCopyOf(x.Slice(0, n, 0, columns-1)), int(mat.Max(x.ColView(columns-1))) + 1
}

// Flow trains normalizing flows.
var Flow = Paradigm[flow.Config, *flow.Trainer, *flow.Model]{
	Name: "flow", Defaults: flow.DefaultConfig,
	Smoke: func(c *flow.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 40, 128, 16, 10, 0.9 },
	Loop:  func(c flow.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	Begin: begin(flow.New, flow.NewTrainer), Resume: flow.Resume, Load: flow.Load,
}

// GAN trains a generator and its critic.
var GAN = Paradigm[gan.Config, *gan.Trainer, *gan.Model]{
	Name: "gan", Defaults: gan.DefaultConfig,
	Smoke: func(c *gan.Config) { c.Steps, c.Batch, c.Hidden, c.LatentFeatures, c.EMA = 60, 64, 32, 16, 0.9 },
	Loop:  func(c gan.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch * c.CriticSteps} },
	Begin: begin(gan.New, gan.NewTrainer), Resume: gan.Resume, Load: gan.Load,
}

// VAE trains variational autoencoders.
var VAE = Paradigm[vae.Config, *vae.Trainer, *vae.Model]{
	Name: "vae", Defaults: vae.DefaultConfig,
	Smoke: func(c *vae.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 60, 128, 16, 10, 0.9 },
	Loop:  func(c vae.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	Begin: begin(vae.New, vae.NewTrainer), Resume: vae.Resume, Load: vae.Load,
}

// Autoregressive trains transformers on the digits of points.
var Autoregressive = Paradigm[autoregressive.Config, *autoregressive.Trainer, *autoregressive.Points]{
	Name: "autoregressive", Defaults: autoregressive.DefaultConfig,
	Smoke: func(c *autoregressive.Config) {
		c.Steps, c.Batch, c.Hidden, c.Layers, c.Heads, c.Warmup, c.EMA = 40, 64, 16, 1, 2, 10, 0.9
	},
	Loop: func(c autoregressive.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	Begin: func(c autoregressive.Config, x *mat.Dense, rng *rand.Rand) (*autoregressive.Trainer, error) {
		box := c.Box
		if box == (autoregressive.Box{}) {
			var err error
			if box, err = autoregressive.FitBox(x); err != nil {
				return nil, err
			}
		}
		p, err := autoregressive.NewPoints(c, box, rng)
		if err != nil {
			return nil, err
		}
		return autoregressive.NewTrainer(p)
	},
	Resume: autoregressive.Resume,
	Load:   loadAutoregressive[*autoregressive.Points],
}

// loadAutoregressive returns the model of the kind that was trained.
func loadAutoregressive[M any](c autoregressive.Config, saved []checkpoint.Tensor) (kind M, err error) {
	m, err := autoregressive.Load(c, saved)
	if err != nil {
		return kind, err
	}
	return m.(M), nil
}
