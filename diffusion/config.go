package diffusion

import (
	"fmt"

	"genlab/internal/config"
	"genlab/nn"
	"genlab/train"
)

// Config holds the hyper-parameters of a model, of its training and of its sampling. The defaults
// ([DefaultConfig]) are tuned on 8gaussians for two CPU cores.
type Config struct {
	train.Settings    `yaml:",inline" embed:"" default:"steps=8000 batch=512 lr=0.005 warmup=200 ema=0.998 clip=1"`
	Hidden            int                   `yaml:"hidden" default:"128" range:"[1, 16384]" help:"width of each hidden layer" group:"model" main:""`
	Layers            int                   `yaml:"layers" default:"3" range:"[1, 1000]" help:"number of hidden layers" group:"model" main:""`
	Activation        nn.Activation         `yaml:"activation" default:"silu" help:"activation function of the hidden layers" group:"model"`
	TimeFeatures      int                   `yaml:"time-features" default:"16" range:"[2, 4096] even" help:"number of sinusoidal features of the noise level" group:"model"`
	Features          int                   `yaml:"features" default:"32" range:"[0, 4096]" help:"number of random Fourier features of the input; 0 disables them" group:"model"`
	FeatureScale      float64               `yaml:"feature-scale" default:"3" range:"(0, inf)" help:"standard deviation of the Fourier frequencies, in radians per standard deviation of the data" group:"model"`
	Prediction        Parameterization      `yaml:"prediction" default:"velocity" help:"quantity that the network predicts" group:"diffusion" main:""`
	Schedule          ScheduleName          `yaml:"schedule" default:"cosine" help:"noise schedule" group:"diffusion" main:""`
	NoiseDistribution NoiseDistributionName `yaml:"noise-distribution" aliases:"training-levels" default:"lognormal" help:"distribution of the noise level in training" group:"diffusion"`
	NoiseMean         float64               `yaml:"noise-mean" default:"-1.5" range:"[-6, 5]" help:"mean of log(sigma/alpha) under the lognormal noise distribution" group:"diffusion"`
	NoiseStd          float64               `yaml:"noise-std" default:"1.6" range:"[0.01, 100]" help:"standard deviation of log(sigma/alpha) under the lognormal noise distribution" group:"diffusion"`
	PosteriorTarget   bool                  `yaml:"posterior-target" default:"true" absent:"false" help:"regression on the mean of x_0 given x_t and the batch instead of the point itself: same minimum, less variance" group:"diffusion"`
	Timesteps         int                   `yaml:"timesteps" aliases:"levels" default:"1000" range:"[2, 1048576]" help:"number of timesteps T of the discrete model: of the variational bound, discrete training and trailing spacing" group:"diffusion"`
	Conditional       bool                  `yaml:"conditional" default:"false" help:"conditioning on the labels of the data, for sampling and guidance by label" group:"data" main:""`
	LabelDropout      float64               `yaml:"label-dropout" default:"0.15" range:"(0, 1)" help:"probability of dropping the label of a training point, for classifier-free guidance" group:"data"`
	Sampler           SamplerName           `yaml:"sampler" default:"dpmsolver2m" help:"sampling algorithm; dpmsolver2m-midpoint is the published form, unipc3 suits few evaluations" group:"sampling" main:""`
	NFE               int                   `yaml:"nfe" default:"35" range:"[1, inf)" help:"network evaluations per sample; guidance doubles them" group:"sampling" main:""`
	Eta               float64               `yaml:"eta" default:"0" range:"[0, 1]" help:"stochasticity of DDIM; 0 is deterministic, 1 matches DDPM" group:"sampling"`
	Guidance          float64               `yaml:"guidance" default:"1" range:"[0, 100]" help:"classifier-free guidance scale of samples with a label; 1 disables guidance, 0 ignores the label" group:"sampling" main:""`
	Spacing           TimestepSchedule      `yaml:"spacing" default:"auto" help:"spacing of the sampling timesteps; auto selects the sampler's default" group:"sampling"`
}

// DefaultConfig returns the default hyper-parameters.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate returns an error that names the first setting that is out of its range or contradicts
// another one.
func (c Config) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	if c.Guidance != 1 && !c.Conditional {
		return fmt.Errorf("guidance is %v, but only a conditional model can be guided: set conditional, or leave guidance at 1", c.Guidance)
	}
	if _, _, _, err := c.sampler(); err != nil {
		return err
	}
	return c.Settings.Validate()
}

// must returns a value that a validated configuration selects.
func must[V any](v V, err error) V {
	if err != nil {
		panic(fmt.Sprintf("diffusion: %v", err))
	}
	return v
}
