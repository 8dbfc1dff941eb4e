// Package compare is what a comparison of models says: runs, their summary over seeds, the
// tables, the report, and the claims of theory with what the figures say to each. Training and
// measuring are the caller's.
//
// # compare.json
//
// A comparison is stored as the JSON of Result, and Read gives it back:
//
//	plan     what was asked: data, models, seeds, budget, sizes of the samples
//	machine  where and with what
//	runs     every model on every data set with every seed: status "done" or "failed" (with
//	         the reason), the figures of the one run with their standard errors, the folder
//	         of the run beneath that of the file, and the sweep over network evaluations
//	rows     for each data set and model the figures over the seeds: mean, half width of the
//	         95 % interval, best, warning
//	claims   what theory says, the verdict of this comparison, and the figures behind it
//
// Figures are kept under the keys of Columns. One that a model does not have is not there: a
// GAN has no "nll". NaN is null, infinities are "Infinity" and "-Infinity".
//
// Two comparisons with the same plan have the same figures to the last bit on one kind of
// machine, but for the columns that Column.Timing marks, and the times within runs.
package compare
