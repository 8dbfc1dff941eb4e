// Package metrics scores a sample or a density against the true distribution.
//
//	kl := metrics.KL(data.Density, model, x)        // 0.021 ± 0.002 nats
//	e := metrics.EnergyDistance(samples, reference) // both n x d
//	rows := metrics.Evaluate(samples, trueA, trueB, info)
//
// Every result is an [Estimate]: a value, its standard error and the number of samples. The metrics
// are
//
//	energy distance    2 E|X-Y| - E|X-X'| - E|Y-Y'|                     [szekely2013]
//	W2                 (min over couplings π of E_π|X-Y|²)^(1/2)          [peyre2019]
//	sliced W2          (mean over directions θ of W2²(θ·X, θ·Y))^(1/2)    [bonneel2015]
//	modes              number hit, fraction within 3σ, ½ Σ|p̂ - p|        [lin2018]
//	precision, recall  by k-nearest-neighbour balls                      [kynkaanniemi2019]
//	density, coverage  of the same balls                                 [naeem2020]
//	NLL                E_p[-log q], nats
//	KL(p‖q)            E_p[log p - log q], nats, paired by row
//
// # What is not guaranteed
//
// W2, sliced W2, mode TV, precision, recall and coverage of two samples of one distribution are not 0
// or 1 but depend on the sample size: [Evaluate] reports the oracle, a second sample of the true
// distribution, with each. Standard errors are of first order in 1/√n except where stated, cover
// sampling and not training, and assume independent rows. A bound is not a likelihood: [NLLBound] has
// its own name, and [NLL] of a model that is not a genlab.LogProber does not compile.
//
// Misuse (different widths, too few rows) panics with both numbers. A sample that is not finite is a
// failure of the model, not misuse: it is counted, and the estimate becomes NaN or infinite. No
// result depends on GOMAXPROCS, the clock or a global random source.
package metrics
