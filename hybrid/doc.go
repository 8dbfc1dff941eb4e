// Package hybrid composes the paradigms: a VAE with a flow as prior, diffusion in a latent space, models
// distilled from diffusion models. Each composition has a configuration, a trainer and a model, and is built
// from the exported parts of the paradigms:
//
//	cfg := hybrid.DefaultConsistency()
//	t, err := hybrid.NewConsistency(cfg, scale, 0, rng) // scale: standardize.Fit(data)
//	for range cfg.Steps() {
//		losses, err := t.Learn(data.Sample(256, rng), rng)
//	}
//	m, err := hybrid.LoadConsistency(cfg, t.State())
//	x := m.Sampling(1).Sample(1000, rng) // one network evaluation per sample
//
// # Models
//
//	flow-prior             a VAE whose prior is a normalizing flow or a diffusion
//	                       model, trained jointly or afterwards             [chen2017]
//	latent-diffusion       a diffusion model in the latent space of an
//	                       autoencoder                                      [rombach2022]
//	rectified-flow         a model of velocities, trained again on the pairs
//	                       of noise and data that it makes                  [liu2023]
//	vq-prior               a vector-quantised autoencoder with an
//	                       autoregressive prior over its codes               [oord2017]
//	consistency            a consistency model: maps any point of a
//	                       trajectory of the probability flow to its
//	                       endpoint in one evaluation                       [song2023]
//	adversarial-diffusion  a consistency model fine-tuned against a critic
//	                       of its samples                                   [sauer2023] [kim2024]
//	video                  a diffusion model of videos, with a transformer
//	                       over space and time                              [peebles2023]
//	captioned              a diffusion model conditioned on text embeddings
//	                       of a language model, with a loop that verifies
//	                       and corrects its samples
//
// # Priors of a VAE
//
// With the encoder q(z|x), the aggregate posterior q(z) = E_x q(z|x) and a prior p(z),
//
//	E log p(x) >= ELBO = E log p(x|z) - I(x; z) - KL(q(z) ‖ p(z)).
//
// The last term is what the bound loses if the prior differs from the aggregate posterior. A flexible prior
// reduces it without constraining the encoder.
//
// # What is not guaranteed
//
// A composition can do what its last part can: a VAE with a flow prior has bounds on log p(x) and, in the
// plane, a quadrature; with a diffusion prior it can only be sampled. A consistency model has no density.
//
// The text encoder of a captioned model that pools single words ignores their order. It returns an
// embedding for any prompt of known characters. Correcting samples truncates the tails of the
// distribution, and with few evaluations it shifts the weights of the modes.
package hybrid
