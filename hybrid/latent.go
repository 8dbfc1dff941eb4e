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

// LatentConfig describes an autoencoder and a diffusion model of its latent points, with a student of
// few evaluations or without. Its defaults are DefaultLatent's.
type LatentConfig struct {
	Latents ConsistencyConfig `yaml:",inline" embed:"" default:"student-steps=0 steps=15000 batch=512 sampler=ddim spacing=auto nfe=50 guidance=1.5 conditional=true"`
	Latent  int               `yaml:"latent" default:"2" range:"[1, 64]" help:"dimension of the latent space" group:"autoencoder" main:""`

	AutoencoderSteps    int       `yaml:"autoencoder-steps" default:"6000" range:"[1, inf)" help:"training steps of the autoencoder" group:"autoencoder" main:""`
	AutoencoderBatch    int       `yaml:"autoencoder-batch" default:"256" range:"[1, 1048576]" help:"samples in a batch of the autoencoder, at most batch" group:"autoencoder"`
	AutoencoderLR       float64   `yaml:"autoencoder-lr" default:"0.002" range:"(0, inf)" help:"peak learning rate of the autoencoder" group:"autoencoder"`
	AutoencoderHidden   int       `yaml:"autoencoder-hidden" default:"128" range:"[1, 16384]" help:"width of each hidden layer of encoder and decoder" group:"autoencoder" main:""`
	AutoencoderLayers   int       `yaml:"autoencoder-layers" default:"2" range:"[1, 1000]" help:"hidden layers of encoder and of decoder" group:"autoencoder"`
	AutoencoderBeta     float64   `yaml:"autoencoder-beta" default:"0.01" range:"[0, inf)" help:"weight of the KL term; 1 is the bound on log p" group:"autoencoder" main:""`
	AutoencoderFloor    float64   `yaml:"autoencoder-floor" default:"0.005" range:"[1e-6, 1000]" help:"smallest standard deviation of the decoder, in standard deviations of the data" group:"autoencoder"`
	AutoencoderStart    vae.Start `yaml:"autoencoder-start" default:"identity" help:"initialisation of the autoencoder" group:"autoencoder"`
	AutoencoderKLWarmup int       `yaml:"autoencoder-kl-warmup" default:"0" range:"[0, inf)" help:"steps over which the weight of the KL term rises from 0 to beta" group:"autoencoder"`
	DecoderNoise        bool      `yaml:"decoder-noise" default:"true" help:"samples with the decoder's Gaussian noise, for noisy data; without it they are its mean" group:"sampling"`
}

// DefaultLatent returns the defaults for points of d coordinates: those of more than 64 are taken to
// be pictures.
func DefaultLatent(d int) LatentConfig {
	c := config.Default[LatentConfig]()
	if d > 64 {
		// A decoder that may be sure of the dark pixels learns nothing else: a floor keeps all alike.
		c.Latent, c.AutoencoderHidden, c.AutoencoderBeta, c.AutoencoderFloor, c.AutoencoderStart, c.DecoderNoise = 8, 256, 1, 0.25, vae.Random, false
	}
	return c
}

