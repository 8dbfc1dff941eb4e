package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/standardize"
)

// CaptionedConfig describes a language model and the diffusion model that it speaks to. Its
// defaults are DefaultCaptioned's.
type CaptionedConfig struct {
	Points       diffusion.Config `yaml:",inline" embed:""`
	TextSteps    int              `yaml:"text-steps" help:"steps of the language model, at least 1"`
	TextHidden   int              `yaml:"text-hidden" help:"its width, even"`
	TextLayers   int              `yaml:"text-layers" help:"its blocks, at least 1"`
	Pooling      Pooling          `yaml:"pooling" help:"what it says of a prompt: the sum of its states of each word read alone (words), the mean of those of the whole prompt (mean), or the last of them (last)"`
	ContextWidth int              `yaml:"context-width" help:"numbers of what it says: the directions in which the prompts differ most, at least 1"`
	ContextNoise float64          `yaml:"context-noise" help:"standard deviation of noise on that in training, in those of the prompts, at least 0"`
	Shapes       int              `yaml:"shapes" help:"that the points may have in the frame of their prompt, at least 1; 0 shows the network what is said, without a frame"`
}

// DefaultCaptioned returns the defaults.
func DefaultCaptioned() CaptionedConfig {
	c := CaptionedConfig{Points: diffusion.DefaultConfig(), TextSteps: 300, TextHidden: 32, TextLayers: 2, Pooling: Words, ContextWidth: 6, Shapes: 4}
	c.Points.Conditional, c.Points.Steps, c.Points.Batch, c.Points.EMA = true, 12000, 256, 0.999
	c.Points.NFE = 20
	return c
}

