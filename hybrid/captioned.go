package hybrid

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/internal/config"
	"genlab/standardize"
)

// CaptionedConfig describes a language model and the diffusion model that is conditioned on its reading
// of a prompt. Its defaults are DefaultCaptioned's.
type CaptionedConfig struct {
	Points       diffusion.Config `yaml:",inline" embed:"" default:"conditional=true steps=12000 batch=256 ema=0.999 nfe=20"`
	TextSteps    int              `yaml:"text-steps" default:"300" range:"[1, inf)" help:"training steps of the language model" group:"prompt" main:""`
	TextHidden   int              `yaml:"text-hidden" default:"32" range:"[1, 4096] even" help:"width of the language model" group:"prompt"`
	TextLayers   int              `yaml:"text-layers" default:"2" range:"[1, 1000]" help:"transformer blocks of the language model" group:"prompt"`
	Pooling      Pooling          `yaml:"pooling" default:"words" help:"vector of a prompt: the sum of the states of each word alone, their mean over the prompt, or the last state" group:"prompt" main:""`
	ContextWidth int              `yaml:"context-width" default:"6" range:"[1, 4096]" help:"principal components of that vector that the diffusion model takes, at most text-hidden" group:"prompt" main:""`
	ContextNoise float64          `yaml:"context-noise" default:"0" range:"[0, inf)" help:"standard deviation of the noise on them in training, in those of the prompts" group:"prompt"`
	Shapes       int              `yaml:"shapes" default:"4" range:"[0, 1000]" help:"shapes of the points in the frame of their prompt; 0 takes the components without a frame" group:"prompt"`
}

// DefaultCaptioned returns the defaults.
func DefaultCaptioned() CaptionedConfig { return config.Default[CaptionedConfig]() }

// Validate names the first field that is out of its range.
func (c CaptionedConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Points.Validate()); err != nil {
		return err
	}
	if !c.Points.Conditional {
		return fmt.Errorf("conditional is false, but a captioned model reads prompts: leave it at true")
	}
	if c.ContextWidth > c.TextHidden {
		return fmt.Errorf("context-width is %v, but must be 1 to text-hidden", c.ContextWidth)
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
	a := autoregressive.DefaultSyntheticConfig()
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
