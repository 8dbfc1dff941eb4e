package kde

import (
	"genlab/internal/config"
	"genlab/train"
)

// Config describes an estimate and its fit. Its defaults are DefaultConfig's.
type Config struct {
	Steps   int     `yaml:"steps" default:"100" range:"[1, inf)" help:"number of training batches" group:"optimiser" main:""`
	Batch   int     `yaml:"batch" default:"256" range:"[1, 1048576]" help:"batch size" group:"optimiser" main:""`
	Centres int     `yaml:"centres" default:"2000" range:"[1, 1000000]" help:"number of kernel centres" group:"model" main:""`
	Memory  float64 `yaml:"memory" default:"0.5" range:"[0, 1)" help:"weight of the previous squared bandwidth in each update" group:"optimiser" main:""`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return config.Default[Config]() }

// Validate names the first field that is out of its range.
func (c Config) Validate() error { return config.Check(&c) }

// Options are those of a whole training.
func (c Config) Options() train.Options { return train.Options{Batch: c.Batch, Steps: c.Steps} }
