// Package flow implements normalizing flows: invertible networks with an exact density. A flow is
// trained, scored and sampled like this:
//
//	model, err := flow.New(cfg, scale, rng) // scale: standardize.Fit(points)
//	trainer, err := flow.NewTrainer(model)
//	for p, err := range train.Run(ctx, trainer, data, cfg.Options(), train.NewStreams(seed)) { ... }
//	logp, x := trainer.Average().LogProb(points), trainer.Average().Sample(1000, rng)
//
// # Definition
//
// A chain of bijectors f = f_K ∘ … ∘ f_1 maps a standardised point x to z = f(x), whose distribution
// is the base N(0, I). By the change of variables
//
//	log q(x) = log N(f(x); 0, I) + Σ_k log |det ∂f_k| − Σ_i log scale_i
//
// in nats of the data's own coordinates; the last term is the Jacobian of the standardisation. A
// sample is f⁻¹(z) for z ~ N(0, I), and takes one evaluation of the inverse. Training maximises the
// mean of log q over the data: its loss is a negative log-likelihood, bounded below by the entropy of
// the data.
//
// Each layer transforms coordinate x_i by an increasing function whose parameters depend on other
// coordinates only. The Jacobian is therefore triangular, and its determinant the product of the
// slopes:
//
//	autoregressive   z_i = τ(x_i; θ_i(x_1 … x_{i−1}))                 [papamakarios2017]
//	coupling         z_B = τ(x_B; θ(x_A)),  z_A = x_A                 [dinh2017]
//	τ affine         τ(x; s, t) = exp(s)·x + t
//	τ spline         rational quadratic in each bin on [−Bound, Bound], the identity outside
//
// In bin k with width w, height h, slopes d₀ and d₁ at its ends, s = h/w and ξ = (x − x_k)/w
// ([durkan2019] eq. 4 and 5):
//
//	τ(x) = y_k + h·(s·ξ² + d₀·ξ(1−ξ)) / (s + (d₁ + d₀ − 2s)·ξ(1−ξ))
//	τ'(x) = s²·(d₁·ξ² + 2s·ξ(1−ξ) + d₀·(1−ξ)²) / (s + (d₁ + d₀ − 2s)·ξ(1−ξ))²
//
// The inverse of a spline is the root of a quadratic. Every second layer reverses the order of the
// coordinates, and a learned matrix L·U before it [kingma2018] lets layers act along directions other
// than the axes.
//
// A class-conditional flow ([NewConditional]) conditions every layer on the label c, and training
// maximises log π_c + log q(x|c). [Model.Given] returns q(x|c); the model itself is the mixture
// Σ_c π_c·q(x|c).
//
// # Precision
//
// Training runs in float32. Density and sampling keep coordinates and log-determinants in float64, and
// evaluate the networks and the exponentials of their outputs in float32. Those rounding errors choose
// a slightly different bijector (bins and slopes change by a few 1e-7 of their values), but the same one in
// both directions: the inverse recovers the networks' inputs almost to the last bit, inverse and
// forward agree without networks in float64, and the density integrates to 1. Over a million samples of a
// flow trained on 8gaussians, log q differs from that with splines in float64 by 3e-7 nats on average and
// 6e-6 at most; in a bin of the minimum width the difference can reach 1e-3.
//
// # What is not guaranteed
//
// A bijector and its inverse are continuous, and the image of the plane is the whole plane. Separate
// modes stay connected by bridges of low density, and holes are never quite empty.
//
// Beyond a spline's bound a layer is the identity or affine: tails are those of the base and are not
// learned.
//
// Where the slopes are far below one, as between modes, the inverse amplifies rounding: a point far
// from the data is recovered less exactly than one on the support.
//
// The class probabilities π are learned, not counted: early in training they differ from the
// frequencies in the data.
package flow
