// Package experiment is what the claims of the course are put to the test with. A claim is an
// Experiment in a folder of its own, experiments/<name>, which also holds the answer:
//
//	experiment.go   what is claimed, how it is tested, the criterion, and the run
//	results.json    the figures by seed, the answer, the configurations, machine and date
//	README.md       the same to be read, written from the two, with Result.Pictures beside it
//
// An Experiment's Run takes a Setup (seeds, scale, where trainings are kept) and returns a Result.
// It trains through a Paradigm, which keeps what it trains: two experiments that ask for the
// same model of the same data and seed share one training, and one that was interrupted goes
// on where it was. The figures are taken anew each time.
//
// A new experiment is a package with a variable Experiment, a line in experiments/course, and its
// results. In its Run it trains with Paradigm.Train, puts a figure for each seed with Result.Put,
// and ends by Shown and Answer:
//
//	genlab experiment NAME --smoke   # seconds: that it runs, not what it finds
//	genlab experiment NAME           # writes experiments/NAME/results.json and README.md
//	go generate ./experiments/readme # the table of the project's README
//
// Its criterion is written before its answer. An answer may be that the claim was not shown; the
// experiment has then done its work like any other.
//
// What is not guaranteed: seconds and their ratios belong to the machine that stands in the
// result, and to how quiet it was. All other figures are the same again for the same seeds on
// the same kind of machine.
package experiment
