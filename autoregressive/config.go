package autoregressive

import (
	"cmp"
	"fmt"
	"math"

	"genlab/internal/config"
	"genlab/nn"
	"genlab/train"
)

// Config describes a model and its training. The defaults of points, DefaultConfig's, are tuned for
// two CPU cores; a text has those of DefaultTextConfig, a source with a known rate those of
// DefaultSyntheticConfig.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=3000 batch=512 lr=0.01 warmup=100 ema=0.995 clip=1 optimizer=muon weight-decay=0.01 beta2=0.99"`
	Hidden         int           `yaml:"hidden" default:"64" range:"[1, 4096]" help:"width of the transformer, a multiple of heads" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"2" range:"[1, 1000]" help:"number of transformer blocks" group:"model" main:""`
	Heads          int           `yaml:"heads" default:"2" range:"[1, 4096]" help:"attention heads per block, a divisor of hidden" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"gelu" help:"activation of the feed-forward layers" group:"model"`
	Tied           bool          `yaml:"tied" default:"false" help:"tie the output layer to the token embedding" group:"model"`

	Context     int     `yaml:"context" default:"64" range:"[1, 16384]" help:"text: context length in characters" group:"data" main:""`
	Temperature float64 `yaml:"temperature" default:"1" range:"[0, inf)" help:"text: sampling temperature; 0 is greedy decoding" group:"sampling" main:""`
	TopK        int     `yaml:"top-k" default:"0" range:"[0, inf)" help:"text: sample among the k most likely characters; 0 disables it" group:"sampling"`

	Base        int  `yaml:"base" default:"32" range:"[2, 36]" help:"points: base of the digits" group:"data" main:""`
	Digits      int  `yaml:"digits" default:"2" range:"[1, 25]" help:"points: digits per coordinate; base^digits bins per axis" group:"data" main:""`
	Interleaved bool `yaml:"interleaved" default:"true" help:"points: alternate the digits of x and y, most significant first" group:"data"`
	Box         Box  `yaml:"box" default:"auto" help:"points: support of the density, xmin,xmax,ymin,ymax, or auto to fit it to the data" group:"data"`
}

// DefaultConfig returns the defaults for points.
func DefaultConfig() Config { return config.Default[Config]() }

// DefaultTextConfig returns the defaults for text: those that [karpathy2022] publishes for
// characters on a CPU.
func DefaultTextConfig() Config {
	c := DefaultConfig()
	c.Optimizer = nn.UseAdamW
	c.Steps, c.Batch, c.LR, c.FinalLR, c.Warmup, c.Beta2, c.WeightDecay, c.EMA = 2000, 12, 1e-3, 1e-4, 100, 0.99, 0.1, 0
	c.Hidden, c.Layers, c.Heads, c.Context = 128, 4, 4, 64
	return c
}

// DefaultSyntheticConfig returns the defaults for the synthetic texts of package datasets, whose
// dependencies span a few words: a smaller network with a shorter context trains on four times as
// many characters in the same time as [DefaultTextConfig], and comes close to the entropy rate.
func DefaultSyntheticConfig() Config {
	c := DefaultConfig()
	c.Optimizer = nn.UseAdamW
	c.Steps, c.Batch, c.LR, c.EMA, c.Context = 3000, 64, 3e-3, 0.99, 32
	return c
}

// maxBatch bounds the sequences of a batch, maxCells the cells of the grid: float64 coordinates
// must resolve them.
const (
	maxBatch = 1 << 16
	maxCells = 1 << 50
)

// Validate returns an error that names the first field out of its range.
func (c Config) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	switch {
	case c.Batch > maxBatch:
		return fmt.Errorf("batch is %d, but must be 1 to %d", c.Batch, maxBatch)
	case c.Hidden%c.Heads != 0:
		return fmt.Errorf("heads is %d, but must be a divisor of hidden, which is %d", c.Heads, c.Hidden)
	case math.Pow(float64(c.Base), float64(2*c.Digits)) > maxCells:
		return fmt.Errorf("digits is %d, but base^(2 digits) must be at most 2^50", c.Digits)
	}
	return cmp.Or(c.Settings.Validate(), c.Sampling().Validate(), c.Box.validate())
}

// Sampling returns the decoding settings of the configuration.
func (c Config) Sampling() Sampling { return Sampling{c.Temperature, c.TopK} }
