package flow

import (
	"cmp"

	"genlab/internal/config"
	"genlab/nn"
	"genlab/train"
)

// Config describes a model and its training. The defaults, see [DefaultConfig], are tuned on all
// built-in distributions together, for two CPU cores.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=11000 batch=512 lr=0.003 warmup=200 clip=5"`
	Hidden         int           `yaml:"hidden" default:"48" range:"[1, 16384]" help:"width of each hidden layer of the conditioners" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"6" range:"[1, 1000]" help:"layers of the flow" group:"model" main:""`
	Depth          int           `yaml:"depth" default:"2" range:"[1, 100]" help:"hidden layers of each conditioner" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"silu" help:"activation of the hidden layers" group:"model"`
	Structure      Structure     `yaml:"structure" default:"autoregressive" help:"dependence of each coordinate's transform on the others" group:"model" main:""`
	Transform      Transform     `yaml:"transform" default:"spline" help:"transform of each coordinate" group:"model" main:""`
	Bins           int           `yaml:"bins" default:"24" range:"[2, 500]" help:"bins of a spline" group:"model" main:""`
	Bound          float64       `yaml:"bound" default:"4" range:"(0, inf)" help:"tail bound in standard deviations, beyond which a spline is the identity" group:"model"`
	Mixing         bool          `yaml:"mixing" default:"true" help:"learned linear map before each layer but the first" group:"model"`

	Conditional bool `yaml:"conditional" default:"false" help:"class-conditional training on the labels of the data" group:"data" main:""`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate returns an error that names the first setting with an invalid value, its value and its
// range; nil if the configuration is valid.
func (c Config) Validate() error { return cmp.Or(config.Check(&c), c.Settings.Validate()) }
