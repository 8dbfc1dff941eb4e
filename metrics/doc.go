// Package metrics measures a sample or a density against the truth. Every figure is an Estimate:
// a value, its standard error, and what it was computed from.
//
//	energy distance   2 E|X-Y| - E|X-X'| - E|Y-Y'|                     [szekely2013]
//	W2                (min over plans π of E_π|X-Y|²)^(1/2)              [peyre2019]
//	sliced W2         (mean over directions θ of W2²(θ·X, θ·Y))^(1/2)    [bonneel2015]
//	modes             how many are hit, share within 3σ, ½ Σ|p̂ - p|      [lin2018]
//	precision, recall by k-nearest-neighbour balls                       [kynkaanniemi2019]
//	density, coverage of the same balls                                  [naeem2020]
//	NLL               E_p[-log q], nats
//	KL(p‖q)           E_p[log p - log q], nats, paired by row
//
// What is not guaranteed. W2, sliced W2, mode TV, precision, recall and coverage of two samples
// of one law are not 0 or 1, but what the sample size makes them: Evaluate puts the oracle, a
// second sample of the truth, beside each. Standard errors are of first order in 1/√n except
// where stated, speak of sampling and not of training, and assume independent rows. A
// likelihood bound is not a likelihood: NLLBound has its own name, and NLL of a model that is
// no genlab.LogProber does not compile.
//
// Misuse (widths that differ, too few rows) panics with both numbers. A sample that is not
// finite is a model's doing and no misuse: it is counted, and makes the figure NaN or infinite.
// Nothing here depends on GOMAXPROCS, on the clock, or on a global source of randomness.
package metrics
