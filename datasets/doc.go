// Package datasets provides the data that models are trained on and scored against: distributions
// on the plane with a known density, images, videos and texts, and the user's own points.
//
//	d, err := datasets.ByName("moons") // or "file:points.csv", "lift64:moons", ...
//	x := d.Sampler.Sample(1000, rng)   // n x 2
//	logp := d.Density.LogProb(x)       // nats, in the original coordinates
//
// A distribution on the plane is a sampler, an exact log-density, its entropy (the smallest negative
// log-likelihood that any model can reach) and a map of its modes. Definitions and parameters follow
// the code behind the papers, so that results are comparable:
//
//	8gaussians    1/8 Σ N(cₖ, σ²I), |cₖ| = 4/1.414, σ = 0.5/1.414       [grathwohl2019]
//	ring8         1/8 Σ N(cₖ, σ²I), |cₖ| = 1, σ = 0.01                  [lin2018]
//	25gaussians   1/25 Σ N(cₖ, σ²I), cₖ ∈ {−4,−2,0,2,4}², σ = 0.05      [lin2018]
//	moons         (cos t, sin t) or (1 − cos t, 1/2 − sin t) + σe,
//	              t ~ U[0, π], σ = 0.05, see Moons                      [pedregosa2011]
//	circles       R(cos t, sin t) + σe, R ∈ {3, 1.5}, σ = 0.24          [pedregosa2011]
//	rings         the same with R ∈ {0.75, 1.5, 2.25, 3}, σ = 0.08      [grathwohl2019]
//	checkerboard  uniform on 8 of the 16 squares of side 2 of [−4, 4]²  [grathwohl2019]
//	pinwheel      2R(−a)f, f = (1 + 0.3e₁, 0.1e₂), R(a) the rotation by
//	              a, a = 2πk/5 + exp(f₁)/4                              [johnson2016], [grathwohl2019]
//	swissroll     (t(cos t, sin t) + e)/5, t ~ U[3π/2, 9π/2]            [pedregosa2011], [grathwohl2019]
//	2spirals      ±(−n cos n + U₂/2, n sin n + U₃/2)/3 + 0.1e,
//	              n = 3π √U₁                                            [grathwohl2019]
//	captions      Gaussians placed by a prompt, see Caption
//	dots16        images of one to three dots, see Dots
//	bounce        videos of two bouncing points, see Bounce
//	lift64:NAME   a distribution on the plane embedded in 64 dimensions, see Lift
//	file:PATH     the user's points, sampled with replacement; columns by
//	              name: file:PATH?x=lon&y=lat&label=kind
//
// e is a standard normal on the plane, U is uniform on [0, 1], k uniform on the components. For text
// sources see [TextByName].
//
// # Densities
//
// The Gaussian mixtures and the checkerboard have closed forms. The density of a noisy circle
// is a Bessel function of the radius ([Rings]). The pinwheel is a change of variables with determinant
// 4 + f₂ exp(f₁), summed over the arms and the preimages on each. The density of a noisy curve
// (moons, swissroll, 2spirals) is an integral over its parameter, by adaptive Gauss-Legendre panels. The
// relative error of p is below 1e-8, even where p underflows; beyond 1e4 sigma, log p is approximated by
// its leading term. LogProb uses GOMAXPROCS goroutines, and its result does not depend on their number.
//
// # Modes
//
// A point belongs to its nearest mode and counts as high quality within 3 sigma of it, the
// convention of [srivastava2017] and [lin2018]. The distance is that to the centre of a Gaussian; to
// the noiseless circle or curve, in units of the noise (for 2spirals the standard deviation of noise
// and jitter together); and for the pinwheel that of f from its mean, in its standard deviations.
// For the checkerboard the point must lie inside a square. The true distribution does not score 1:
// Dataset.HighQuality is its score.
//
// # What is not guaranteed
//
// The samples of a seed are the same on every machine up to the last digits of package math, and
// may change with a version of this package. Samples of file:PATH are a bootstrap: they repeat
// rows, which a test of independence between two of them will detect.
package datasets
