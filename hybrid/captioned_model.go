package hybrid

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/nn"
)

// CaptionedModel is a language model that embeds a prompt and a diffusion model conditioned on the embedding. As
// a genlab.Sampler it samples uniformly over the training prompts.
type CaptionedModel struct {
	Points *diffusion.Model
	*textEncoder
}

// LoadCaptioned returns the model with the EMA weights of a trainer's saved State. It returns an error if the
// saved tensors do not fit cfg.
func LoadCaptioned(cfg CaptionedConfig, prompts []string, saved []checkpoint.Tensor) (*CaptionedModel, error) {
	text, err := autoregressive.Load(cfg.text(), checkpoint.Out("language", saved))
	if err != nil {
		return nil, err
	}
	m := new(CaptionedModel)
	if m.textEncoder, err = newTextEncoder(text.(*autoregressive.Text), cfg, prompts, checkpoint.Out("ear", saved)); err != nil {
		return nil, err
	}
	m.Points, err = diffusion.LoadWith(cfg.Points, cfg.components(), checkpoint.Out("points", saved))
	return m, err
}

// WithPrecision returns the model with another precision of the matrix products that sample points, over the
// same weights.
func (m *CaptionedModel) WithPrecision(p nn.Precision) *CaptionedModel {
	return &CaptionedModel{m.Points.WithPrecision(p), m.textEncoder}
}

// Given returns the distribution of the points that a prompt describes. It returns the errors of Embed.
func (m *CaptionedModel) Given(prompt string) (*diffusion.Conditioned, error) {
	e, err := m.Embed(prompt)
	if err != nil {
		return nil, err
	}
	return m.Points.Given(e), nil
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates. It panics if n < 1.
func (m *CaptionedModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.SampleWith(m.Points.Config(), n, rng)
}

// SampleWith is Sample with the sampling settings of c, as diffusion.Conditioned.With.
func (m *CaptionedModel) SampleWith(c diffusion.Config, n int, rng *rand.Rand) *mat.Dense {
	all, err := m.Embed(m.prompts...)
	if err != nil {
		panic(err) // it was trained on these prompts
	}
	_, width := all.Dims()
	contexts := mat.NewDense(n, width, nil)
	for i := range n {
		contexts.SetRow(i, all.RawRowView(rng.IntN(len(m.prompts))))
	}
	return m.Points.Given(contexts).With(c).Sample(n, rng)
}

// Params returns the number of trained parameters of both models.
func (m *CaptionedModel) Params() int { return m.language.Params() + m.Points.Params() }
