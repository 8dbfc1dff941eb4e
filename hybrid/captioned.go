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

// CaptionedConfig holds the hyper-parameters of a language model and of a diffusion model that is conditioned on
// its embeddings of prompts. The defaults are [DefaultCaptioned]'s.
type CaptionedConfig struct {
	Points       diffusion.Config `yaml:",inline" embed:"" default:"conditional=true steps=12000 batch=256 lr=0.002 warmup=200 ema=0.999 posterior-target=false nfe=20" main:"steps batch hidden layers sampler nfe guidance"`
	TextSteps    int              `yaml:"text-steps" default:"300" range:"[1, inf)" help:"training steps of the language model" group:"prompt" main:""`
	TextHidden   int              `yaml:"text-hidden" default:"32" range:"[1, 4096] even" help:"width of the language model" group:"prompt"`
	TextLayers   int              `yaml:"text-layers" default:"2" range:"[1, 1000]" help:"number of transformer blocks of the language model" group:"prompt"`
	Pooling      Pooling          `yaml:"pooling" default:"words" help:"pooling of the hidden states of a prompt: the sum over words read separately, the mean over characters, or the last state" group:"prompt" main:""`
	ContextWidth int              `yaml:"context-width" default:"6" range:"[1, 4096]" help:"dimension of the text embedding, in principal components of the pooled states; at most text-hidden" group:"prompt" main:""`
	ContextNoise float64          `yaml:"context-noise" default:"0" range:"[0, inf)" help:"standard deviation of the noise on text embeddings in training, in standard deviations over the prompts" group:"prompt"`
	Shapes       int              `yaml:"shapes" default:"4" range:"[0, 1000]" help:"number of shapes of the spatial transformer; 0 conditions a perceptron on the embedding" group:"prompt"`
}

// DefaultCaptioned returns the default hyper-parameters.
func DefaultCaptioned() CaptionedConfig { return config.Default[CaptionedConfig]() }

// Validate returns an error that names the first invalid setting.
func (c CaptionedConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Points.Validate()); err != nil {
		return err
	}
	if !c.Points.Conditional {
		return fmt.Errorf("conditional is false, but a captioned model is conditioned on prompts: leave it at true")
	}
	if c.ContextWidth > c.TextHidden {
		return fmt.Errorf("context-width is %v, but must be at most text-hidden, which is %v", c.ContextWidth, c.TextHidden)
	}
	if err := c.text().Validate(); err != nil {
		return fmt.Errorf("text-%w", err)
	}
	return nil
}

// Steps returns the number of training steps of all stages.
func (c CaptionedConfig) Steps() int { return c.TextSteps + c.Points.Steps }

// maxPrompt is the maximal length of a prompt, in characters.
const maxPrompt = 32

// text returns the configuration of the language model.
func (c CaptionedConfig) text() autoregressive.Config {
	a := autoregressive.DefaultSyntheticConfig()
	a.Steps, a.Hidden, a.Layers, a.Context, a.Batch = c.TextSteps, c.TextHidden, c.TextLayers, maxPrompt, min(16, c.Points.Batch)
	a.Warmup, a.Precision = min(a.Warmup, c.TextSteps/4), c.Points.Precision
	return a
}

func (c CaptionedConfig) components() diffusion.Components {
	p := diffusion.Components{Context: diffusion.Vector(c.ContextWidth)}
	if c.Shapes > 0 {
		p.Network = diffusion.SpatialTransformer(c.Shapes)
	}
	return p
}

// Captioned trains a language model on prompts, and then a diffusion model on points conditioned on the
// embeddings of their prompts. A batch has the columns of a point and its label, the index of its prompt.
type Captioned struct {
	*Stages
	cfg        CaptionedConfig
	prompts    []string
	language   *autoregressive.Trainer
	points     *diffusion.Trainer
	encoder    *textEncoder // nil before the language model is trained
	embeddings *mat.Dense   // of the prompts
}

// NewCaptioned returns a trainer that has taken no step, for points that scale standardises. prompts are those
// of the labels; an empty one is held out: it has no points, and the language model does not see it. It
// returns an error if cfg is invalid or a prompt is not normalised.
func NewCaptioned(cfg CaptionedConfig, prompts []string, scale standardize.Map, rng *rand.Rand) (c *Captioned, err error) {
	for _, p := range prompts {
		if p != normalizePrompt(p) || len(p) > maxPrompt {
			return nil, fmt.Errorf("hybrid: training prompt %q: want at most %d bytes, in lower case, with single spaces", p, maxPrompt)
		}
	}
	c = &Captioned{cfg: cfg, prompts: prompts}
	c.Stages, err = newStages(cfg, c.plan(scale), rng)
	return c, err
}

