package hybrid

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/internal/config"
	"genlab/standardize"
	"genlab/vae"
)

// LatentConfig holds the hyper-parameters of an autoencoder and of a diffusion model in its latent space,
// which StudentSteps > 0 distils into a consistency model. The defaults are [DefaultLatent]'s.
type LatentConfig struct {
	Latents ConsistencyConfig `yaml:",inline" embed:"" default:"student-steps=0 steps=15000 batch=512 sampler=ddim spacing=auto nfe=50 guidance=1.5 conditional=true" main:"steps hidden layers conditional nfe guidance"`
	Latent  int               `yaml:"latent" default:"2" range:"[1, 64]" help:"dimension of the latent space" group:"autoencoder" main:""`

	AutoencoderSteps    int       `yaml:"autoencoder-steps" default:"6000" range:"[1, inf)" help:"training steps of the autoencoder" group:"autoencoder" main:""`
	AutoencoderBatch    int       `yaml:"autoencoder-batch" default:"256" range:"[1, 1048576]" help:"batch size of the autoencoder, at most batch" group:"autoencoder"`
	AutoencoderLR       float64   `yaml:"autoencoder-lr" default:"0.002" range:"(0, inf)" help:"peak learning rate of the autoencoder" group:"autoencoder"`
	AutoencoderHidden   int       `yaml:"autoencoder-hidden" default:"128" range:"[1, 16384]" help:"width of each hidden layer of encoder and decoder" group:"autoencoder" main:""`
	AutoencoderLayers   int       `yaml:"autoencoder-layers" default:"2" range:"[1, 1000]" help:"number of hidden layers of encoder and of decoder" group:"autoencoder"`
	AutoencoderBeta     float64   `yaml:"autoencoder-beta" default:"0.01" range:"[0, inf)" help:"weight of the KL term; 1 gives the bound on log p" group:"autoencoder" main:""`
	AutoencoderFloor    float64   `yaml:"autoencoder-floor" default:"0.005" range:"[1e-6, 1000]" help:"minimal standard deviation of the decoder, in standard deviations of the data" group:"autoencoder"`
	AutoencoderStart    vae.Start `yaml:"autoencoder-start" default:"identity" help:"initialisation of the autoencoder" group:"autoencoder"`
	AutoencoderKLWarmup int       `yaml:"autoencoder-kl-warmup" default:"0" range:"[0, inf)" help:"steps over which the weight of the KL term rises from 0 to autoencoder-beta" group:"autoencoder"`
	DecoderNoise        bool      `yaml:"decoder-noise" default:"true" help:"samples from the decoder's Gaussian, for noisy data; false takes its mean" group:"sampling"`
}

// DefaultLatent returns the default hyper-parameters for points of d coordinates; more than 64 are taken
// for images.
func DefaultLatent(d int) LatentConfig {
	c := config.Default[LatentConfig]()
	if d > 64 {
		// Without a floor the likelihood of the constant dark pixels dominates the loss.
		c.Latent, c.AutoencoderHidden, c.AutoencoderBeta, c.AutoencoderFloor, c.AutoencoderStart, c.DecoderNoise = 8, 256, 1, 0.25, vae.Random, false
	}
	return c
}

// Validate returns an error that names the first invalid setting.
func (c LatentConfig) Validate() error {
	latents := c.Latents
	if latents.StudentSteps == 0 { // no student, which ConsistencyConfig.Validate requires
		latents.StudentSteps = 1
	}
	if err := cmp.Or(config.Check(&c), latents.Validate()); err != nil {
		return err
	}
	if c.AutoencoderBatch > c.Latents.Teacher.Batch {
		return fmt.Errorf("autoencoder-batch is %d, but must be at most batch, which is %d", c.AutoencoderBatch, c.Latents.Teacher.Batch)
	}
	if err := c.autoencoder().Validate(); err != nil {
		return fmt.Errorf("autoencoder-%w", err)
	}
	return nil
}

// Steps returns the number of training steps of all stages.
func (c LatentConfig) Steps() int { return c.AutoencoderSteps + c.Latents.Steps() }

