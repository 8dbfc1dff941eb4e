package hybrid

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/internal/config"
	"genlab/standardize"
	"genlab/vae"
)

// FlowPriorConfig holds the hyper-parameters of a VAE and of its prior. The defaults are
// [DefaultFlowPrior]'s.
type FlowPriorConfig struct {
	VAE        vae.Config  `yaml:",inline" embed:"" default:"steps=10000 batch=256 lr=0.002 warmup=200 ema=0.999 hidden=96 layers=3 stratified=false" main:"steps batch lr hidden layers latent beta"`
	Prior      LatentPrior `yaml:"prior" default:"flow" help:"prior of z; normal is the control with as many parameters" group:"prior" main:""`
	FlowLayers int         `yaml:"flow-layers" default:"4" range:"[1, 1000]" help:"number of bijectors of the flow" group:"prior" main:""`
	FlowHidden int         `yaml:"flow-hidden" default:"32" range:"[1, 16384]" help:"width of the flow's conditioners" group:"prior"`
	FlowBins   int         `yaml:"flow-bins" default:"16" range:"[2, 500]" help:"number of bins of the flow's splines" group:"prior"`
	PriorSteps int         `yaml:"prior-steps" aliases:"later-steps" default:"5000" range:"[1, inf)" help:"training steps of a prior that is trained after the VAE" group:"prior" main:""`
}

// DefaultFlowPrior returns the default hyper-parameters.
func DefaultFlowPrior() FlowPriorConfig { return config.Default[FlowPriorConfig]() }

// Validate returns an error that names the first invalid setting.
func (c FlowPriorConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.VAE.Validate()); err != nil {
		return err
	}
	if c.VAE.Latent < 2 {
		return fmt.Errorf("latent is %d, but a flow needs at least 2", c.VAE.Latent)
	}
	if c.VAE.Posterior == vae.Flow {
		return fmt.Errorf("posterior is flow, but must be full or diagonal: the aggregate posterior, which the prior is compared with, is a mixture of Gaussians")
	}
	if err := c.flow().Validate(); err != nil {
		return fmt.Errorf("flow-%w", err)
	}
	return nil
}

// Steps returns the number of training steps of all stages.
func (c FlowPriorConfig) Steps() int {
	if c.Prior == TwoStageFlow || c.Prior == TwoStageDiffusion {
		return c.VAE.Steps + c.PriorSteps
	}
	return c.VAE.Steps
}

func (c FlowPriorConfig) flow() flow.Config {
	f := flow.DefaultConfig()
	f.Layers, f.Hidden, f.Bins = c.FlowLayers, c.FlowHidden, c.FlowBins
	f.Steps, f.Batch, f.LR, f.Warmup, f.EMA = c.PriorSteps, c.VAE.Batch, 0.003, 200, c.VAE.EMA
	return f
}

func (c FlowPriorConfig) diffusion() diffusion.Config {
	d := diffusion.DefaultConfig()
	d.Steps, d.Batch, d.LR, d.Warmup, d.EMA = c.PriorSteps, c.VAE.Batch, 0.002, 200, c.VAE.EMA
	d.PosteriorTarget = false
	return d
}

// newPrior returns the constructor of the prior that is trained with the VAE. Latent points are not
// standardised: a flow starts as N(0, I).
func (c FlowPriorConfig) newPrior() vae.NewPrior {
	if c.Prior != JointFlow {
		return vae.StandardNormal
	}
	return func(latent int, rng *rand.Rand) (vae.Prior, error) {
		return flow.New(c.flow(), standardize.Identity(latent), rng)
	}
}

// vae returns the configuration of the VAE. That of the control has the largest width with at most the
// parameters of VAE and flow together.
func (c FlowPriorConfig) vae(scale standardize.Map) (vae.Config, error) {
	if c.Prior != NormalPrior {
		return c.VAE, nil
	}
	var failed error
	params := func(hidden int, prior vae.NewPrior) int {
		cfg := c.VAE
		cfg.Hidden = hidden
		m, err := vae.NewWithPrior(cfg, scale, prior, rand.New(rand.NewPCG(0, 0)))
		if err != nil {
			failed = err
			return 0
		}
		return m.Params()
	}
	joint := c
	joint.Prior = JointFlow
	budget := params(c.VAE.Hidden, joint.newPrior())
	c.VAE.Hidden += sort.Search(63*c.VAE.Hidden-1, func(more int) bool {
		return failed == nil && params(c.VAE.Hidden+1+more, vae.StandardNormal) > budget
	})
	return c.VAE, failed
}

