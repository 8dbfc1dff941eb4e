package datasets

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// WithLabels is a law whose points carry their labels: the batches of a conditional model. It
// is a genlab.Sampler.
type WithLabels struct{ Sampler Labelled }

// Sample returns n draws (n x (d+1)): a point and its label, a whole number from 0. The points
// are Law's own draws from the same state of rng.
func (w WithLabels) Sample(n int, rng *rand.Rand) *mat.Dense {
	points, labels := w.Sampler.SampleLabelled(n, rng)
	_, d := points.Dims()
	x := mat.NewDense(n, d+1, nil)
	for i, label := range labels {
		copy(x.RawRowView(i), points.RawRowView(i))
		x.Set(i, d, float64(label))
	}
	return x
}

// WithLabels returns the law with its labels, or an error that lists the data sets which have
// some.
func (d *Dataset) WithLabels() (WithLabels, error) {
	if law, ok := d.Sampler.(Labelled); ok && len(d.Labels) > 0 {
		return WithLabels{law}, nil
	}
	var have []string
	for _, d := range All() {
		if len(d.Labels) > 0 {
			have = append(have, d.Name)
		}
	}
	return WithLabels{}, fmt.Errorf("dataset %s has no labels; these have: %s", d.Name, strings.Join(have, ", "))
}

// Label returns the label that a text means, its number or its name, or an error that lists
// them all.
func (d *Dataset) Label(text string) (int, error) {
	if _, err := d.WithLabels(); err != nil {
		return 0, err
	}
	all := make([]string, len(d.Labels))
	for i, name := range d.Labels {
		if text == name || text == strconv.Itoa(i) {
			return i, nil
		}
		all[i] = fmt.Sprintf("%d %s", i, name)
	}
	return 0, fmt.Errorf("%s has no label %q; it has: %s", d.Name, text, strings.Join(all, ", "))
}
