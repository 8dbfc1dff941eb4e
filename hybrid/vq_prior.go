package hybrid

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/internal/config"
	"genlab/standardize"
	"genlab/train"
)

// VQPriorConfig holds the hyper-parameters of a vector-quantised autoencoder and of an autoregressive prior over its codes.
// The defaults are [DefaultVQPrior]'s.
type VQPriorConfig struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=4000 batch=256 lr=0.003 warmup=200 ema=0.99 clip=1"`
	Hidden         int     `yaml:"hidden" default:"64" range:"[1, 16384]" help:"width of each hidden layer of encoder and decoder" group:"model" main:""`
	Layers         int     `yaml:"layers" default:"3" range:"[1, 1000]" help:"hidden layers of encoder and of decoder" group:"model" main:""`
	Length         int     `yaml:"length" default:"2" range:"[2, 16]" help:"codes per point" group:"model" main:""`
	Codes          int     `yaml:"codes" default:"32" range:"[2, 1024]" help:"entries of the codebook of each code; codes^length must be at most 65536" group:"model" main:""`
	CodeWidth      int     `yaml:"code-width" default:"4" range:"[1, 256]" help:"dimension of an entry" group:"model"`
	Floor          float64 `yaml:"floor" default:"0.005" range:"[1e-6, 1000]" help:"smallest standard deviation of the decoder in standardised units" group:"model"`
	Commitment     float64 `yaml:"commitment" default:"0.25" range:"[0, inf)" help:"weight of the squared distance of the encoder's output from its entry" group:"objective" main:""`
	CodebookDecay  float64 `yaml:"codebook-decay" default:"0.99" range:"[0, 1)" help:"decay of the moving averages that the entries are" group:"objective"`
	PriorSteps     int     `yaml:"prior-steps" default:"1500" range:"[1, inf)" help:"training steps of the prior" group:"prior" main:""`
	PriorHidden    int     `yaml:"prior-hidden" default:"32" range:"[1, 4096] even" help:"width of the prior, a transformer" group:"prior"`
	PriorLayers    int     `yaml:"prior-layers" default:"1" range:"[1, 1000]" help:"number of transformer blocks of the prior" group:"prior"`
}

// DefaultVQPrior returns the default hyper-parameters.
func DefaultVQPrior() VQPriorConfig { return config.Default[VQPriorConfig]() }

// maxSequences bounds the sequences of codes, over which p(x) is a sum.
const maxSequences = 1 << 16

// Validate returns an error that names the first invalid setting.
func (c VQPriorConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Settings.Validate()); err != nil {
		return err
	}
	if n := math.Pow(float64(c.Codes), float64(c.Length)); n > maxSequences {
		return fmt.Errorf("length is %d, but codes^length must be at most %d, and it is %.0f", c.Length, maxSequences, n)
	}
	if err := c.prior().Validate(); err != nil {
		return fmt.Errorf("prior-%w", err)
	}
	return nil
}

// TotalSteps returns the number of training steps of both stages.
func (c VQPriorConfig) TotalSteps() int { return c.Steps + c.PriorSteps }

// priorHeads are the attention heads of the prior.
const priorHeads = 2

// prior returns the configuration of the language model of codes.
func (c VQPriorConfig) prior() autoregressive.Config {
	a := autoregressive.DefaultSyntheticConfig()
	a.Steps, a.Hidden, a.Layers, a.Heads, a.Context, a.Batch = c.PriorSteps, c.PriorHidden, c.PriorLayers, priorHeads, c.Length-1, c.Batch
	a.Warmup, a.EMA = min(a.Warmup, c.PriorSteps/10), min(a.EMA, max(0, 1-10/float64(c.PriorSteps)))
	return a
}

// letters are the alphabet of the codes.
func (c VQPriorConfig) letters() autoregressive.Alphabet {
	a := make(autoregressive.Alphabet, c.Codes)
	for i := range a {
		a[i] = rune('a' + i)
	}
	return a
}

// VQPrior trains an autoencoder whose latent code is a sequence of entries of codebooks, then an autoregressive model of those
// sequences [oord2017].
type VQPrior struct {
	*Stages
	cfg   VQPriorConfig
	codes *vqTrainer
	prior *autoregressive.Trainer
}

// NewVQPrior returns a trainer that has taken no step, for points that scale standardises. It returns an error if cfg is
// invalid.
func NewVQPrior(cfg VQPriorConfig, scale standardize.Map, rng *rand.Rand) (v *VQPrior, err error) {
	v = &VQPrior{cfg: cfg}
	v.Stages, err = newStages(cfg, v.plan(scale), rng)
	return v, err
}

// ResumeVQPrior returns a trainer that continues from a saved State after a number of steps. It returns an error if the saved
// tensors do not fit cfg.
func ResumeVQPrior(cfg VQPriorConfig, saved []checkpoint.Tensor, steps int) (v *VQPrior, err error) {
	v = &VQPrior{cfg: cfg}
	v.Stages, err = resumeStages(v.plan(standardize.Map{}), saved, steps)
	return v, err
}

// plan returns the stages of the autoencoder and of the prior.
func (v *VQPrior) plan(scale standardize.Map) []stage {
	codes := newStage("codes", v.cfg.Steps, &v.codes,
		func(_ *mat.Dense, rng *rand.Rand) (*vqTrainer, error) { return newVQTrainer(v.cfg, scale, rng) },
		resuming(resumeVQTrainer, v.cfg))
	prior := newStage("prior", v.cfg.PriorSteps, &v.prior,
		func(_ *mat.Dense, rng *rand.Rand) (*autoregressive.Trainer, error) {
			m, err := autoregressive.NewText(v.cfg.prior(), v.cfg.letters(), rng)
			if err != nil {
				return nil, err
			}
			return autoregressive.NewTrainer(m)
		},
		resuming(autoregressive.Resume, v.cfg.prior()))
	prior.batch = func(batch *mat.Dense, _ *rand.Rand) *mat.Dense { return v.codes.Average().Codes(batch) }
	return []stage{codes, prior}
}