// FlowPrior trains a VAE together with its prior, or one after the other.
type FlowPrior struct {
	*Stages
	vae *vae.Trainer
}

// NewFlowPrior returns a trainer that has taken no step, for points that scale standardises. It returns an
// error if cfg is invalid.
func NewFlowPrior(cfg FlowPriorConfig, scale standardize.Map, rng *rand.Rand) (*FlowPrior, error) {
	own, err := cfg.vae(scale)
	if err != nil {
		return nil, err
	}
	t := new(FlowPrior)
	t.Stages, err = newStages(cfg, t.plan(cfg, own, scale), rng)
	return t, err
}

// ResumeFlowPrior returns a trainer that continues from a saved State after a number of steps. It returns an
// error if the saved tensors do not fit cfg.
func ResumeFlowPrior(cfg FlowPriorConfig, saved []checkpoint.Tensor, steps int) (*FlowPrior, error) {
	own, err := cfg.saved(checkpoint.Out("vae", saved))
	if err != nil {
		return nil, err
	}
	t := new(FlowPrior)
	t.Stages, err = resumeStages(t.plan(cfg, own, standardize.Map{}), saved, steps)
	return t, err
}

// plan returns the stage of the VAE, and that of a prior that is trained after it.
func (t *FlowPrior) plan(cfg FlowPriorConfig, own vae.Config, scale standardize.Map) []stage {
	all := []stage{newStage("vae", own.Steps, &t.vae,
		func(_ *mat.Dense, rng *rand.Rand) (*vae.Trainer, error) {
			return then(vae.NewTrainer)(vae.NewWithPrior(own, scale, cfg.newPrior(), rng))
		},
		func(saved []checkpoint.Tensor, steps int) (*vae.Trainer, error) {
			return vae.ResumeWithPrior(own, cfg.newPrior(), saved, steps)
		})}
	latent := standardize.Identity(own.Latent)
	var prior stage
	switch cfg.Prior {
	case TwoStageFlow:
		prior = newStage("prior", cfg.PriorSteps, new(*flow.Trainer),
			func(_ *mat.Dense, rng *rand.Rand) (*flow.Trainer, error) {
				return then(flow.NewTrainer)(flow.New(cfg.flow(), latent, rng))
			},
			resuming(flow.Resume, cfg.flow()))
	case TwoStageDiffusion:
		prior = newStage("prior", cfg.PriorSteps, new(*diffusion.Trainer),
			func(_ *mat.Dense, rng *rand.Rand) (*diffusion.Trainer, error) {
				return then(diffusion.NewTrainer)(diffusion.New(cfg.diffusion(), latent, rng))
			},
			resuming(diffusion.Resume, cfg.diffusion()))
	default:
		return all
	}
	prior.early, prior.batch = true, func(batch *mat.Dense, rng *rand.Rand) *mat.Dense {
		return t.vae.Average().Latents(batch, rng)
	}
	return append(all, prior)
}

// LoadFlowPrior returns the model with the EMA weights of a trainer's saved State: a *vae.Model, or a
// [*LatentModel] if the prior is a diffusion model. It returns an error if the saved tensors do not fit cfg.
func LoadFlowPrior(cfg FlowPriorConfig, saved []checkpoint.Tensor) (SizedSampler, error) {
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
	case TwoStageFlow:
		f, err := flow.Load(cfg.flow(), rest)
		if err != nil {
			return nil, err
		}
		return m.WithPrior(f)
	case TwoStageDiffusion:
		d, err := diffusion.Load(cfg.diffusion(), rest)
		if err != nil {
			return nil, err
		}
		return &LatentModel{Decoder: m, Latents: d}, nil
	}
	return m, nil
}

// saved returns the configuration of the VAE in a saved State.
func (c FlowPriorConfig) saved(first []checkpoint.Tensor) (vae.Config, error) {
	scale, err := standardize.FromState("scale", first)
	if err != nil {
		return c.VAE, fmt.Errorf("hybrid: %w", err)
	}
	return c.vae(scale)
}

// Evaluations returns the number of network evaluations per sample: one of the decoder, and those of the
// prior.
func (c FlowPriorConfig) Evaluations() int {
	switch c.Prior {
	case JointFlow, TwoStageFlow:
		return 2
	case TwoStageDiffusion:
		return 1 + c.diffusion().NFE
	}
	return 1
}
