package onnx

import (
	"fmt"

	"genlab/checkpoint"
	"genlab/hybrid"
	"genlab/internal/usage"
)

func latentGraphs(m *hybrid.LatentDiffusionModel, saved tensors) ([]*graph, error) {
	if m.Latents == nil {
		return nil, usage.Errorf("its diffusion model is not trained yet: continue the run with genlab train latent-diffusion --resume")
	}
	cfg := m.Config()
	autoencoder, err := newVAE(m.Decoder.Config(), checkpoint.Out("autoencoder", saved))
	if err != nil {
		return nil, err
	}
	latents := checkpoint.Out("latents", saved)
	n, err := newDenoiser(m.Latents.Teacher, checkpoint.Out("teacher", latents))
	process := m.Latents.Teacher.Sampling()
	if cfg.Latents.StudentSteps > 0 {
		n, err = newStudent(m.Latents, latents)
		process = m.Latents.Sampling(cfg.Latents.Evaluations)
	}
	if err != nil {
		return nil, err
	}
	g := newGraph("sample", fmt.Sprintf("Samples: latent points by %v, decoded.", process))
	z, err := n.sampled(g, process)
	if err != nil {
		return nil, err
	}
	latent := m.Latents.Teacher.ProbabilityFlow().Scale
	d := autoencoder.dim()
	var noise value
	if cfg.DecoderNoise {
		noise = g.input("decoder_noise", Float64, "standard normal numbers of the decoder", "n", d)
	}
	x := autoencoder.drawn(g, g.toData(latent.Shift, latent.Scale, z), noise)
	g.output(x, "x", Float64, "samples in the data's coordinates", "n", d)
	return []*graph{n.network(), autoencoder.decoder(), g}, nil
}
