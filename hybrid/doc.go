// Package hybrid composes the paradigms: each model here is what its sentence says, made of the
// others' exported parts and nothing of their insides.
//
//	flow-prior             a VAE whose prior is a flow, learned with it or after it, or
//	                       a diffusion model in its latent space          [chen2017]
//	latent-diffusion       a diffusion model of what an autoencoder
//	                       encodes, and its decoder                       [rombach2022]
//	consistency            a student that says in one evaluation where a
//	                       diffusion model's probability flow ends        [song2023]
//	adversarial-diffusion  such a student, which then learns from a
//	                       critic of its samples                          [sauer2023] [kim2024]
//	video                  a diffusion model of films, whose network is
//	                       a transformer over space and time              [peebles2023]
//	captioned              a diffusion model in the context of what a
//	                       language model says of a prompt, and a loop
//	                       that reads its pictures and corrects them
//
// With the posterior q(z|x) of a VAE, its aggregate q(z) = E_x q(z|x) and a prior p(z),
//
//	E log p(x) >= ELBO = E log p(x|z) - I(x; z) - KL(q(z) || p(z)):
//
// the last term is lost where the prior is not what the encoder makes of the data. A flow learns
// to be that, so that the encoder need not bend to a normal.
//
// # What is not guaranteed
//
// A hybrid keeps what its last part keeps: with a flow for a prior a VAE has bounds and, in the
// plane, a quadrature; with a diffusion model for one, a decoder's draws of its samples, no bound. A
// student has no density of its own.
//
// A captioned model of words that are read alone knows no grammar: of a prompt it hears which words
// there are, not their order. It draws something for any prompt of known letters. Corrections
// cut off the tails of a law, and in few evaluations shift the shares of its modes.
package hybrid
