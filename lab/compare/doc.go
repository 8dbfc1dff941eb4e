// Package compare trains several models on the same data under the same budget, measures them by the same
// code, and reports them in tables, charts and a page.
//
//	k, err := compare.New(models.All, compare.Request{Data: []string{"moons"}, Seeds: 5, ...})
//	defer k.Close()
//	result, err := k.Run(ctx, false, os.Stdout)
//
// A budget in seconds becomes a number of training steps by nominal rates, so that results do not depend
// on the speed of the machine. The tables also contain three references: an oracle (a second
// sample from the true distribution, which shows how much of a sample metric is noise), a fitted Gaussian
// and a fitted Gaussian mixture.
//
// # compare.json
//
// The file is the JSON of a [Result], and [Read] reads it:
//
//	plan     the request: data, models, seeds, budget, sample sizes
//	machine  hardware, program and date
//	runs     every model on every dataset with every seed: status "done" or "failed" (with the
//	         reason), metrics with standard errors, the folder of the run relative to that of
//	         the file, and the sweep over network evaluations
//	rows     for each dataset and model the metrics over the seeds: mean, half-width of the 95 %
//	         confidence interval, best, warning
//	claims   statements of theory, the verdict of this comparison, and the evidence
//
// Metrics have the keys of [Columns]; one that a model does not have is absent: a GAN has no "nll". NaN is
// null, infinities are "Infinity" and "-Infinity".
//
// Two comparisons with the same plan have the same metrics to the last bit on the same kind of machine,
// except those that Column.Timing marks and the times within runs.
package compare
