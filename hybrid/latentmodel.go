package hybrid

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/vae"
)

// LoadLatentDiffusion returns the averaged model out of a trainer's saved State. Before the latent
// points' turn they are the autoencoder's prior.
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

// LatentDiffusionModel draws latent points by diffusion and decodes them. It is a genlab.Sampler and
// nothing else.
type LatentDiffusionModel struct {
	Decoder *vae.Model
	Latents *ConsistencyModel // the teacher alone where there is no student; nil before its training
	cfg     LatentConfig
}

// LatentDistribution is the distribution of latent points under a configuration's way to sample them: its student's of
// StudentSteps above 0, else its diffusion model's. Of a conditional one it is given labels (1
// x 1, or n x 1 for n draws), or with nil all labels, drawn evenly. Passes is the number of network passes of a draw.
func (m *LatentDiffusionModel) LatentDistribution(c ConsistencyConfig, labels mat.Matrix) (law Sized, passes int) {
	if m.Latents == nil {
		return sized{m.Decoder.Prior(), 0}, 0
	}
	of, passes := m.Latents.Teacher, c.Teacher.NFE
	without := genlab.Sampler(of.SamplingWith(c.Teacher))
	given := func(labels mat.Matrix) *diffusion.Conditioned { return of.Given(labels).With(c.Teacher) }
	if c.StudentSteps > 0 {
		of, passes, without = m.Latents.Student, c.Evaluations, m.Latents.Sampling(c.Evaluations)
		given = func(labels mat.Matrix) *diffusion.Conditioned { return m.Latents.Given(labels, c.Evaluations) }
	}
	classes := of.Parts().Width()
	switch {
	case classes == 0:
		return sized{without, of.Params()}, passes
	case labels == nil:
		return sized{evenly{classes, func(labels mat.Matrix) genlab.Sampler { return given(labels) }}, of.Params()}, given(mat.NewDense(1, 1, nil)).Passes()
	}
	return sized{given(labels), of.Params()}, given(labels).Passes()
}

// Through is the model with another law of its latent points.
func (m *LatentDiffusionModel) Through(law Sized) *LatentModel {
	return &LatentModel{m.Decoder, law, !m.cfg.DecoderNoise}
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates.
func (m *LatentDiffusionModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.own().Sample(n, rng)
}

// Params is the number of trained parameters that sample.
func (m *LatentDiffusionModel) Params() int { return m.own().Params() }

func (m *LatentDiffusionModel) own() *LatentModel {
	law, _ := m.LatentDistribution(m.cfg.Latents, nil)
	return m.Through(law)
}

// Config returns what the model was made from.
func (m *LatentDiffusionModel) Config() LatentConfig { return m.cfg }

// FLOPs is what a draw of the model's own law takes: the multiplications and additions of its networks'
// matrices.
func (m *LatentDiffusionModel) FLOPs() int {
	_, passes := m.LatentDistribution(m.cfg.Latents, nil)
	flops := m.Decoder.DecoderFLOPs()
	if passes > 0 {
		flops += passes * m.Latents.Student.FLOPs()
	}
	return flops
}

// TrainingFLOPs is what the training of autoencoder and diffusion model took, of the multiplications and
// additions of matrices: a step three times a pass for each point, and the encoder's pass.
func (m *LatentDiffusionModel) TrainingFLOPs() float64 {
	c := m.cfg
	encoder := float64(m.Decoder.EncoderFLOPs())
	autoencoder := 3 * float64(c.AutoencoderSteps*c.AutoencoderBatch) * (encoder + float64(m.Decoder.DecoderFLOPs()))
	return autoencoder + m.Latents.Teacher.TrainingFLOPs() + float64(c.Latents.Teacher.Steps*c.Latents.Teacher.Batch)*encoder
}

// Rebuild encodes the rows of x (n x d) and decodes them: what the model would draw if it knew the law of
// the latent points.
func (m *LatentDiffusionModel) Rebuild(x mat.Matrix, rng *rand.Rand) *mat.Dense {
	return m.Through(nil).decode(m.Decoder.Latents(x, rng), rng)
}
