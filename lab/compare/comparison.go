package compare

import (
	"fmt"
	"path/filepath"
	"time"

	"genlab/lab/registry"
	"genlab/lab/rundir"
)

// Comparison is a plan with the state of its runs, in a locked folder. [New] opens one.
type Comparison struct {
	models registry.List
	plan   Plan
	rates  rates
	sets   []registry.Points // of plan.Data, undivided
	root   *rundir.Dir
	trials []*trial // by dataset, seed, model: the references first, what --add adds last
	added  []addition
}

// trial is one model on one dataset with one seed.
type trial struct {
	model, data string
	set         registry.Points // with the rows held out that the training holds out
	seed        uint64
	trained     bool      // not a reference, nor added
	added       *addition // nil for a model of this program
	steps       int
	config      []byte // config.yaml
	dir         string // relative to the comparison's
	result      Run
	diverged    bool          // why its training failed
	cpuTime     time.Duration // of its training, if it was started here
}

// String names the model, the dataset and the seed.
func (r *trial) String() string {
	return fmt.Sprintf("%s on %s, seed %d", r.model, r.data, r.seed)
}

// folder returns the name of the trial's folder. The suffix tells apart comparisons of different budgets.
func (r *trial) folder(suffix string) string {
	return filepath.Base(rundir.DefaultPath(r.model, r.data, r.seed)) + suffix
}

// fail records why a trial has no metrics.
func (r *trial) fail(reason string) { r.result.Status, r.result.Reason = Failed, reason }

// mustNamed returns the model of a name that was checked, and panics for another.
func mustNamed(models registry.List, name string) registry.Model {
	m, err := models.Named(name)
	if err != nil {
		panic(err)
	}
	return m
}

// dataset returns the dataset of a name. Its errors are usage errors.
func dataset(name string) (registry.Points, error) { return registry.FindPoints("", name, false, 0) }

// digest returns the digest of the trial's file in hexadecimal, "" where the data are no file.
func (r *trial) digest() string { return digest(r.set) }

func digest(p registry.Points) string {
	for _, f := range p.Files() {
		return fmt.Sprintf("%x", f.Digest)
	}
	return ""
}
