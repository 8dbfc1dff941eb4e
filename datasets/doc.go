// Package datasets holds distributions on the plane whose density is known exactly: each is a
// sampler, a log density in nats and in the original coordinates, an entropy, and a map of
// its modes. They are what the models of this project are trained on and scored against.
//
// Names and parameters follow the code behind the papers, so that figures can be compared:
//
//	8gaussians    1/8 Σ N(cₖ, σ²I), |cₖ| = 4/1.414, σ = 0.5/1.414       [grathwohl2019]
//	ring8         1/8 Σ N(cₖ, σ²I), |cₖ| = 1, σ = 0.01                  [lin2018]
//	25gaussians   1/25 Σ N(cₖ, σ²I), cₖ ∈ {−4,−2,0,2,4}², σ = 0.05      [lin2018]
//	moons         (cos t, sin t) or (1 − cos t, 1/2 − sin t) + σe,
//	              t ~ U[0, π], σ = 0.05, see Moons                      [pedregosa2011]
//	circles       R(cos t, sin t) + σe, R ∈ {3, 1.5}, σ = 0.24          [pedregosa2011]
//	rings         the same with R ∈ {0.75, 1.5, 2.25, 3}, σ = 0.08      [grathwohl2019]
//	checkerboard  uniform on 8 of the 16 cells of side 2 of [−4, 4]²    [grathwohl2019]
//	pinwheel      2R(−a)f, f = (1 + 0.3e₁, 0.1e₂), R(a) the rotation by
//	              a, a = 2πk/5 + exp(f₁)/4                              [johnson2016], [grathwohl2019]
//	swissroll     (t(cos t, sin t) + e)/5, t ~ U[3π/2, 9π/2]            [pedregosa2011], [grathwohl2019]
//	2spirals      ±(−n cos n + U₂/2, n sin n + U₃/2)/3 + 0.1e,
//	              n = 3π √U₁                                            [grathwohl2019]
//	captions      draws of the mixture that a prompt describes, see Caption
//	dots16        pictures of one to three dots, see Dots
//	bounce        films of two bouncing points, see Bounce
//	lift64:NAME   a distribution of the plane in 64 dimensions, see Lift
//	file:PATH     rows of the user's points, drawn with replacement
//
// e is a standard normal on the plane, U uniform on [0, 1], k a fair die.
//
// # Densities
//
// The Gaussian mixtures and the checkerboard have closed forms. A circle with noise is a
// Bessel function of the radius (Rings). The pinwheel is a change of variables with
// determinant 4 + f₂ exp(f₁), summed over the arms and the preimages on each. A curve with
// noise (moons, swissroll, 2spirals) is an integral over its parameter, by Gauss-Legendre
// panels that adapt to the point; the relative error of p is below 1e-8, also where p itself
// is far below the least floating-point number, and beyond 1e4 sigma log p is its leading
// term. LogProb uses GOMAXPROCS goroutines and gives the same digits with any number of them.
//
// # Modes
//
// A point belongs to its nearest mode and is of high quality within 3 sigma of it, the rule of
// [srivastava2017] and [lin2018]. For the Gaussians that is the distance to a centre; for the
// circles and curves the distance to the noiseless curve in units of the noise (for 2spirals
// the standard deviation of noise and jitter together); for the pinwheel the distance of f
// from its mean, in its standard deviations; in the checkerboard it is to lie inside a cell.
// The truth does not score 1: Dataset.HighQuality is what it scores.
//
// # What is not guaranteed
//
// The rows for a seed are the same on every machine up to the last digits of the math
// package, and may change with a version of this one. Samples of file:PATH are a bootstrap:
// they repeat rows, and a test of independence between two of them will notice.
package datasets
