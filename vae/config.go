package vae

import (
	"fmt"

	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/nn"
	"genlab/train"
)

// Config describes a model and its training. The defaults, see [DefaultConfig], are tuned on 8gaussians
// for two CPU cores.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=9400 batch=256 lr=0.004 warmup=200 ema=0.999 clip=1"`
	Hidden         int           `yaml:"hidden" default:"64" range:"[1, 16384]" help:"width of each hidden layer of encoder and decoder" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"4" range:"[1, 1000]" help:"hidden layers of encoder and of decoder" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"silu" help:"activation of the hidden layers" group:"model"`
	Latent         int           `yaml:"latent" default:"2" range:"[1, 64]" help:"dimension of z; log p by quadrature needs 2" group:"model" main:""`
	Posterior      Posterior     `yaml:"posterior" default:"full" help:"family of q(z|x): a Gaussian with full or diagonal covariance, or a normalizing flow" group:"model" main:""`
	Start          Start         `yaml:"start" default:"identity" help:"initialisation of encoder and decoder" group:"model"`
	InitialScale   float64       `yaml:"initial-scale" default:"0.1" range:"(0, 1000]" help:"initial standard deviation of encoder and decoder in standardised units, above floor" group:"model"`
	Floor          float64       `yaml:"floor" default:"0.005" range:"[1e-6, 1000]" help:"smallest standard deviation of the decoder in standardised units" group:"model"`
	Objective      Objective     `yaml:"objective" default:"elbo" help:"bound that training maximises" group:"objective" main:""`
	Samples        int           `yaml:"samples" default:"1" range:"[1, 256]" help:"samples of z per point and step" group:"objective" main:""`
	Stratified     bool          `yaml:"stratified" default:"true" absent:"false" help:"stratified noise of z over the batch, which covers the normal distribution more evenly than independent noise" group:"objective"`
	Beta           float64       `yaml:"beta" default:"1" range:"[0, inf)" help:"weight of the KL term; 1 is the bound on log p" group:"objective" main:""`
	KLWarmup       int           `yaml:"kl-warmup" default:"0" range:"[0, inf)" help:"steps over which the weight of the KL term rises from 0 to beta" group:"objective"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate returns an error that names the first setting with an invalid value, its value and its
// range, or the setting it contradicts; nil if the configuration is valid.
func (c Config) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	switch {
	case c.InitialScale <= c.Floor:
		return fmt.Errorf("initial-scale is %v, but must be above floor, which is %v", c.InitialScale, c.Floor)
	case c.Objective == IWAE && c.Beta != 1:
		return fmt.Errorf("beta is %v, but must be 1 with objective iwae, which has no KL term", c.Beta)
	case c.Objective == IWAE && c.KLWarmup != 0:
		return fmt.Errorf("kl-warmup is %v, but must be 0 with objective iwae, which has no KL term", c.KLWarmup)
	}
	return c.Settings.Validate()
}

// Start is the initialisation of encoder and decoder.
type Start string

// The initialisations.
const (
	// Identity starts from m(x) = x and μ(z) = z in standardised coordinates, with skip connections
	// and networks whose output is zero: the initial model is a Gaussian that uses every latent
	// coordinate, so that there is no posterior collapse to recover from.
	Identity Start = "identity"
	// Random has no skip connections and random weights: the usual initialisation, prone to
	// posterior collapse.
	Random Start = "random"
)

// Choices lists the names in the order shown to users.
func (Start) Choices() []string { return []string{string(Identity), string(Random)} }

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (s *Start) UnmarshalText(text []byte) error { return suggest.Set("start", s, text) }