// Validate names the first field that is out of its range.
func (c CaptionedConfig) Validate() error {
	if err := c.Points.Validate(); err != nil {
		return err
	}
	if !c.Points.Conditional {
		return fmt.Errorf("conditional is false, but a captioned model reads prompts: leave it at true")
	}
	if err := new(Pooling).UnmarshalText([]byte(c.Pooling)); err != nil {
		return err
	}
	for _, r := range []struct {
		key   string
		value float64
		ok    bool
		want  string
	}{
		{"text-steps", float64(c.TextSteps), c.TextSteps >= 1, "at least 1"},
		{"context-width", float64(c.ContextWidth), c.ContextWidth >= 1 && c.ContextWidth <= c.TextHidden, "1 to text-hidden"},
		{"context-noise", c.ContextNoise, c.ContextNoise >= 0 && !math.IsInf(c.ContextNoise, 0), "at least 0"},
		{"shapes", float64(c.Shapes), c.Shapes >= 0 && c.Shapes <= 1000, "0 to 1000"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	if err := c.text().Validate(); err != nil {
		return fmt.Errorf("text-%w", err)
	}
	return nil
}

// Steps is the number of steps of the whole training.
func (c CaptionedConfig) Steps() int { return c.TextSteps + c.Points.Steps }

// longestPrompt is the number of characters that a prompt may have.
const longestPrompt = 32

// text is the language model's configuration.
func (c CaptionedConfig) text() autoregressive.Config {
	a := autoregressive.DefaultSourceConfig()
	a.Steps, a.Hidden, a.Layers, a.Context, a.Batch = c.TextSteps, c.TextHidden, c.TextLayers, longestPrompt, min(16, c.Points.Batch)
	a.Warmup = min(a.Warmup, c.TextSteps/4)
	return a
}

func (c CaptionedConfig) parts() diffusion.Parts {
	p := diffusion.Parts{Context: diffusion.Vector(c.ContextWidth)}
	if c.Shapes > 0 {
		p.Network = diffusion.Framed(c.Shapes)
	}
	return p
}

// Captioned trains a language model on prompts, and then a diffusion model on points, each in the
// context of what the language model says of its prompt. A batch is points and their labels, the
// numbers of prompts.
type Captioned struct {
	*Sequence
	cfg      CaptionedConfig
	prompts  []string
	language *autoregressive.Trainer
	ear      *ear       // of the finished language model; nil before
	said     *mat.Dense // by it of each prompt
}

// NewCaptioned returns a trainer that has taken no step, for points standardised by scale. prompts
// are those of the labels; one that is empty has no points, and is not seen as a text either.
func NewCaptioned(cfg CaptionedConfig, prompts []string, scale standardize.Map, rng *rand.Rand) (*Captioned, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	for _, p := range prompts {
		if p != normal(p) || len(p) > longestPrompt {
			return nil, fmt.Errorf("hybrid: a prompt to learn from has at most %d bytes, in lower case, with single spaces: not %q", longestPrompt, p)
		}
	}
	c := &Captioned{cfg: cfg, prompts: prompts}
	var err error
	c.Sequence, err = newSequence(c.phases(scale), rng)
	return c, err
}

// ResumeCaptioned returns a trainer that continues from a saved State after the given number of steps.
func ResumeCaptioned(cfg CaptionedConfig, prompts []string, saved []checkpoint.Tensor, steps int) (*Captioned, error) {
	c := &Captioned{cfg: cfg, prompts: prompts}
	var err error
	if c.Sequence, err = resumeSequence(c.phases(standardize.Map{}), saved, steps); err != nil {
		return nil, err
	}
	if heard := checkpoint.Out("ear", saved); len(heard) > 0 {
		return c, c.hear(heard)
	}
	return c, nil
}

// promptEnd follows a prompt, again and again.
const promptEnd = "\n"

// phases are the language model's training and the diffusion model's.
func (c *Captioned) phases(scale standardize.Map) []phase {
	return []phase{{
		name: "language", steps: c.cfg.TextSteps,
		begin: func(_ *mat.Dense, rng *rand.Rand) (learner, error) {
			a, err := autoregressive.AlphabetOf(strings.Join(c.prompts, promptEnd) + promptEnd)
			if err != nil {
				return nil, err
			}
			m, err := autoregressive.NewText(c.cfg.text(), a, rng)
			if err != nil {
				return nil, err
			}
			c.language, err = autoregressive.NewTrainer(m)
			return c.language, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (_ learner, err error) {
			c.language, err = autoregressive.Resume(c.cfg.text(), saved, steps)
			return c.language, err
		},
		batch: c.written,
	}, {
		name: "points", steps: c.cfg.Points.Steps, early: true,
		begin: func(_ *mat.Dense, rng *rand.Rand) (learner, error) {
			m, err := diffusion.NewWith(c.cfg.Points, c.cfg.parts(), scale, rng)
			if err != nil {
				return nil, err
			}
			return diffusion.NewTrainer(m)
		},
		resume: func(saved []checkpoint.Tensor, steps int) (learner, error) {
			return diffusion.ResumeWith(c.cfg.Points, c.cfg.parts(), saved, steps)
		},
		batch: c.spoken,
	}}
}

// text is the language model.
func (c *Captioned) text() *autoregressive.Text { return c.language.Average().(*autoregressive.Text) }

// hear makes the ear, of a saved State if there is one, and writes down what it hears.
func (c *Captioned) hear(saved []checkpoint.Tensor) (err error) {
	if c.ear, err = newEar(c.text(), c.cfg, c.prompts, saved); err != nil {
		return err
	}
	c.said = mat.NewDense(len(c.prompts), c.cfg.ContextWidth, nil)
	for i, p := range c.prompts {
		if p == "" {
			continue
		}
		said, err := c.ear.represent(p)
		if err != nil {
			return err
		}
		c.said.SetRow(i, said.RawRowView(0))
	}
	return nil
}

// State is all that training needs to go on.
func (c *Captioned) State() []checkpoint.Tensor {
	all := c.Sequence.State()
	if c.ear != nil {
		all = append(all, checkpoint.In("ear", c.ear.state())...)
	}
	return all
}

// LoadCaptioned returns the averaged models out of a trainer's saved State.
func LoadCaptioned(cfg CaptionedConfig, prompts []string, saved []checkpoint.Tensor) (*CaptionedModel, error) {
	text, err := autoregressive.Load(cfg.text(), checkpoint.Out("language", saved))
	if err != nil {
		return nil, err
	}
	m := new(CaptionedModel)
	if m.ear, err = newEar(text.(*autoregressive.Text), cfg, prompts, checkpoint.Out("ear", saved)); err != nil {
		return nil, err
	}
	m.Points, err = diffusion.LoadWith(cfg.Points, cfg.parts(), checkpoint.Out("points", saved))
	return m, err
}
