// Package gentest holds the laws that every distribution and every model must obey, as test
// suites over the interfaces of package genlab.
//
//	Sampler    shape, reproducibility, finiteness, and a panic on n < 1
//	LogProber  row order, views, and a panic that names a wrong width
//	Density    ∫ exp(log p(x)) dx = 1
//	Agree      samples fall where the density says (Pearson's χ² on a grid)
//	Entropy    −E[log p(x)] = h
//	Labels     parts have their share and lie on their modes
//
// A statistical suite takes its own generator and sample size; its false alarm rate is that
// of five standard errors, and since seeds are fixed a suite that passes once passes always.
//
// The suites are themselves under test: [MustFail] runs one on a law with a planted fault and
// fails where the suite does not notice.
package gentest
