package hybrid

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/nn"
	"genlab/vae"
)

// SizedSampler is a genlab.Sampler with a known number of trained parameters.
type SizedSampler interface {
	genlab.Sampler
	Params() int
}

type sized struct {
	genlab.Sampler
	params int
}

func (s sized) Params() int { return s.params }

func (s sized) String() string { return fmt.Sprint(s.Sampler) }

// LatentModel samples latent points from any distribution and decodes them. It is a genlab.Sampler and has
// no density.
type LatentModel struct {
	Decoder *vae.Model
	Latents SizedSampler // of z
	Mean    bool         // samples are the mean of p(x|z), not samples of it
}

// Sample returns n samples (n x d) of p(x|z) with z from Latents, or of its mean. It panics if n < 1.
func (m *LatentModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.decode(m.Latents.Sample(n, rng), rng)
}

func (m *LatentModel) decode(z mat.Matrix, rng *rand.Rand) *mat.Dense {
	if m.Mean {
		mean, _ := m.Decoder.Decode(z)
		return mean
	}
	return m.Decoder.SampleGiven(z, rng)
}

func (m *LatentModel) String() string { return fmt.Sprintf("%v, decoded", m.Latents) }

// Params returns the number of trained parameters of the decoder's VAE and of the latent distribution.
func (m *LatentModel) Params() int { return m.Decoder.Params() + m.Latents.Params() }

// uniformLabels is a conditional distribution with uniform labels; given returns the distribution for
// labels (n x 1).
type uniformLabels struct {
	classes int
	given   func(labels mat.Matrix) genlab.Sampler
}

// Sample implements genlab.Sampler.
func (u uniformLabels) Sample(n int, rng *rand.Rand) *mat.Dense {
	labels := mat.NewDense(n, 1, nil)
	for i := range n {
		labels.Set(i, 0, float64(rng.IntN(u.classes)))
	}
	return u.given(labels).Sample(n, rng)
}

func (u uniformLabels) String() string {
	return fmt.Sprintf("%v, uniform labels", u.given(mat.NewDense(1, 1, nil)))
}

// LatentDiffusionModel samples latent points by diffusion and decodes them. It is a genlab.Sampler and has no
// density.
type LatentDiffusionModel struct {
	Decoder *vae.Model
	Latents *ConsistencyModel // its student is the teacher if there is none; nil before its training
	cfg     LatentConfig
}

// LoadLatentDiffusion returns the model with the EMA weights of a trainer's saved State; before the stage of
// the diffusion model, latent points come from the prior of the VAE. It returns an error if the saved
// tensors do not fit cfg.
func LoadLatentDiffusion(cfg LatentConfig, saved []checkpoint.Tensor) (*LatentDiffusionModel, error) {
	decoder, err := vae.Load(cfg.autoencoder(), checkpoint.Out("autoencoder", saved))
	if err != nil {
		return nil, err
	}
	m := &LatentDiffusionModel{Decoder: decoder, cfg: cfg}
	if rest := checkpoint.Out("latents", saved); len(rest) > 0 {
		m.Latents, err = LoadConsistency(cfg.Latents, rest)
	}
	return m, err
}

// WithPrecision returns the model with another precision of the matrix products that sample latent points,
// over the same weights.
func (m *LatentDiffusionModel) WithPrecision(p nn.Precision) *LatentDiffusionModel {
	w := *m
	if w.Latents != nil {
		w.Latents = w.Latents.WithPrecision(p)
	}
	return &w
}

// LatentDistribution returns the distribution of latent points as c samples them, from the student if
// StudentSteps > 0 and else from the diffusion model, and its network evaluations per sample. labels is the
// context of a conditional model (1 x 1, or n x 1 for n samples); nil means uniform labels.
func (m *LatentDiffusionModel) LatentDistribution(c ConsistencyConfig, labels mat.Matrix) (latents SizedSampler, evaluations int) {
	if m.Latents == nil {
		return sized{m.Decoder.Prior(), 0}, 0
	}
	of, evaluations := m.Latents.Teacher, c.Teacher.NFE
	unconditional := genlab.Sampler(of.SamplingWith(c.Teacher))
	given := func(labels mat.Matrix) *diffusion.Conditioned { return of.Given(labels).With(c.Teacher) }
	if c.StudentSteps > 0 {
		of, evaluations, unconditional = m.Latents.Student, c.Evaluations, m.Latents.Sampling(c.Evaluations)
		given = func(labels mat.Matrix) *diffusion.Conditioned { return m.Latents.Given(labels, c.Evaluations) }
	}
	classes := of.Components().ContextWidth()
	switch {
	case classes == 0:
		return sized{unconditional, of.Params()}, evaluations
	case labels == nil:
		all := uniformLabels{classes, func(labels mat.Matrix) genlab.Sampler { return given(labels) }}
		return sized{all, of.Params()}, given(mat.NewDense(1, 1, nil)).NetworkEvaluations()
	}
	return sized{given(labels), of.Params()}, given(labels).NetworkEvaluations()
}

// WithLatents returns the decoder with another distribution of latent points.
func (m *LatentDiffusionModel) WithLatents(latents SizedSampler) *LatentModel {
	return &LatentModel{m.Decoder, latents, !m.cfg.DecoderNoise}
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates. It panics if n < 1.
func (m *LatentDiffusionModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.model().Sample(n, rng)
}

// Params returns the number of trained parameters that sampling uses.
func (m *LatentDiffusionModel) Params() int { return m.model().Params() }

func (m *LatentDiffusionModel) model() *LatentModel {
	latents, _ := m.LatentDistribution(m.cfg.Latents, nil)
	return m.WithLatents(latents)
}

// Config returns the configuration of the model.
func (m *LatentDiffusionModel) Config() LatentConfig { return m.cfg }

// FLOPs returns the floating-point operations per sample in matrix products.
func (m *LatentDiffusionModel) FLOPs() int {
	_, evaluations := m.LatentDistribution(m.cfg.Latents, nil)
	flops := m.Decoder.DecoderFLOPs()
	if evaluations > 0 {
		flops += evaluations * m.Latents.Student.FLOPs()
	}
	return flops
}

// TrainingFLOPs returns the floating-point operations in matrix products of training autoencoder and diffusion
// model: three forward passes per point and step, and one of the encoder.
func (m *LatentDiffusionModel) TrainingFLOPs() float64 {
	c := m.cfg
	encoder := float64(m.Decoder.EncoderFLOPs())
	autoencoder := 3 * float64(c.AutoencoderSteps*c.AutoencoderBatch) * (encoder + float64(m.Decoder.DecoderFLOPs()))
	return autoencoder + m.Latents.Teacher.TrainingFLOPs() + float64(c.Latents.Teacher.Steps*c.Latents.Teacher.Batch)*encoder
}

// Reconstruct encodes and decodes the rows of x (n x d): the samples of an ideal distribution of latent points.
func (m *LatentDiffusionModel) Reconstruct(x mat.Matrix, rng *rand.Rand) *mat.Dense {
	return m.WithLatents(nil).decode(m.Decoder.Latents(x, rng), rng)
}
