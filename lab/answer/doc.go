// Package answer turns the runs of a sweep, or any others, into means with intervals, effects and comparisons.
//
//	study, err := sweep.Results("runs/lr")
//	a, err := study.Answer("energy_distance", nil)
//	fmt.Print(a.Text())
//
// A configuration is a combination of values of the axes; it is run with several seeds. For each dataset the answer has
//
//	means         of each configuration over the seeds, with the 95 % interval of Student's t
//	best          the configuration with the best mean, and those that cannot be told from it
//	main effects  of each axis: the mean of each value over all combinations of the others, and the differences
//	              between values, paired by seed
//
// Differences are paired: run i of one value minus run i of another, which have the seed, and with it the data and the
// noise, in common. Their p-values, of the two-sided t test, are corrected for the number of comparisons by the method
// of [holm1979]: the probability that any difference is called significant though none exists is at most 5 %, for the
// differences with the best and for the main effects of a dataset, each as a family. The best configuration is
// chosen by its mean, so it is as if it had been compared with all others, and they with each other: the correction
// is for all pairs.
//
// The effect of a value averages over the combinations of the other axes for which every value has run with every
// seed, so that all values are compared under the same conditions. Where there are none, as in a random search, a
// number has the change from the lower to the upper end of its range, by linear regression of the configurations' means on
// all axes, and the values of a setting that is no number have the differences of that regression. Its intervals are over
// configurations, since seeds do not tell an effect from what is not linear in the others.
//
// # What is not guaranteed
//
// The intervals assume that seeds differ by a normal distribution, and hold for one interval at a time. They speak of
// training with other seeds, not of other data. With one seed there are none. A configuration of which a run failed or
// diverged is never the best: its mean is that of the runs that did not. The regression assumes effects that add up
// and are linear on the axis' scale.
package answer
