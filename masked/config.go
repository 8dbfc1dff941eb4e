package masked

import (
	"cmp"
	"fmt"
	"math"

	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/nn"
	"genlab/train"
)

// Config describes a model and its training. The defaults, DefaultConfig's, are for the synthetic texts of
// package datasets; other texts have those of DefaultTextConfig.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=2500 batch=64 lr=0.01 warmup=100 ema=0.995 clip=1 optimizer=muon beta2=0.99"`
	Hidden         int           `yaml:"hidden" default:"64" range:"[1, 4096]" help:"width of the transformer, a multiple of heads" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"2" range:"[1, 1000]" help:"number of transformer blocks" group:"model" main:""`
	Heads          int           `yaml:"heads" default:"2" range:"[1, 4096]" help:"attention heads per transformer block, a divisor of hidden" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"gelu" help:"activation of the feed-forward layers" group:"model"`

	Context int     `yaml:"context" default:"32" range:"[2, 16384]" help:"length of the window in characters" group:"data" main:""`
	Block   int     `yaml:"block" default:"16" range:"[1, 16384]" help:"characters at the end of a window that are masked given those before; at most context" group:"data" main:""`
	Whole   float64 `yaml:"whole" default:"0.25" range:"[0, 1]" help:"share of the training windows that are masked as a whole, as the beginning of a text is" group:"objective"`

	Unmasking   int     `yaml:"unmasking" default:"0" range:"[0, 16384]" help:"sampling steps per block; 0 reveals one character at a time" group:"sampling" main:""`
	Order       Order   `yaml:"order" default:"random" help:"order in which sampling reveals characters" group:"sampling" main:""`
	Temperature float64 `yaml:"temperature" default:"1" range:"[0, inf)" help:"sampling temperature; 0 takes the most likely character" group:"sampling" main:""`
}

// DefaultConfig returns the defaults for synthetic texts.
func DefaultConfig() Config { return config.Default[Config]() }

// DefaultTextConfig returns the defaults for other texts: a larger network and window.
func DefaultTextConfig() Config {
	c := DefaultConfig()
	c.Steps, c.Batch, c.LR, c.EMA = 1000, 16, 1e-2, 0.99
	c.Hidden, c.Layers, c.Heads, c.Context, c.Block = 128, 4, 4, 64, 32
	return c
}

// Validate returns an error that names the first setting with an invalid value, its value and its range, or
// the setting it contradicts; nil if the configuration is valid.
func (c Config) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	switch {
	case c.Hidden%c.Heads != 0:
		return fmt.Errorf("heads is %d, but must be a divisor of hidden, which is %d", c.Heads, c.Hidden)
	case c.Block > c.Context:
		return fmt.Errorf("block is %d, but must be at most context, which is %d", c.Block, c.Context)
	case c.Unmasking > c.Block:
		return fmt.Errorf("unmasking is %d, but must be at most block, which is %d", c.Unmasking, c.Block)
	}
	return cmp.Or(c.Settings.Validate(), c.Decoding().Validate())
}

// Decoding returns the sampling settings of the configuration.
func (c Config) Decoding() Decoding { return Decoding{c.Unmasking, c.Order, c.Temperature} }

// Decoding says how sampling fills a block.
type Decoding struct {
	Steps       int     // network evaluations per block; 0 reveals one character at a time
	Order       Order   // "" for Random
	Temperature float64 // divides the logits; 1 samples from the model, 0 takes the most likely character
}

// Validate returns an error that names the first field out of its range.
func (d Decoding) Validate() error {
	switch {
	case d.Steps < 0:
		return fmt.Errorf("unmasking is %d, but must be at least 0", d.Steps)
	case !(d.Temperature >= 0) || math.IsInf(d.Temperature, 0):
		return fmt.Errorf("temperature is %v, but must be at least 0", d.Temperature)
	}
	return nil
}

func (d Decoding) String() string {
	steps := "one character at a time"
	if d.Steps > 0 {
		steps = fmt.Sprintf("%d steps per block", d.Steps)
	}
	return fmt.Sprintf("%s order, %s, temperature %g", cmp.Or(d.Order, Random), steps, d.Temperature)
}

// Order is the order in which sampling reveals characters.
type Order string

// The orders.
const (
	Random      Order = "random"        // uniform, that of the bound
	LeftToRight Order = "left-to-right" // as an autoregressive model does
	Confident   Order = "confident"     // first those whose sampled character has the highest probability [chang2022]
)

// Choices lists the names in the order shown to users.
func (Order) Choices() []string {
	return []string{string(Random), string(LeftToRight), string(Confident)}
}

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (o *Order) UnmarshalText(text []byte) error { return suggest.Set("order", o, text) }
