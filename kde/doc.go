// Package kde is the kernel density estimate: a Gaussian around each of some points of the data, all
// of one bandwidth. It is a baseline: what a model of the same data should be better than.
//
//	q(x) = 1/n Σ_k N(x; c_k, h²·S²),   k = 1 ... n
//
// with centres c_k from the data, S the standard deviations of the axes, and the bandwidth h that is
// most likely for points that are not centres: a Trainer takes its centres from the first
// batches, and then moves h² to what expectation maximisation [dempster1977] finds in each further one.
//
//	scale, _ := standardize.Fit(data.Sample(10000, rng))
//	t, _ := kde.NewTrainer(kde.DefaultConfig(), scale)
//	for range train.Run(ctx, t, data, t.Options(), train.NewStreams(1)) {
//	}
//	q := t.Model()
//
// # What is not guaranteed
//
// The density is exact, and blurred by h: structure finer than the distance of neighbouring centres is
// lost, and in more than a few dimensions that is all of it. It keeps its centres: LogProb takes time in
// proportion to their number, and samples lie about h from points of the data.
package kde
