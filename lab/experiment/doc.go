// Package experiment tests claims about the models. A claim is an Experiment in its own folder,
// experiments/<name>, which also holds its result:
//
//	experiment.go   the claim, how it is tested, the criterion, the measurements, and the answer
//	results.json    the measurements by seed, the configurations, the machine and the date
//	README.md       a page for readers, generated from the two, with its pictures
//
// An Experiment's Run takes the measurements of one seed on one dataset, a Trial. Its Answer is a pure
// function of all measurements, so that pages and tables can be rewritten from stored results:
// Conclude derives the verdict and all text anew. A new experiment is a package with a variable
// Experiment, a line in package experiments, and its results:
//
//	genlab experiment NAME --smoke   # seconds: checks that the experiment runs
//	genlab experiment NAME           # writes experiments/NAME/results.json and README.md
//	go generate ./experiments/report # writes the pages and tables
//
// The criterion is written before the measurement. A claim that is not supported is a result like any other.
//
// Trainings are cached: experiments with the same configuration, data and seed share one, and an
// interrupted training is resumed. Measurements are always repeated.
//
// Not guaranteed: times and their ratios hold for the machine named in the result, and only while it
// was idle. All other measurements are reproducible for the same seeds on the same kind of machine.
package experiment
