// Package flow learns an invertible map between data and a simple base, and with it an exact
// density.
//
// # Definition
//
// A chain of bijectors f = f_K ∘ … ∘ f_1 takes a point x, standardised, to z = f(x), and z is
// held to be a draw of the base N(0, I). By the change of variables
//
//	log q(x) = log N(f(x); 0, I) + Σ_k log |det ∂f_k| − Σ_i log scale_i
//
// in nats of the data's own coordinates: the last term is the Jacobian of the standardisation.
// A sample is f⁻¹(z) for a draw z of the base, in one pass. Training maximises the mean of
// log q over the data, so the loss is a negative log likelihood with the entropy h as its
// floor.
//
// A layer maps coordinates x_i by increasing maps of the line whose parameters depend on other
// coordinates only, so that its Jacobian is triangular and its determinant the product of
// slopes:
//
//	autoregressive   z_i = τ(x_i; θ_i(x_1 … x_{i−1}))                 [papamakarios2017]
//	coupling         z_B = τ(x_B; θ(x_A)),  z_A = x_A                 [dinh2017]
//	τ affine         τ(x; s, t) = exp(s)·x + t
//	τ spline         rational quadratic in each bin on [−Bound, Bound], the identity outside
//
// In the bin k with width w, height h, slopes d₀ and d₁ at its ends, s = h/w and ξ the share of
// the bin left of x ([durkan2019] eq. 4 and 5):
//
//	τ(x) = y_k + h·(s·ξ² + d₀·ξ(1−ξ)) / (s + (d₁ + d₀ − 2s)·ξ(1−ξ))
//	τ'(x) = s²·(d₁·ξ² + 2s·ξ(1−ξ) + d₀·(1−ξ)²) / (s + (d₁ + d₀ − 2s)·ξ(1−ξ))²
//
// The inverse of a spline is the root of a quadratic. Every second layer reverses the order of
// the coordinates, and a learned matrix L·U before it [kingma2018] lets layers act along
// directions that are no axes.
//
// Points may have labels (NewConditional): all maps then depend on the label c, and training
// maximises log π_c + log q(x|c). Given returns q(x|c); the model itself is Σ_c π_c·q(x|c).
//
// # Precision
//
// Training runs in float32. Densities and samples run the networks in float32 and all else in
// float64: what the network is given is recovered by the inverse to nearly the last bit, so
// that the way back ends where it began, and no more than that is asked of a network.
//
// # What is not guaranteed
//
// A bijector is continuous and so is its inverse: the image of the plane is the plane. Between
// separate modes there is always a bridge of low density, and holes are never quite empty.
//
// Far from the data, beyond a spline's bound, a layer is the identity or affine: tails are
// those of the base and are not learned.
//
// Where slopes are far below one, as between modes, the inverse magnifies rounding: a point
// that no data is near comes back less exactly than one of the support.
//
// The probabilities π of the labels are learned, not counted: early in training they are not
// the data's shares.
package flow
