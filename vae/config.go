package vae

import (
	"cmp"
	"fmt"
	"math"

	"genlab/internal/suggest"
)

// Config describes a model and its training. Its defaults are DefaultConfig's.
type Config struct {
	Steps        int       `yaml:"steps" help:"training steps, at least 1"`
	Batch        int       `yaml:"batch" help:"points in a step, at least 1"`
	LR           float64   `yaml:"lr" help:"peak learning rate of Adam, above 0; falls to 0 along a cosine"`
	Warmup       int       `yaml:"warmup" help:"steps over which the learning rate rises, at least 0"`
	EMA          float64   `yaml:"ema" help:"decay of the average of the weights that samples, in [0, 1); 0 switches it off"`
	Clip         float64   `yaml:"clip" help:"largest norm of the gradient, 0 for no limit"`
	Hidden       int       `yaml:"hidden" help:"width of each hidden layer of encoder and decoder, at least 1"`
	Layers       int       `yaml:"layers" help:"hidden layers of each, at least 1"`
	Latent       int       `yaml:"latent" help:"dimensions of z, 1 to 64; log p by quadrature needs 2"`
	Posterior    Posterior `yaml:"posterior" help:"covariance of q(z|x): full or diagonal"`
	Start        Start     `yaml:"start" help:"what encoder and decoder begin as: identity or random"`
	InitialScale float64   `yaml:"initial-scale" help:"first standard deviation of encoder and decoder, standardised units, above floor"`
	Floor        float64   `yaml:"floor" help:"least standard deviation of the decoder, standardised units, above 0"`
	Objective    Objective `yaml:"objective" help:"bound that is trained on: elbo or iwae"`
	Samples      int       `yaml:"samples" help:"draws of z for each point in a step, 1 to 256"`
	Beta         float64   `yaml:"beta" help:"weight of the KL term, at least 0; 1 is the bound on log p"`
	KLWarmup     int       `yaml:"kl-warmup" help:"steps over which the KL term's weight rises from 0 to beta, at least 0"`
}

// DefaultConfig returns the defaults, tuned on 8gaussians for two CPU cores.
func DefaultConfig() Config {
	return Config{
		Steps: 10000, Batch: 256, LR: 2e-3, Warmup: 200, EMA: 0.999, Clip: 1,
		Hidden: 128, Layers: 3, Latent: 2, Posterior: Full, Start: Identity, InitialScale: 0.1, Floor: 5e-3,
		Objective: ELBO, Samples: 1, Beta: 1,
	}
}

// Validate names the first field that is out of its range.
func (c Config) Validate() error {
	for _, r := range []struct {
		key   string
		value float64
		ok    bool
		want  string
	}{
		{"steps", float64(c.Steps), c.Steps >= 1, "at least 1"},
		{"batch", float64(c.Batch), c.Batch >= 1 && c.Batch <= 1<<20, "1 to 1048576"},
		{"lr", c.LR, c.LR > 0 && !math.IsInf(c.LR, 0), "a number above 0"},
		{"warmup", float64(c.Warmup), c.Warmup >= 0, "at least 0"},
		{"ema", c.EMA, c.EMA >= 0 && c.EMA < 1, "in [0, 1)"},
		{"clip", c.Clip, c.Clip >= 0, "at least 0"},
		{"hidden", float64(c.Hidden), c.Hidden >= 1 && c.Hidden <= 1<<14, "1 to 16384"},
		{"layers", float64(c.Layers), c.Layers >= 1 && c.Layers <= 1000, "1 to 1000"},
		{"latent", float64(c.Latent), c.Latent >= 1 && c.Latent <= 64, "1 to 64"},
		{"floor", c.Floor, c.Floor >= 1e-6 && c.Floor <= 1e3, "1e-6 to 1000"},
		{"initial-scale", c.InitialScale, c.InitialScale > c.Floor && c.InitialScale <= 1e3, fmt.Sprintf("above the floor of %v, at most 1000", c.Floor)},
		{"samples", float64(c.Samples), c.Samples >= 1 && c.Samples <= 256, "1 to 256"},
		{"beta", c.Beta, c.Beta >= 0 && !math.IsInf(c.Beta, 0), "a number of at least 0"},
		{"kl-warmup", float64(c.KLWarmup), c.KLWarmup >= 0, "at least 0"},
		{"beta", c.Beta, c.Objective != Importance || c.Beta == 1, "1 with the objective iwae, which has no KL term"},
		{"kl-warmup", float64(c.KLWarmup), c.Objective != Importance || c.KLWarmup == 0, "0 with the objective iwae, which has no KL term"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	return cmp.Or(
		new(Posterior).UnmarshalText([]byte(c.Posterior)),
		new(Start).UnmarshalText([]byte(c.Start)),
		new(Objective).UnmarshalText([]byte(c.Objective)))
}

// Start is what encoder and decoder are before the first step.
type Start string

// The starts there are.
const (
	// Identity begins with m(x) = x and μ(z) = z, of standardised points, plus networks that are
	// zero: the model is then N(0, I) with every latent coordinate in use, and no collapse to
	// climb out of.
	Identity Start = "identity"
	// Random has the networks alone, with random weights, and begins with wide noise: the
	// recipe that collapses.
	Random Start = "random"
)

// Starts lists the names in the order shown to users.
func Starts() []string { return []string{string(Identity), string(Random)} }

// UnmarshalText accepts the names of Starts.
func (s *Start) UnmarshalText(text []byte) error {
	if err := suggest.Name("start", string(text), Starts()); err != nil {
		return err
	}
	*s = Start(text)
	return nil
}

// MarshalText returns the name.
func (s Start) MarshalText() ([]byte, error) { return []byte(s), nil }
