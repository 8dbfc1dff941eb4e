package models

import (
	"fmt"
	"slices"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/masked"
	"genlab/train"
)

// MaskedDiffusion is masked diffusion over the characters of a text.
var MaskedDiffusion = registry.Spec[masked.Config]{
	Info: registry.Info{
		Name: "masked-diffusion", Summary: "Masked diffusion of text: fills in characters in any order, several per step; lower bound on log p.",
		Role: registry.Hybrid, Folder: "masked", Likelihood: "bound", Data: "grammar", Colour: plot.Purple, Marker: plot.Plus, Rate: 25,
		Constants: masked.Constants(),
	},
	Defaults: masked.DefaultConfig,
	Tiny: func(c *masked.Config) {
		c.Steps, c.Hidden, c.Layers, c.Heads, c.Warmup = 200, 32, 1, 2, 20
		c.Batch, c.Context, c.EMA = min(c.Batch, 32), min(c.Context, 32), min(c.EMA, 0.97)
		c.Block = min(c.Block, c.Context)
	},
	Loop: masked.Config.Options,
	Adapt: func(c *masked.Config, data string) {
		if datasets.IsText(data) && !slices.Contains(datasets.TextNames(), data) {
			*c = masked.DefaultTextConfig()
		}
	},
	Task: func(c masked.Config, data string) (registry.Task, error) {
		if !datasets.IsText(data) {
			if _, err := datasets.ByName(data); err == nil {
				return nil, usage.Errorf("masked-diffusion learns text, and %s is a dataset of points: choose %v or file:PATH of a text", data, datasets.TextNames())
			}
			return nil, usage.Error{Err: suggest.Name("text", data, append(datasets.TextNames(), datasets.FilePrefix+"PATH"))}
		}
		return text(data, c.Context)
	},
	New: func(c masked.Config, t registry.Task, seed uint64) (registry.Trainer, error) {
		m, err := masked.New(c, t.(Text).Alphabet, train.NewStream(seed, "init").Rand)
		if err != nil {
			return nil, err
		}
		return masked.NewTrainer(m)
	},
	Resume: resume(masked.Resume),
	Load: func(c masked.Config, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := masked.Load(c, saved)
		return MaskedRun{m}, err
	},
}

// MaskedRun is a trained masked diffusion model of text.
type MaskedRun struct{ *masked.Text }

// Unwrap returns the model of the library.
func (r MaskedRun) Unwrap() *masked.Text { return r.Text }

// With implements [registry.Trained]; a text is sampled by Decoding instead.
func (r MaskedRun) With(registry.Options) (genlab.Sampler, int, error) {
	return r.Text, r.Config().Context, nil
}

// Decoding returns the model's sampling settings under the options, and the prompt. It fails with a usage error for
// an option that does not apply or is out of range.
func (r MaskedRun) Decoding(o registry.Options) (d masked.Decoding, prompt string, err error) {
	d = r.Config().Decoding()
	if err := o.Only("masked diffusion takes --order, --nfe (evaluations per block), --prompt and --temperature", "--order --nfe --prompt --temperature"); err != nil {
		return d, "", err
	}
	if o.NFE != nil {
		if d.Steps = *o.NFE; d.Steps < 1 || d.Steps > r.Config().Block {
			return d, "", usage.Errorf("--nfe is %d, but must be 1 to %d, the characters of a block", d.Steps, r.Config().Block)
		}
	}
	if o.Order != "" {
		if err := d.Order.UnmarshalText([]byte(o.Order)); err != nil {
			return d, "", usage.Errorf("--order: %w", err)
		}
	}
	if o.Temperature != nil {
		d.Temperature = *o.Temperature
	}
	if o.Prompt != nil {
		prompt = *o.Prompt
	}
	if err := d.Validate(); err != nil {
		return d, "", usage.Error{Err: err}
	}
	return d, prompt, nil
}

// Write samples n characters that continue a prompt. It fails with a usage error where the prompt has characters that the
// model does not know.
func (r MaskedRun) Write(prompt string, n int, d masked.Decoding, seed uint64) (string, error) {
	texts, err := r.ContinueAll([]string{prompt}, n, d, train.NewStream(seed, "sample").Rand)
	if err != nil {
		return "", usage.Error{Err: fmt.Errorf("--prompt: %w", err)}
	}
	return texts[0], nil
}
