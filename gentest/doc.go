// Package gentest tests implementations of the interfaces of package genlab. To test a
// distribution or model, in this module or another, call the suites from its tests:
//
//	func TestMine(t *testing.T) {
//		m := mine.New()
//		box := gentest.Box{XMin: -4, XMax: 4, YMin: -4, YMax: 4}
//		gentest.Sampler(t, m, 2)
//		gentest.LogProber(t, m, m.Sample(50, gentest.Rand(1)))
//		gentest.Density(t, m, box, 1e-6)
//		gentest.Agree(t, m, m, box, 20_000, gentest.Rand(2))
//	}
//
// Each suite checks properties that follow from the definition of its interface:
//
//	Sampler    shape, reproducibility, finite values, a panic for n < 1
//	LogProber  one value per row in any layout, a panic that names a wrong width
//	FarPoints  −Inf or a number far out, NaN for a NaN
//	Density    ∫ exp(log p(x)) dx = 1
//	Agree      samples follow the density (Pearson's χ² test on a grid)
//	Entropy    −E[log p(x)] = h
//	Labels     components have their probabilities and lie at their modes
//
// Statistical suites take a generator and a sample size. Their false-positive rate is that of five
// standard errors, 6e-7; with a fixed seed the outcome is deterministic. Their power grows with the
// sample size: an error smaller than the noise is not detected.
//
// [MustFail] tests a suite: it runs it on an implementation with a known fault, and fails if the suite
// passes.
package gentest
