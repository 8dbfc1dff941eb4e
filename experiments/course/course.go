// Package course lists the experiments: a claim is a line here and a folder.
package course

import (
	"genlab/experiments"
	"genlab/experiments/bounds"
	kvcache "genlab/experiments/kv-cache"
)

// Experiments are all, in the order in which they are run and shown.
func Experiments() []experiments.Experiment {
	return []experiments.Experiment{kvcache.Experiment, bounds.Experiment}
}