// ResumeCaptioned returns a trainer that continues from a saved State after a number of steps. It returns an
// error if the saved tensors do not fit cfg.
func ResumeCaptioned(cfg CaptionedConfig, prompts []string, saved []checkpoint.Tensor, steps int) (c *Captioned, err error) {
	c = &Captioned{cfg: cfg, prompts: prompts}
	if c.Stages, err = resumeStages(c.plan(standardize.Map{}), saved, steps); err != nil {
		return nil, err
	}
	if encoder := checkpoint.Out("ear", saved); len(encoder) > 0 {
		return c, c.encodePrompts(encoder)
	}
	return c, nil
}

// promptEnd pads a prompt to the length of a training text.
const promptEnd = "\n"

// plan returns the stages of the language model and of the diffusion model.
func (c *Captioned) plan(scale standardize.Map) []stage {
	language := newStage("language", c.cfg.TextSteps, &c.language,
		func(_ *mat.Dense, rng *rand.Rand) (*autoregressive.Trainer, error) {
			a, err := autoregressive.AlphabetOf(strings.Join(c.prompts, promptEnd) + promptEnd)
			if err != nil {
				return nil, err
			}
			m, err := autoregressive.NewText(c.cfg.text(), a, rng)
			if err != nil {
				return nil, err
			}
			return autoregressive.NewTrainer(m)
		},
		resuming(autoregressive.Resume, c.cfg.text()))
	points := newStage("points", c.cfg.Points.Steps, &c.points,
		func(_ *mat.Dense, rng *rand.Rand) (*diffusion.Trainer, error) {
			return then(diffusion.NewTrainer)(diffusion.NewWith(c.cfg.Points, c.cfg.components(), scale, rng))
		},
		func(saved []checkpoint.Tensor, steps int) (*diffusion.Trainer, error) {
			return diffusion.ResumeWith(c.cfg.Points, c.cfg.components(), saved, steps)
		})
	language.batch, points.batch, points.early = c.textBatch, c.pointBatch, true
	return []stage{language, points}
}

// text returns the language model.
func (c *Captioned) text() *autoregressive.Text { return c.language.Average().(*autoregressive.Text) }

// encodePrompts makes the text encoder, from a saved State if there is one, and the embeddings of the prompts.
func (c *Captioned) encodePrompts(saved []checkpoint.Tensor) (err error) {
	if c.encoder, err = newTextEncoder(c.text(), c.cfg, c.prompts, saved); err != nil {
		return err
	}
	c.embeddings = mat.NewDense(len(c.prompts), c.cfg.ContextWidth, nil)
	for i, p := range c.prompts {
		if p == "" {
			continue
		}
		e, err := c.encoder.Embed(p)
		if err != nil {
			return err
		}
		c.embeddings.SetRow(i, e.RawRowView(0))
	}
	return nil
}

// label returns the label of row i of a batch. It panics if the label has no prompt.
func (c *Captioned) label(batch *mat.Dense, i int) int {
	_, columns := batch.Dims()
	label := int(batch.At(i, columns-1))
	if label < 0 || label >= len(c.prompts) || c.prompts[label] == "" {
		panic(fmt.Sprintf("hybrid: a point with label %d, which has no prompt: it is held out or not among %d prompts", label, len(c.prompts)))
	}
	return label
}

// textBatch returns the prompts of the first rows, encoded for the language model.
func (c *Captioned) textBatch(batch *mat.Dense, _ *rand.Rand) *mat.Dense {
	cfg := c.cfg.text()
	x := mat.NewDense(cfg.Batch, cfg.Context+1, nil)
	for i := range cfg.Batch {
		text := c.prompts[c.label(batch, i)]
		ids, err := c.text().Alphabet().Encode(text + strings.Repeat(promptEnd, cfg.Context+1-len(text)))
		if err != nil {
			panic(err) // the alphabet is that of the prompts
		}
		for k, id := range ids {
			x.Set(i, k, float64(id))
		}
	}
	return x
}

// pointBatch returns the batch with the embeddings of the prompts in place of the labels.
func (c *Captioned) pointBatch(batch *mat.Dense, rng *rand.Rand) *mat.Dense {
	if c.encoder == nil {
		if err := c.encodePrompts(nil); err != nil {
			panic(err) // the language model was trained on these prompts
		}
	}
	n, columns := batch.Dims()
	d := columns - 1
	x := mat.NewDense(n, d+c.cfg.ContextWidth, nil)
	for i := range n {
		row := x.RawRowView(i)
		copy(row, batch.RawRowView(i)[:d])
		for j, v := range c.embeddings.RawRowView(c.label(batch, i)) {
			if row[d+j] = v; c.cfg.ContextNoise > 0 {
				row[d+j] += c.cfg.ContextNoise * rng.NormFloat64()
			}
		}
	}
	return x
}

// State returns the tensors from which training resumes.
func (c *Captioned) State() []checkpoint.Tensor {
	all := c.Stages.State()
	if c.encoder != nil {
		all = append(all, checkpoint.In("ear", c.encoder.state())...)
	}
	return all
}
