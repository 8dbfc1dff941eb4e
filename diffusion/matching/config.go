package matching

import (
	"fmt"

	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/nn"
	"genlab/train"
)

// NetworkConfig holds the hyper-parameters of a network of velocities.
type NetworkConfig struct {
	Hidden       int           `yaml:"hidden" default:"128" range:"[1, 16384]" help:"width of each hidden layer" group:"model" main:""`
	Layers       int           `yaml:"layers" default:"3" range:"[1, 1000]" help:"number of hidden layers" group:"model" main:""`
	Activation   nn.Activation `yaml:"activation" default:"silu" help:"activation function of the hidden layers" group:"model"`
	TimeFeatures int           `yaml:"time-features" default:"16" range:"[2, 4096] even" help:"number of sinusoidal features of a time" group:"model"`
	Features     int           `yaml:"features" default:"32" range:"[0, 4096]" help:"number of random Fourier features of the input; 0 disables them" group:"model"`
	FeatureScale float64       `yaml:"feature-scale" default:"3" range:"(0, inf)" help:"standard deviation of the Fourier frequencies, in radians per standard deviation of the data" group:"model"`
}

// Config holds the hyper-parameters of a model, of its training and of its sampling. The defaults
// ([DefaultConfig]) are tuned on 8gaussians for two CPU cores.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=10000 batch=512 lr=0.005 warmup=200 ema=0.998 clip=1"`
	NetworkConfig  `yaml:",inline" embed:""`
	Path           PathName     `yaml:"path" default:"straight" help:"Gaussian path between data and noise" group:"flow matching" main:""`
	Coupling       CouplingName `yaml:"coupling" default:"independent" help:"coupling of data and noise in a batch; ot is minibatch optimal transport" group:"flow matching" main:""`
	CouplingRows   int          `yaml:"coupling-rows" default:"128" range:"[2, 4096]" help:"rows that coupling ot assigns at a time; its cost grows with the square of it per row" group:"flow matching"`
	TimeMean       float64      `yaml:"time-mean" default:"-1" range:"[-6, 6]" help:"mean of log(t/(1-t)) in training" group:"flow matching"`
	TimeStd        float64      `yaml:"time-std" default:"1.7" range:"[0, 100]" help:"standard deviation of log(t/(1-t)) in training; 0 samples t uniformly" group:"flow matching"`
	Sampler        SolverName   `yaml:"sampler" default:"midpoint" help:"solver of the velocity" group:"sampling" main:""`
	NFE            int          `yaml:"nfe" default:"40" range:"[1, inf)" help:"network evaluations per sample; dopri5 chooses its own" group:"sampling" main:""`
	Tolerance      float64      `yaml:"tolerance" default:"1e-4" range:"(0, 1]" help:"tolerance of a step of sampler dopri5, and of the density" group:"sampling"`
}

// DefaultConfig returns the default hyper-parameters.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate returns an error that names the first setting that is out of its range or contradicts
// another one.
func (c Config) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	if _, _, err := c.solver(); err != nil {
		return err
	}
	return c.Settings.Validate()
}

// solver returns the solver and the times of a configuration, or an error if the number of evaluations is not one of
// whole steps.
func (c Config) solver() (Solver, []float64, error) {
	build, err := solvers.Lookup("sampler", c.Sampler)
	if err != nil {
		return nil, nil, err
	}
	s := build(c)
	switch each := s.Evaluations(); {
	case each == 0:
		return s, Uniform(1), nil
	case c.NFE%each != 0:
		return nil, nil, fmt.Errorf("nfe is %d, but sampler %s takes %d evaluations per step: use a multiple of %d", c.NFE, c.Sampler, each, each)
	default:
		return s, Uniform(c.NFE / each), nil
	}
}

// CouplingName selects how data and noise are paired in training.
type CouplingName string

// The couplings.
const (
	Independent CouplingName = "independent"
	OT          CouplingName = "ot"
)

// Choices lists the valid names.
func (CouplingName) Choices() []string { return []string{string(Independent), string(OT)} }

// UnmarshalText sets n to one of the Choices, or returns an error that lists them.
func (n *CouplingName) UnmarshalText(text []byte) error { return suggest.Set("coupling", n, text) }
