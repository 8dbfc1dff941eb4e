package diffusion

import (
	"fmt"

	"genlab/internal/config"
	"genlab/nn"
	"genlab/train"
)

// Config describes a model and its training. Its defaults, DefaultConfig's, are tuned on 8gaussians
// for two CPU cores.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=26000 batch=512 lr=0.002 warmup=200 ema=0.9995 clip=1"`
	Hidden         int           `yaml:"hidden" default:"128" range:"[1, 16384]" help:"width of each hidden layer" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"3" range:"[1, 1000]" help:"hidden layers" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"silu" help:"activation of the hidden layers" group:"model"`
	TimeFeatures   int           `yaml:"time-features" default:"16" range:"[2, 4096] even" help:"sinusoidal features of the noise level" group:"model"`
	Features       int           `yaml:"features" default:"32" range:"[0, 4096]" help:"number of random Fourier features of the input; 0 disables them" group:"model"`
	FeatureScale   float64       `yaml:"feature-scale" default:"3" range:"(0, inf)" help:"standard deviation of their frequencies, in radians per standard deviation of the data" group:"model"`
	Prediction     Prediction    `yaml:"prediction" default:"velocity" help:"quantity that the network predicts" group:"diffusion" main:""`
	Schedule       ScheduleName  `yaml:"schedule" default:"cosine" help:"noise schedule" group:"diffusion" main:""`
	TrainingLevels LevelsName    `yaml:"training-levels" default:"lognormal" help:"distribution of the noise levels in training" group:"diffusion"`
	NoiseMean      float64       `yaml:"noise-mean" default:"-1.5" range:"[-6, 5]" help:"mean of log(sigma/alpha) in training with lognormal levels" group:"diffusion"`
	NoiseStd       float64       `yaml:"noise-std" default:"1.6" range:"[0.01, 100]" help:"standard deviation of log(sigma/alpha) there" group:"diffusion"`
	Levels         int           `yaml:"levels" default:"1000" range:"[2, 1048576]" help:"noise levels T of the discrete model" group:"diffusion"`
	Conditional    bool          `yaml:"conditional" default:"false" help:"training on the labels of the data, for samples of a given label" group:"data" main:""`
	LabelDropout   float64       `yaml:"label-dropout" default:"0.15" range:"(0, 1)" help:"probability that training hides the label, for guidance" group:"data"`
	Sampler        SamplerName   `yaml:"sampler" default:"dpmsolver2m" help:"sampler" group:"sampling" main:""`
	NFE            int           `yaml:"nfe" default:"35" range:"[1, inf)" help:"network evaluations per sample; with guidance each takes two forward passes" group:"sampling" main:""`
	Eta            float64       `yaml:"eta" default:"0" range:"[0, 1]" help:"noise of DDIM sampling; 0 is deterministic, 1 as DDPM" group:"sampling"`
	Guidance       float64       `yaml:"guidance" default:"1" range:"[0, 100]" help:"guidance scale of samples with a label; 1 is none, 0 ignores the label" group:"sampling" main:""`
	Spacing        Spacing       `yaml:"spacing" default:"auto" help:"times of the sampling steps; auto is the sampler's own" group:"sampling"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate names the first field that is out of its range.
func (c Config) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	if c.Guidance != 1 && !c.Conditional {
		return fmt.Errorf("guidance is %v, but a model that is not conditional has none: leave it at 1", c.Guidance)
	}
	if _, _, _, err := c.sampler(); err != nil {
		return err
	}
	return c.Settings.Validate()
}
