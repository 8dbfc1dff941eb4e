package datasets

import (
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/gentest"
)

// The columns are those of SampleLabelled, and Sample of the distribution draws the same points.
func TestWithLabels(t *testing.T) {
	labelled := 0
	for _, d := range All() {
		w, err := d.WithLabels()
		if len(d.Labels) == 0 {
			if err == nil || !strings.Contains(err.Error(), "8gaussians") {
				t.Errorf("%s has no labels: %v", d.Name, err)
			}
			continue
		}
		labelled++
		if err != nil {
			t.Fatal(err)
		}
		const n = 500
		x := w.Sample(n, gentest.Rand(1))
		if !mat.Equal(x.Slice(0, n, 0, 2), d.Sampler.Sample(n, gentest.Rand(1))) {
			t.Errorf("%s: other points than the distribution's", d.Name)
		}
		_, labels := w.Sampler.SampleLabelled(n, gentest.Rand(1))
		seen := map[float64]bool{}
		for i, label := range labels {
			if seen[x.At(i, 2)] = true; x.At(i, 2) != float64(label) {
				t.Fatalf("%s: row %d has label %v, want %d", d.Name, i, x.At(i, 2), label)
			}
		}
		if len(seen) != len(d.Labels) {
			t.Errorf("%s: %d labels of %d in %d samples", d.Name, len(seen), len(d.Labels), n)
		}
	}
	if labelled < 5 {
		t.Errorf("%d data sets with labels", labelled)
	}
}

func TestLabel(t *testing.T) {
	for _, d := range All() {
		for i, name := range d.Labels {
			for _, text := range []string{name, strconv.Itoa(i)} {
				if got, err := d.Label(text); got != i || err != nil {
					t.Errorf("%s: %q is label %d, %v, want %d", d.Name, text, got, err, i)
				}
			}
		}
		for _, text := range []string{"-1", strconv.Itoa(len(d.Labels)), "", "1.0", "nowhere"} {
			if _, err := d.Label(text); err == nil {
				t.Errorf("%s: %q is no label", d.Name, text)
			}
		}
	}
	d, err := ByName("moons")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Label("2"); err == nil || !strings.Contains(err.Error(), "1 "+d.Labels[1]) {
		t.Errorf("%v does not list the labels", err)
	}
}
