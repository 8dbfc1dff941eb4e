package hybrid

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/internal/config"
	"genlab/standardize"
	"genlab/vae"
)

// FlowPriorConfig describes a VAE with another distribution of z than its own. Its defaults are
// DefaultFlowPrior's.
type FlowPriorConfig struct {
	VAE        vae.Config `yaml:",inline" embed:"" default:"hidden=96"`
	Prior      LatentLaw  `yaml:"prior" default:"flow" help:"distribution of z; normal is the control with as many parameters" group:"prior" main:""`
	FlowLayers int        `yaml:"flow-layers" default:"4" range:"[1, 1000]" help:"bijectors of the flow" group:"prior" main:""`
	FlowHidden int        `yaml:"flow-hidden" default:"32" range:"[1, 16384]" help:"width of the flow's conditioners" group:"prior"`
	FlowBins   int        `yaml:"flow-bins" default:"16" range:"[2, 500]" help:"bins of the flow's splines" group:"prior"`
	LaterSteps int        `yaml:"later-steps" default:"5000" range:"[1, inf)" help:"training steps of a prior that is trained after the VAE" group:"prior" main:""`
}

// DefaultFlowPrior returns the defaults.
func DefaultFlowPrior() FlowPriorConfig { return config.Default[FlowPriorConfig]() }

// Validate names the first field that is out of its range.
func (c FlowPriorConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.VAE.Validate()); err != nil {
		return err
	}
	if c.VAE.Latent < 2 {
		return fmt.Errorf("latent is %d, but a flow takes at least 2", c.VAE.Latent)
	}
	if err := c.flow().Validate(); err != nil {
		return fmt.Errorf("flow-%w", err)
	}
	return nil
}

// Steps is the number of steps of the whole training.
func (c FlowPriorConfig) Steps() int {
	if c.Prior == LaterFlow || c.Prior == LaterDiffusion {
		return c.VAE.Steps + c.LaterSteps
	}
	return c.VAE.Steps
}

func (c FlowPriorConfig) flow() flow.Config {
	f := flow.DefaultConfig()
	f.Layers, f.Hidden, f.Bins, f.Steps, f.Batch, f.EMA = c.FlowLayers, c.FlowHidden, c.FlowBins, c.LaterSteps, c.VAE.Batch, c.VAE.EMA
	return f
}

func (c FlowPriorConfig) diffusion() diffusion.Config {
	d := diffusion.DefaultConfig()
	d.Steps, d.Batch, d.EMA = c.LaterSteps, c.VAE.Batch, c.VAE.EMA
	return d
}

// newPrior makes the prior that the VAE learns with. Latent points are what they are: a flow begins
// as N(0, I).
func (c FlowPriorConfig) newPrior() vae.NewPrior {
	if c.Prior != JointFlow {
		return vae.StandardNormal
	}
	return func(latent int, rng *rand.Rand) (vae.Prior, error) {
		return flow.New(c.flow(), standardize.Identity(latent), rng)
	}
}

// vae returns the configuration of the VAE: the control's is as wide as the flow's
// parameters allow.
func (c FlowPriorConfig) vae(scale standardize.Map) (vae.Config, error) {
	if c.Prior != Control {
		return c.VAE, nil
	}
	joint := c
	joint.Prior = JointFlow
	count := func(cfg vae.Config, prior vae.NewPrior) (int, error) {
		m, err := vae.NewWithPrior(cfg, scale, prior, rand.New(rand.NewPCG(0, 0)))
		if err != nil {
			return 0, err
		}
		return m.Params(), nil
	}
	most, err := count(joint.VAE, joint.newPrior())
	if err != nil {
		return c.VAE, err
	}
	c.VAE.Hidden, err = widest(c.VAE.Hidden, most, func(hidden int) (int, error) {
		c.VAE.Hidden = hidden
		return count(c.VAE, vae.StandardNormal)
	})
	return c.VAE, err
}

// FlowPrior trains a VAE with its prior, or first the one and then the other.
type FlowPrior struct {
	*Sequence
	vae *vae.Trainer
}

// NewFlowPrior returns a trainer that has taken no step, for points standardised by scale.
func NewFlowPrior(cfg FlowPriorConfig, scale standardize.Map, rng *rand.Rand) (*FlowPrior, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	own, err := cfg.vae(scale)
	if err != nil {
		return nil, err
	}
	t := new(FlowPrior)
	t.Sequence, err = newSequence(t.phases(cfg, own, scale), rng)
	return t, err
}

