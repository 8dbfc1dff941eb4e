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
	if cfg.Latents.StudentSteps > 0 {
		return nil, usage.Errorf("it samples from a distilled student (student-steps is %d), for which there is no ONNX graph: train with --student-steps 0", cfg.Latents.StudentSteps)
	}
	autoencoder, err := newVAE(m.Decoder.Config(), checkpoint.Out("autoencoder", saved))
	if err != nil {
		return nil, err
	}
	n, err := newDenoiser(m.Latents.Teacher, checkpoint.Out("teacher", checkpoint.Out("latents", saved)))
	if err != nil {
		return nil, err
	}
	g := newGraph("sample", fmt.Sprintf("Samples: latent points by %v, decoded.", m.Latents.Teacher.Sampling()))
	z, err := n.sampled(g)
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
