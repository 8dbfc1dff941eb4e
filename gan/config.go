package gan

import (
	"fmt"
	"math"
)

// Config describes a model and its training. Its defaults are DefaultConfig's.
type Config struct {
	Steps          int           `yaml:"steps" help:"steps of the generator, at least 1"`
	Batch          int           `yaml:"batch" help:"points in a step of either network, at least 1"`
	LR             float64       `yaml:"lr" help:"peak learning rate of the generator's Adam, above 0; falls to 0 along a cosine"`
	CriticRate     float64       `yaml:"critic-rate" help:"learning rate of the critic's Adam over lr, above 0; it does not fall, so that the critic keeps up"`
	Beta1          float64       `yaml:"beta1" name:"beta1" help:"decay of Adam's mean gradient, in [0, 1)"`
	Beta2          float64       `yaml:"beta2" name:"beta2" help:"decay of Adam's mean squared gradient, in [0, 1)"`
	EMA            float64       `yaml:"ema" help:"decay of the average of the generator's weights that samples, in [0, 1); 0 switches it off"`
	Hidden         int           `yaml:"hidden" help:"width of each hidden layer of both networks, at least 1"`
	Layers         int           `yaml:"layers" help:"hidden layers of both networks, at least 1"`
	Latent         int           `yaml:"latent" help:"coordinates of the latent normal, at least 1"`
	Features       int           `yaml:"features" help:"random frequencies of the critic's Fourier features, 0 for none"`
	FeatureScale   float64       `yaml:"feature-scale" help:"standard deviation of those frequencies, in radians a standard deviation of the data, above 0"`
	LatentFeatures int           `yaml:"latent-features" help:"random frequencies of the generator's Fourier features, 0 for none"`
	LatentScale    float64       `yaml:"latent-scale" help:"standard deviation of those frequencies, above 0"`
	Objective      ObjectiveName `yaml:"objective" help:"game: wgan-gp, wgan-lp, minimax or non-saturating"`
	Lambda         Penalty       `yaml:"lambda" help:"weight of the gradient penalty of wgan-gp and wgan-lp, at least 0; own is 0.1"`
	CriticSteps    int           `yaml:"critic-steps" help:"steps of the critic for each of the generator, at least 1"`
}

// DefaultConfig returns the defaults, tuned on 25gaussians and 8gaussians. The networks are deep
// and narrow, for slopes steep enough to cross between modes quickly.
func DefaultConfig() Config {
	return Config{
		Steps: 30000, Batch: 128, LR: 2e-3, CriticRate: 1, Beta1: 0, Beta2: 0.99, EMA: 0.999,
		Hidden: 64, Layers: 5, Latent: 2, LatentFeatures: 64, LatentScale: 1, Features: 32, FeatureScale: 4,
		Objective: "wgan-lp", Lambda: Own, CriticSteps: 1,
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
		{"critic-rate", c.CriticRate, c.CriticRate > 0 && !math.IsInf(c.CriticRate, 0), "a number above 0"},
		{"beta1", c.Beta1, c.Beta1 >= 0 && c.Beta1 < 1, "in [0, 1)"},
		{"beta2", c.Beta2, c.Beta2 >= 0 && c.Beta2 < 1, "in [0, 1)"},
		{"ema", c.EMA, c.EMA >= 0 && c.EMA < 1, "in [0, 1)"},
		{"hidden", float64(c.Hidden), c.Hidden >= 1 && c.Hidden <= 1<<14, "1 to 16384"},
		{"layers", float64(c.Layers), c.Layers >= 1 && c.Layers <= 1000, "1 to 1000"},
		{"latent", float64(c.Latent), c.Latent >= 1 && c.Latent <= 1<<12, "1 to 4096"},
		{"features", float64(c.Features), c.Features >= 0 && c.Features <= 1<<12, "0 to 4096"},
		{"feature-scale", c.FeatureScale, c.FeatureScale > 0 && !math.IsInf(c.FeatureScale, 0), "a number above 0"},
		{"latent-features", float64(c.LatentFeatures), c.LatentFeatures >= 0 && c.LatentFeatures <= 1<<12, "0 to 4096"},
		{"latent-scale", c.LatentScale, c.LatentScale > 0 && !math.IsInf(c.LatentScale, 0), "a number above 0"},
		{"critic-steps", float64(c.CriticSteps), c.CriticSteps >= 1 && c.CriticSteps <= 1000, "1 to 1000"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	_, err := c.Objective.with(c.Lambda)
	return err
}