// Validate names the first field that is out of its range.
func (c LatentConfig) Validate() error {
	latents := c.Latents
	if latents.StudentSteps == 0 { // there is no student
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

// TotalSteps is the number of steps of the whole training.
func (c LatentConfig) TotalSteps() int { return c.AutoencoderSteps + c.Latents.Steps() }

// autoencoder is the configuration of the VAE.
func (c LatentConfig) autoencoder() vae.Config {
	v := vae.DefaultConfig()
	v.Steps, v.Batch, v.LR, v.Hidden, v.Layers = c.AutoencoderSteps, c.AutoencoderBatch, c.AutoencoderLR, c.AutoencoderHidden, c.AutoencoderLayers
	v.Warmup, v.EMA = min(v.Warmup, c.AutoencoderSteps/10), min(v.EMA, max(0, 1-10/float64(c.AutoencoderSteps)))
	v.Latent, v.Posterior, v.Start = c.Latent, vae.Diagonal, c.AutoencoderStart
	v.Beta, v.Floor, v.KLWarmup = c.AutoencoderBeta, c.AutoencoderFloor, c.AutoencoderKLWarmup
	v.InitialScale = max(v.InitialScale, 2*v.Floor)
	return v
}

// LatentDiffusion trains an autoencoder, and then a diffusion model of what it encodes [rombach2022],
// and if asked for a student of that.
type LatentDiffusion struct {
	*Sequence
	autoencoder *vae.Trainer
	latents     *Consistency
	classes     int
}

// State is all that training needs to go on, the number of classes among it: the diffusion model that
// knows it may not have begun.
func (t *LatentDiffusion) State() []checkpoint.Tensor {
	return append(t.Sequence.State(), checkpoint.Tensor{Name: "classes", Data: []float32{float32(t.classes)}})
}

// NewLatentDiffusion returns a trainer that has taken no step, for points standardised by scale, with
// labels of so many classes where the diffusion model is conditional.
func NewLatentDiffusion(cfg LatentConfig, scale standardize.Map, classes int, rng *rand.Rand) (*LatentDiffusion, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	t := &LatentDiffusion{classes: classes}
	var err error
	t.Sequence, err = newSequence(t.phases(cfg, scale), rng)
	return t, err
}

// ResumeLatentDiffusion returns a trainer that continues from a saved State after the given number of steps.
func ResumeLatentDiffusion(cfg LatentConfig, saved []checkpoint.Tensor, steps int) (*LatentDiffusion, error) {
	t := new(LatentDiffusion)
	for _, s := range saved {
		if s.Name == "classes" && len(s.Data) == 1 {
			t.classes = int(s.Data[0])
		}
	}
	var err error
	t.Sequence, err = resumeSequence(t.phases(cfg, standardize.Map{}), saved, steps)
	return t, err
}

func (t *LatentDiffusion) phases(cfg LatentConfig, scale standardize.Map) []phase {
	return []phase{{
		name: "autoencoder", steps: cfg.AutoencoderSteps,
		begin: func(_ *mat.Dense, rng *rand.Rand) (learner, error) {
			m, err := vae.New(cfg.autoencoder(), scale, rng)
			if err != nil {
				return nil, err
			}
			t.autoencoder, err = vae.NewTrainer(m)
			return t.autoencoder, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (_ learner, err error) {
			t.autoencoder, err = vae.Resume(cfg.autoencoder(), saved, steps)
			return t.autoencoder, err
		},
		batch: func(batch *mat.Dense, _ *rand.Rand) *mat.Dense {
			return batch.Slice(0, cfg.AutoencoderBatch, 0, t.autoencoder.Average().Dim()).(*mat.Dense)
		},
	}, {
		name: "latents", steps: cfg.Latents.Steps(),
		begin: func(first *mat.Dense, rng *rand.Rand) (learner, error) {
			// As in [rombach2022], the latent points are standardised by a batch of them.
			n, _ := first.Dims()
			scale, err := standardize.Fit(first.Slice(0, n, 0, cfg.Latent))
			if err != nil {
				return nil, fmt.Errorf("the autoencoder's latent points: %w", err)
			}
			t.latents, err = startConsistency(cfg.Latents, scale, t.classes, rng)
			return t.latents, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (_ learner, err error) {
			t.latents, err = ResumeConsistency(cfg.Latents, saved, steps)
			return t.latents, err
		},
		batch: func(batch *mat.Dense, rng *rand.Rand) *mat.Dense {
			return encoded(t.autoencoder.Average(), batch, rng)
		},
	}}
}

// encoded draws z ~ q(z|x) for each row of a batch, and leaves what stands after the point.
func encoded(m *vae.Model, batch *mat.Dense, rng *rand.Rand) *mat.Dense {
	n, columns := batch.Dims()
	d := m.Dim()
	z := m.Latents(batch.Slice(0, n, 0, d), rng)
	if columns == d {
		return z
	}
	var beside mat.Dense
	beside.Augment(z, batch.Slice(0, n, d, columns))
	return &beside
}
