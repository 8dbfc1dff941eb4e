package registry

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/usage"
)

// File is a file of data with the SHA-256 of what was read from it.
type File struct {
	Key    string // in the state of a checkpoint
	Name   string // of the dataset: file:PATH
	Digest []byte
}

// The keys of the digests in a checkpoint.
const (
	trainingFile = "digest"
	testFile     = "test-digest"
)

// isPoints reports whether a dataset is read from a file of points.
func isPoints(data string) bool {
	return strings.HasPrefix(data, datasets.FilePrefix) && !datasets.IsText(data)
}

// onlyForFiles fails where data that are not read from a file of points have settings of their held-out rows.
func onlyForFiles(data string, holdout float64, test string) error {
	key := ""
	switch {
	case isPoints(data):
		return nil
	case test != "":
		key = "test"
	case holdout != DefaultHoldout && holdout != 0:
		key = "holdout"
	default:
		return nil
	}
	if datasets.IsText(data) {
		return usage.Errorf("%s applies to points of a file, and %s is a text, whose last tenth is always held out: leave it out", key, data)
	}
	return usage.Errorf("%s applies to points of a file, and %s is a distribution, whose samples are always fresh: leave it out", key, data)
}

// Divide returns points with the rows of their file that the settings of a job hold out: a share, or those of
// another file. It fails with a usage error where the settings do not fit the points.
func Divide(p Points, holdout float64, test string, seed uint64) (Points, error) {
	if err := onlyForFiles(p.Name, holdout, test); err != nil {
		return p, err
	}
	if !isPoints(p.Name) {
		return p, nil
	}
	if test == "" {
		return p.Split(holdout, seed)
	}
	if !isPoints(test) {
		return p, usage.Errorf("test is %s, but must be file:PATH, a .csv or .npy file of points", test)
	}
	held, err := FindPoints("test", test, p.labelled, 0)
	switch {
	case err != nil:
		return p, err
	case held.Dim() != p.Dim():
		return p, usage.Errorf("the points of test %s have %d coordinates, but those of %s have %d", test, held.Dim(), p.Name, p.Dim())
	case bytes.Equal(held.files[0].Digest, p.files[0].Digest):
		return p, usage.Errorf("test %s has the points of %s: nothing is held out. Give other points, or leave it out", test, p.Name)
	}
	p.HeldOut = held.Dataset
	p.files = append(p.files, File{testFile, test, held.files[0].Digest})
	return p, nil
}

// Split returns the points with a share of the rows of their file held out, determined by the seed; those of a
// distribution as they are. It fails with a usage error where too few rows are left to train on.
func (p Points) Split(share float64, seed uint64) (Points, error) {
	if !isPoints(p.Name) {
		return p, nil
	}
	var err error
	if p.Dataset, p.HeldOut, err = p.Dataset.Split(share, seed); err != nil {
		return p, usage.Errorf("%w: give more rows, or a smaller holdout (0 holds out none)", err)
	}
	return p, nil
}

// Evaluated returns the dataset that a model is measured on: the held-out rows, or what is learned where there
// are none.
func (p Points) Evaluated() *datasets.Dataset {
	if p.HeldOut != nil {
		return p.HeldOut
	}
	return p.Dataset
}

// Truth returns what samples are measured against, and the oracle's sample: up to n rows each, none of them
// common to both. With held-out rows the truth is of those, and the oracle's are as many training rows; a file
// without them is divided in halves.
func (p Points) Truth(n int, rng *rand.Rand) (truth, oracle *mat.Dense) {
	if p.HeldOut == nil {
		parts := p.Disjoint(rng, n, n)
		return parts[0], parts[1]
	}
	truth = p.HeldOut.Fresh(n, rng)
	rows, _ := truth.Dims()
	return truth, p.Fresh(rows, rng)
}

// TaskOf returns the data of a job that was trained in a folder, by the state of its checkpoint. It fails with a
// usage error where a file of them is missing or has changed.
func TaskOf(j Job, dir string, state map[string][]byte) (Task, error) {
	t, err := j.Task()
	if err == nil {
		return t, CheckFiles(t, dir, state)
	}
	var files []string
	for _, f := range []File{{trainingFile, j.Data(), nil}, {testFile, field(j, "test").String(), nil}} {
		if was := state[f.Key]; len(was) > 0 {
			files = append(files, fmt.Sprintf("%s (SHA-256 %.3x…)", f.Name, was))
		}
	}
	if files == nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w; run %s needs the data that it was trained on, %s: restore the file, or start a new run with another --out", err, dir, strings.Join(files, " and "))
}

// CheckFiles fails with a usage error where a file of the data has changed since the run in a folder was
// trained, by the state of its checkpoint. Checkpoints without digests are accepted.
func CheckFiles(t Task, dir string, state map[string][]byte) error {
	for _, f := range t.Files() {
		if was := state[f.Key]; len(was) > 0 && !bytes.Equal(was, f.Digest) {
			return usage.Errorf("%s has changed since run %s started (SHA-256 %.3x…, was %.3x…), and a run keeps its data: restore the file, or start a new run with another --out",
				f.Name, dir, f.Digest, was)
		}
	}
	return nil
}