// ResumeFlowPrior returns a trainer that continues from a saved State after the given number of steps.
func ResumeFlowPrior(cfg FlowPriorConfig, saved []checkpoint.Tensor, steps int) (*FlowPrior, error) {
	own, err := cfg.saved(checkpoint.Out("vae", saved))
	if err != nil {
		return nil, err
	}
	t := new(FlowPrior)
	t.Sequence, err = resumeSequence(t.phases(cfg, own, standardize.Map{}), saved, steps)
	return t, err
}

// phases are the VAE's training, and the prior's where it learns later.
func (t *FlowPrior) phases(cfg FlowPriorConfig, own vae.Config, scale standardize.Map) []phase {
	var err error
	all := []phase{{
		name: "vae", steps: own.Steps,
		begin: func(_ *mat.Dense, rng *rand.Rand) (learner, error) {
			m, err := vae.NewWithPrior(own, scale, cfg.newPrior(), rng)
			if err != nil {
				return nil, err
			}
			t.vae, err = vae.NewTrainer(m)
			return t.vae, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (learner, error) {
			t.vae, err = vae.ResumeWithPrior(own, cfg.newPrior(), saved, steps)
			return t.vae, err
		},
	}}
	later := phase{name: "prior", steps: cfg.LaterSteps, early: true, batch: func(batch *mat.Dense, rng *rand.Rand) *mat.Dense {
		return t.vae.Average().Latents(batch, rng)
	}}
	latent := standardize.Identity(own.Latent)
	switch cfg.Prior {
	case LaterFlow:
		later.begin = func(_ *mat.Dense, rng *rand.Rand) (learner, error) {
			f, err := flow.New(cfg.flow(), latent, rng)
			if err != nil {
				return nil, err
			}
			return flow.NewTrainer(f)
		}
		later.resume = func(saved []checkpoint.Tensor, steps int) (learner, error) {
			return flow.Resume(cfg.flow(), saved, steps)
		}
		return append(all, later)
	case LaterDiffusion:
		later.begin = func(_ *mat.Dense, rng *rand.Rand) (learner, error) {
			d, err := diffusion.New(cfg.diffusion(), latent, rng)
			if err != nil {
				return nil, err
			}
			return diffusion.NewTrainer(d)
		}
		later.resume = func(saved []checkpoint.Tensor, steps int) (learner, error) {
			return diffusion.Resume(cfg.diffusion(), saved, steps)
		}
		return append(all, later)
	}
	return all
}

// LoadFlowPrior returns the averaged model out of a trainer's saved State: a *vae.Model, or for a
// diffusion model in its latent space a *LatentModel.
func LoadFlowPrior(cfg FlowPriorConfig, saved []checkpoint.Tensor) (Sized, error) {
	first, rest := checkpoint.Out("vae", saved), checkpoint.Out("prior", saved)
	own, err := cfg.saved(first)
	if err != nil {
		return nil, err
	}
	m, err := vae.LoadWithPrior(own, cfg.newPrior(), first)
	if err != nil {
		return nil, err
	}
	switch cfg.Prior {
	case LaterFlow:
		f, err := flow.Load(cfg.flow(), rest)
		if err != nil {
			return nil, err
		}
		return m.WithPrior(f)
	case LaterDiffusion:
		d, err := diffusion.Load(cfg.diffusion(), rest)
		if err != nil {
			return nil, err
		}
		return &LatentModel{Decoder: m, Latents: d}, nil
	}
	return m, nil
}

// saved is the configuration of the VAE in a saved State.
func (c FlowPriorConfig) saved(first []checkpoint.Tensor) (vae.Config, error) {
	scale, err := standardize.FromState("scale", first)
	if err != nil {
		return c.VAE, fmt.Errorf("hybrid: %w", err)
	}
	return c.vae(scale)
}

// Evaluations is the number of network evaluations of a sample: of the decoder, and of each
// network on the way to z.
func (c FlowPriorConfig) Evaluations() int {
	switch c.Prior {
	case JointFlow, LaterFlow:
		return 2
	case LaterDiffusion:
		return 1 + c.diffusion().NFE
	}
	return 1
}