// autoencoder returns the configuration of the VAE.
func (c LatentConfig) autoencoder() vae.Config {
	v := vae.DefaultConfig()
	v.Steps, v.Batch, v.LR, v.Hidden, v.Layers = c.AutoencoderSteps, c.AutoencoderBatch, c.AutoencoderLR, c.AutoencoderHidden, c.AutoencoderLayers
	v.Warmup, v.EMA = min(200, c.AutoencoderSteps/10), min(0.999, max(0, 1-10/float64(c.AutoencoderSteps)))
	v.Stratified = false
	v.Precision = c.Latents.Teacher.Precision
	v.Latent, v.Posterior, v.Start = c.Latent, vae.Diagonal, c.AutoencoderStart
	v.Beta, v.Floor, v.KLWarmup = c.AutoencoderBeta, c.AutoencoderFloor, c.AutoencoderKLWarmup
	v.InitialScale = max(v.InitialScale, 2*v.Floor)
	return v
}

// LatentDiffusion trains an autoencoder, then a diffusion model in its latent space [rombach2022], and then,
// if StudentSteps > 0, a consistency model of that.
type LatentDiffusion struct {
	*Stages
	autoencoder *vae.Trainer
	latents     *Consistency
	classes     int
}

// State returns the tensors from which training resumes, among them the number of classes.
func (t *LatentDiffusion) State() []checkpoint.Tensor {
	return append(t.Stages.State(), checkpoint.Tensor{Name: "classes", Data: []float32{float32(t.classes)}})
}

// NewLatentDiffusion returns a trainer that has taken no step, for points that scale standardises, with
// integer labels below classes if the diffusion model is conditional. It returns an error if cfg is invalid.
func NewLatentDiffusion(cfg LatentConfig, scale standardize.Map, classes int, rng *rand.Rand) (t *LatentDiffusion, err error) {
	t = &LatentDiffusion{classes: classes}
	t.Stages, err = newStages(cfg, t.plan(cfg, scale), rng)
	return t, err
}

// ResumeLatentDiffusion returns a trainer that continues from a saved State after a number of steps. It
// returns an error if the saved tensors do not fit cfg.
func ResumeLatentDiffusion(cfg LatentConfig, saved []checkpoint.Tensor, steps int) (t *LatentDiffusion, err error) {
	t = new(LatentDiffusion)
	for _, s := range saved {
		if s.Name == "classes" && len(s.Data) == 1 {
			t.classes = int(s.Data[0])
		}
	}
	t.Stages, err = resumeStages(t.plan(cfg, standardize.Map{}), saved, steps)
	return t, err
}

// plan returns the stages of the autoencoder and of the diffusion model.
func (t *LatentDiffusion) plan(cfg LatentConfig, scale standardize.Map) []stage {
	autoencoder := newStage("autoencoder", cfg.AutoencoderSteps, &t.autoencoder,
		func(_ *mat.Dense, rng *rand.Rand) (*vae.Trainer, error) {
			return then(vae.NewTrainer)(vae.New(cfg.autoencoder(), scale, rng))
		},
		resuming(vae.Resume, cfg.autoencoder()))
	autoencoder.batch = func(batch *mat.Dense, _ *rand.Rand) *mat.Dense {
		return batch.Slice(0, cfg.AutoencoderBatch, 0, t.autoencoder.Average().Dim()).(*mat.Dense)
	}
	latents := newStage("latents", cfg.Latents.Steps(), &t.latents,
		func(first *mat.Dense, rng *rand.Rand) (*Consistency, error) {
			// As in [rombach2022], the first batch of latent points determines their standardisation.
			n, _ := first.Dims()
			scale, err := standardize.Fit(first.Slice(0, n, 0, cfg.Latent))
			if err != nil {
				return nil, fmt.Errorf("the autoencoder's latent points: %w", err)
			}
			c := new(Consistency)
			c.Stages, err = newStages(cfg, c.plan(cfg.Latents, scale, t.classes), rng) // cfg allows no student
			return c, err
		},
		resuming(ResumeConsistency, cfg.Latents))
	latents.batch = func(batch *mat.Dense, rng *rand.Rand) *mat.Dense { return encode(t.autoencoder.Average(), batch, rng) }
	return []stage{autoencoder, latents}
}

// encode samples z ~ q(z|x) for each row of a batch and keeps the columns after those of x.
func encode(m *vae.Model, batch *mat.Dense, rng *rand.Rand) *mat.Dense {
	n, columns := batch.Dims()
	d := m.Dim()
	z := m.Latents(batch.Slice(0, n, 0, d), rng)
	if columns == d {
		return z
	}
	var all mat.Dense
	all.Augment(z, batch.Slice(0, n, d, columns))
	return &all
}
