// Package kde fits a kernel density estimate: a mixture of Gaussians of the same bandwidth, centred at
// points of the data. It is a baseline that other models of the same data should beat.
//
//	q(x) = 1/n Σ_k N(x; c_k, h²·S²),   k = 1 ... n
//
// with centres c_k from the data and S the standard deviations of the axes. The bandwidth h maximises
// the likelihood of points that are not centres: a Trainer takes its centres from the first batches,
// and then moves h² towards the estimate of expectation maximisation [dempster1977] from each further batch.
//
//	scale, _ := standardize.Fit(data.Sample(10000, rng))
//	t, _ := kde.NewTrainer(kde.DefaultConfig(), scale)
//	for range train.Run(ctx, t, data, t.Options(), train.NewStreams(1)) {
//	}
//	q := t.Model()
//
// # What is not guaranteed
//
// The density is exact but blurred by h: structure finer than the distance between neighbouring centres
// is lost, which in more than a few dimensions is all structure. The model stores its centres: the time of
// LogProb is proportional to their number, and samples lie about h from points of the data.
package kde
