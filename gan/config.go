package gan

import (
	"fmt"
	"slices"

	"genlab/internal/config"
	"genlab/nn"
	"genlab/train"
)

// Config describes a model and its training. The defaults, see [DefaultConfig], are tuned on 25gaussians
// and 8gaussians. The networks are deep and narrow, so that the generator can be steep between modes.
// The optimiser's settings are those of both networks, except that the critic's learning rate is
// CriticRate·LR at every step after the warm-up.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=24000 batch=128 lr=0.004 beta1=0 beta2=0.99 ema=0.999"`
	CriticRate     float64       `yaml:"critic-rate" default:"1" range:"(0, inf)" help:"learning rate of the critic as a multiple of lr; constant, not decayed" group:"optimiser"`
	Hidden         int           `yaml:"hidden" default:"64" range:"[1, 16384]" help:"width of each hidden layer of both networks" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"5" range:"[1, 1000]" help:"hidden layers of both networks" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"leaky-relu" help:"activation of the hidden layers of both networks" group:"model"`
	Latent         int           `yaml:"latent" default:"2" range:"[1, 4096]" help:"dimension of the latent normal" group:"model" main:""`
	Features       int           `yaml:"features" default:"32" range:"[0, 4096]" help:"number of random Fourier features of the critic's input; 0 disables them" group:"model"`
	FeatureScale   float64       `yaml:"feature-scale" default:"4" range:"(0, inf)" help:"standard deviation of the critic's frequencies, in radians per standard deviation of the data" group:"model"`
	LatentFeatures int           `yaml:"latent-features" default:"64" range:"[0, 4096]" help:"number of random Fourier features of the generator's input; 0 disables them" group:"model"`
	LatentScale    float64       `yaml:"latent-scale" default:"2" range:"(0, inf)" help:"standard deviation of the generator's frequencies, in radians per unit of z" group:"model"`
	Stratified     bool          `yaml:"stratified" default:"true" absent:"false" help:"stratified latents in training, which cover the normal distribution more evenly than independent ones" group:"objective"`
	Objective      ObjectiveName `yaml:"objective" default:"wgan-lp" help:"losses of critic and generator" group:"objective" main:""`
	Lambda         Penalty       `yaml:"lambda" default:"own" help:"weight of the gradient penalty of wgan-gp and wgan-lp, at least 0; own means the objective's default, 0.1" group:"objective" main:""`
	PenaltyEvery   int           `yaml:"penalty-every" default:"1" absent:"1" range:"[1, 1024]" help:"the gradient penalty of wgan-gp and wgan-lp is taken at one point in so many, a divisor of batch" group:"objective"`
	CriticSteps    int           `yaml:"critic-steps" default:"1" range:"[1, 1000]" help:"steps of the critic per step of the generator" group:"objective" main:""`
	Pack           int           `yaml:"pack" default:"1" absent:"1" range:"[1, 64]" help:"samples that the critic values together (PacGAN), a divisor of batch" group:"objective" main:""`
	Unroll         int           `yaml:"unroll" default:"0" absent:"0" range:"[0, 32]" help:"steps of the critic that the generator's gradient looks ahead (unrolled GAN); needs minimax or non-saturating" group:"objective" main:""`
	UnrollLR       float64       `yaml:"unroll-lr" default:"0.05" absent:"0.05" range:"(0, inf)" help:"learning rate of those steps, which are plain gradient descent" group:"objective"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate returns an error that names the first setting with an invalid value, its value and its
// range, or the setting it contradicts; nil if the configuration is valid.
func (c Config) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	if _, err := c.Objective.with(c.Lambda); err != nil {
		return err
	}
	switch {
	case c.Batch%c.Pack != 0:
		return fmt.Errorf("pack is %d, but must be a divisor of batch, which is %d", c.Pack, c.Batch)
	case c.Batch/c.Pack%c.PenaltyEvery != 0:
		return fmt.Errorf("penalty-every is %d, but must be a divisor of the %d points or packs of a batch", c.PenaltyEvery, c.Batch/c.Pack)
	case c.PenaltyEvery > 1 && c.Objective != "wgan-gp" && c.Objective != "wgan-lp":
		return fmt.Errorf("penalty-every is %d, but must be 1 with objective %s: choose wgan-gp or wgan-lp", c.PenaltyEvery, c.Objective)
	case c.Unroll > 0 && c.Objective != "minimax" && c.Objective != "non-saturating":
		return fmt.Errorf("unroll is %d, but must be 0 with objective %s: choose minimax or non-saturating", c.Unroll, c.Objective)
	}
	return c.Settings.Validate()
}

// Options returns the options of a whole training run for [train.Run]: a batch holds the data of
// CriticSteps critic steps, Batch rows each.
func (c Config) Options() train.Options {
	return train.Options{Batch: c.Batch * c.CriticSteps, Steps: c.Steps}
}

// criticSettings returns the settings of the critic's optimiser.
func (c Config) criticSettings() train.Settings {
	s := c.Settings
	s.LR *= c.CriticRate
	s.FinalLR = s.LR
	s.Warmup *= c.CriticSteps
	return s
}

// widths returns the layer widths of a network.
func (c Config) widths(in, out int) []int {
	return slices.Concat([]int{in}, slices.Repeat([]int{c.Hidden}, c.Layers), []int{out})
}

// group returns the number of rows that a shard does not split.
func (c Config) group() int { return c.Pack * c.PenaltyEvery }

// shardRows returns the number of rows that a core processes at a time: half a batch, for two cores,
// unless it is so small that sharing it out takes longer, or too large for a cache. It determines the
// order of summation of the gradients.
func (c Config) shardRows() int {
	rows := min(max(64, (c.Batch+1)/2), nn.ShardRows)
	return (rows + c.group() - 1) / c.group() * c.group()
}

// generatorShardRows is shardRows for the generator, which unrolls the critic on a whole batch.
func (c Config) generatorShardRows() int {
	if c.Unroll > 0 {
		return c.Batch
	}
	return c.shardRows()
}
