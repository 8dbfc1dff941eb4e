// Package hybrid composes the paradigms: each model here is what its sentence says, made of the
// others' exported parts and nothing of their insides.
//
//	flow-prior    a VAE whose prior is a flow, learned with it or after it, or a
//	              diffusion model in its latent space              [chen2017]
//	consistency   a student that says in one evaluation where a diffusion
//	              model's probability flow ends                    [song2023]
//	adversarial-  such a student, which then learns from a critic of
//	diffusion     its samples                           [sauer2023] [kim2024]
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
// plane, a quadrature; with a diffusion model for one, a decoder's draws of its samples, no bound.
package hybrid
