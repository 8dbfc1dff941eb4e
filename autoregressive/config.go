package autoregressive

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Config describes a model and its training. Points have the defaults of DefaultConfig, a text
// those of DefaultTextConfig, a source with a known rate those of DefaultSourceConfig.
type Config struct {
	Steps       int     `yaml:"steps" help:"training steps, at least 1"`
	Batch       int     `yaml:"batch" help:"points, or windows of text, in a step, at least 1"`
	LR          float64 `yaml:"lr" help:"peak learning rate of AdamW, above 0"`
	FinalLR     float64 `yaml:"final-lr" help:"rate at the end of its cosine, 0 to lr"`
	Warmup      int     `yaml:"warmup" help:"steps over which the learning rate rises, at least 0"`
	Beta2       float64 `yaml:"beta2" name:"beta2" help:"decay of AdamW's mean of squares, in (0, 1)"`
	WeightDecay float64 `yaml:"weight-decay" help:"decoupled decay of the matrices, at least 0"`
	Clip        float64 `yaml:"clip" help:"largest norm of the gradient, 0 for no limit"`
	EMA         float64 `yaml:"ema" help:"decay of the average of the weights that is the model, in [0, 1); 0 switches it off"`
	Hidden      int     `yaml:"hidden" help:"width of the transformer, a multiple of heads"`
	Layers      int     `yaml:"layers" help:"transformer blocks, at least 1"`
	Heads       int     `yaml:"heads" help:"attention heads of a block, at least 1"`
	Tied        bool    `yaml:"tied" help:"the output layer is the transposed embedding"`

	Context     int     `yaml:"context" help:"text: characters that the next one may depend on, at least 1"`
	Temperature float64 `yaml:"temperature" help:"text: sampling divides the logits by it, at least 0; 0 takes the likeliest"`
	TopK        int     `yaml:"top-k" help:"text: sampling among this many of the likeliest characters, 0 for all"`

	Base        int  `yaml:"base" help:"points: number of digits there are, 2 to 36"`
	Digits      int  `yaml:"digits" help:"points: digits of a coordinate, at least 1; base to the power of digits bins"`
	Interleaved bool `yaml:"interleaved" help:"points: write the digits of x and y in turn, the first of both first"`
	Box         Box  `yaml:"box" help:"points: what the digits divide, xmin,xmax,ymin,ymax, or auto to fit it to the data"`
}

// DefaultConfig returns the defaults for points, tuned for two CPU cores.
func DefaultConfig() Config {
	return Config{
		Steps: 4000, Batch: 512, LR: 2e-3, FinalLR: 0, Warmup: 100, Beta2: 0.99, WeightDecay: 0.01, Clip: 1, EMA: 0.995,
		Hidden: 64, Layers: 2, Heads: 2,
		Context: 64, Temperature: 1, Base: 32, Digits: 2, Interleaved: true,
	}
}

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

// maxCells bounds the cells of the plane: a coordinate in float64 should still resolve them.
const maxCells = 1 << 50

// Validate names the first field that is out of its range.
func (c Config) Validate() error {
	for _, r := range []struct {
		key   string
		value float64
		ok    bool
		want  string
	}{
		{"steps", float64(c.Steps), c.Steps >= 1, "at least 1"},
		{"batch", float64(c.Batch), c.Batch >= 1 && c.Batch <= 1<<16, "1 to 65536"},
		{"lr", c.LR, c.LR > 0 && !math.IsInf(c.LR, 0), "a number above 0"},
		{"final-lr", c.FinalLR, c.FinalLR >= 0 && c.FinalLR <= c.LR, "0 to lr"},
		{"warmup", float64(c.Warmup), c.Warmup >= 0, "at least 0"},
		{"beta2", c.Beta2, c.Beta2 > 0 && c.Beta2 < 1, "in (0, 1)"},
		{"weight-decay", c.WeightDecay, c.WeightDecay >= 0 && !math.IsInf(c.WeightDecay, 0), "at least 0"},
		{"clip", c.Clip, c.Clip >= 0, "at least 0"},
		{"ema", c.EMA, c.EMA >= 0 && c.EMA < 1, "in [0, 1)"},
		{"hidden", float64(c.Hidden), c.Hidden >= 1 && c.Hidden <= 1<<12, "1 to 4096"},
		{"layers", float64(c.Layers), c.Layers >= 1 && c.Layers <= 1000, "1 to 1000"},
		{"heads", float64(c.Heads), c.Heads >= 1 && c.Hidden%c.Heads == 0, fmt.Sprintf("a divisor of hidden, which is %d", c.Hidden)},
		{"context", float64(c.Context), c.Context >= 1 && c.Context <= 1<<14, "1 to 16384"},
		{"base", float64(c.Base), c.Base >= 2 && c.Base <= len(digitRunes), "2 to 36"},
		{"digits", float64(c.Digits), c.Digits >= 1 && c.Digits <= 25 && math.Pow(float64(c.Base), float64(2*c.Digits)) <= maxCells, "at least 1, with base^(2 digits) at most 2^50"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	return cmp.Or(c.Sampling().Validate(), c.Box.validate())
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
