package autoregressive

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"genlab/internal/config"
	"genlab/nn"
	"genlab/train"
)

// Config describes a model and its training. The defaults of points, DefaultConfig's, are tuned for
// two CPU cores; a text has those of DefaultTextConfig, a source with a known rate those of
// DefaultSourceConfig.
type Config struct {
	train.Settings `yaml:",inline" embed:"" default:"steps=4000 batch=512 lr=0.002 warmup=100 ema=0.995 clip=1 optimizer=adamw weight-decay=0.01 beta2=0.99"`
	Hidden         int           `yaml:"hidden" default:"64" range:"[1, 4096]" help:"width of the transformer, a multiple of heads" group:"model" main:""`
	Layers         int           `yaml:"layers" default:"2" range:"[1, 1000]" help:"transformer blocks" group:"model" main:""`
	Heads          int           `yaml:"heads" default:"2" range:"[1, 4096]" help:"attention heads of a block, a divisor of hidden" group:"model" main:""`
	Activation     nn.Activation `yaml:"activation" default:"gelu" help:"activation of the feed-forward layers" group:"model"`
	Tied           bool          `yaml:"tied" default:"false" help:"output layer that is the transposed embedding" group:"model"`

	Context     int     `yaml:"context" default:"64" range:"[1, 16384]" help:"text: characters that the next one may depend on" group:"data" main:""`
	Temperature float64 `yaml:"temperature" default:"1" range:"[0, inf)" help:"text: divisor of the logits in sampling; 0 takes the most likely character" group:"sampling" main:""`
	TopK        int     `yaml:"top-k" default:"0" range:"[0, inf)" help:"text: number of most likely characters to sample among; 0 for all" group:"sampling"`

	Base        int  `yaml:"base" default:"32" range:"[2, 36]" help:"points: base of the digits" group:"data" main:""`
	Digits      int  `yaml:"digits" default:"2" range:"[1, 25]" help:"points: digits of a coordinate; base to the power of digits bins" group:"data" main:""`
	Interleaved bool `yaml:"interleaved" default:"true" help:"points: digits of x and y in turn, most significant first" group:"data"`
	Box         Box  `yaml:"box" default:"auto" help:"points: rectangle that the digits divide, xmin,xmax,ymin,ymax, or auto to fit it to the data" group:"data"`
}

// DefaultConfig returns the defaults for points.
func DefaultConfig() Config { return config.Default[Config]() }

// DefaultTextConfig returns the defaults for text: those that [karpathy2022] publishes for
// characters on a CPU.
func DefaultTextConfig() Config {
	c := DefaultConfig()
	c.Steps, c.Batch, c.LR, c.FinalLR, c.Warmup, c.Beta2, c.WeightDecay, c.EMA = 2000, 12, 1e-3, 1e-4, 100, 0.99, 0.1, 0
	c.Hidden, c.Layers, c.Heads, c.Context = 128, 4, 4, 64
	return c
}

// DefaultSourceConfig returns the defaults for the sources of datasets, which repeat themselves
// within a few words: a smaller network with a shorter context sees four times as many
// characters in the time that DefaultTextConfig's takes, and its average ends near the rate.
func DefaultSourceConfig() Config {
	c := DefaultConfig()
	c.Steps, c.Batch, c.LR, c.EMA, c.Context = 3000, 64, 3e-3, 0.99, 32
	return c
}

// maxBatch bounds a batch of sequences, maxCells the cells of the plane: a coordinate in float64
// should still resolve them.
const (
	maxBatch = 1 << 16
	maxCells = 1 << 50
)

// Validate names the first field that is out of its range.
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

// Sampling is the way to sample that the configuration names.
func (c Config) Sampling() Sampling { return Sampling{c.Temperature, c.TopK} }

// Box is the rectangle that the digits of points divide. The zero Box stands for one that is
// fitted to the data.
type Box struct{ XMin, XMax, YMin, YMax float64 }

func (b Box) validate() error {
	if b == (Box{}) {
		return nil
	}
	for _, v := range []float64{b.XMin, b.XMax, b.YMin, b.YMax, b.XMax - b.XMin, b.YMax - b.YMin} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("box is %v, but must be finite", b)
		}
	}
	if !(b.XMin < b.XMax && b.YMin < b.YMax) {
		return fmt.Errorf("box is %v, but must have xmin < xmax and ymin < ymax", b)
	}
	return nil
}

// Area of the box.
func (b Box) Area() float64 { return (b.XMax - b.XMin) * (b.YMax - b.YMin) }

func (b Box) String() string {
	return fmt.Sprintf("[%g, %g] × [%g, %g]", b.XMin, b.XMax, b.YMin, b.YMax)
}

// MarshalText returns xmin,xmax,ymin,ymax, or auto.
func (b Box) MarshalText() ([]byte, error) {
	if b == (Box{}) {
		return []byte("auto"), nil
	}
	var text []byte
	for i, v := range []float64{b.XMin, b.XMax, b.YMin, b.YMax} {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, v, 'g', -1, 64)
	}
	return text, nil
}

// UnmarshalText accepts what MarshalText returns.
func (b *Box) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*b = Box{}
		return nil
	}
	parts := strings.Split(string(text), ",")
	var v [4]float64
	for i, part := range parts {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || len(parts) != len(v) {
			return fmt.Errorf("a box is xmin,xmax,ymin,ymax or auto, not %q", text)
		}
		v[i] = x
	}
	box := Box{v[0], v[1], v[2], v[3]}
	if box == (Box{}) {
		return fmt.Errorf("a box of no area: %q", text)
	}
	if err := box.validate(); err != nil {
		return err
	}
	*b = box
	return nil
}
