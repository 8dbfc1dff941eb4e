package experiments

import (
	"errors"
	"io/fs"
	"testing"

	"genlab/lab/experiment"
)

// stored names the experiments whose results lack a part of what the criterion is about. Those of exact lack
// standard errors as well, but another part of its criterion fails.
var stored = map[string]string{
	"bounds": "the stored results have no standard errors of the paired differences, which later runs store",
}

// TestVerdicts: the verdict of every shipped result can be derived from its measurements, without the
// stored one. A verdict that depends on it must be in the table above.
func TestVerdicts(t *testing.T) {
	for _, e := range All() {
		r, err := experiment.ReadResultFS(files, e.Name+"/"+experiment.ResultFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want := r.Supported
		if e.Conclude(r); r.Supported != want || r.Answer == "" || r.Smoke {
			t.Errorf("%s: derived %v, stored %v: %s", e.Name, r.Supported, want, r.Answer)
		}
		r.Supported = !want
		derived, _ := e.Answer(r)
		if _, lacks := stored[e.Name]; derived == want == lacks {
			t.Errorf("%s: derived %v without the stored verdict %v", e.Name, derived, want)
		}
	}
}

// TestNothingSupportsNothing: without measurements no claim is supported.
func TestNothingSupportsNothing(t *testing.T) {
	for _, e := range All() {
		if supported, _ := e.Answer(&experiment.Result{}); supported {
			t.Errorf("%s is supported without measurements", e.Name)
		}
		if e.Brief != nil {
			e.Brief(&experiment.Result{})
		}
	}
}
