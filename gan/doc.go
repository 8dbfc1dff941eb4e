// Package gan learns to sample by a game: a generator makes points out of noise, and a critic
// learns to tell them from the data.
//
// # Definition
//
// With z ~ N(0, I) of a few latent coordinates, a sample is one pass through the generator,
// x = G(z). The original game [goodfellow2014] eq. 1 is
//
//	min_G max_D  E log s(D(x)) + E log(1 - s(D(G(z)))),   s(v) = 1/(1 + e⁻ᵛ),
//
// whose inner maximum is 2·JSD(p‖q) - log 4. The NonSaturating game has the generator minimise
// -E log s(D(G(z))) instead. Wasserstein's [gulrajani2017] eq. 3 is
//
//	min_G max_D  E D(x) - E D(G(z)) - λ·E(|∇D(y)| - 1)²,   y = u·x + (1 - u)·G(z),  u ~ U(0, 1),
//
// whose inner maximum is near the distance W1(p, q), and which pulls on the generator where the
// two laws do not overlap as well. Its step differentiates a gradient. The one-sided penalty,
// λ·E max(0, |∇D(y)| - 1)² [petzka2018], is the default: the two-sided one wants a slope of one
// also where p and q agree. Over five seeds the two come out alike (experiments/games).
//
// Both networks see Fourier features of what they are given, sin(B·v) and cos(B·v) for a fixed
// random matrix B [tancik2020], beside v itself. Without them the critic is blind to structure that is
// fine beside the whole, and the generator, which is continuous, leaves wide bridges between modes.
//
// The two move at two speeds [heusel2017]: the generator's learning rate falls to 0, the critic's
// does not, so that in the end the generator follows a critic that has caught up with it. Where
// both fall together, each mode comes to rest shifted and too narrow.
//
// # What is not guaranteed
//
// A model has no density, and no bound of one: it is a genlab.Sampler and nothing else. The image
// of a connected latent space is connected, so that some samples lie between the modes. The game
// need not converge, and a generator may serve a few modes alone: the original game often does.
// The losses say how the game stands, not how good the samples are. The Wasserstein estimate is
// that of the critic at hand, in standardised coordinates, and not a distance.
//
// # Room for more
//
// An objective is a type with a line in objectives (objective.go). A direction in latent space
// along which an attribute moves is found by a Probe, and a new attribute is an Attribute.
package gan
