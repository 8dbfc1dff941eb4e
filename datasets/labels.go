package datasets

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// WithLabels is the joint distribution of points and labels, the training data of a conditional
// model. It is a [genlab.Sampler].
type WithLabels struct{ Sampler Labelled }

// Sample returns n samples, n x (d+1): a point of d coordinates and its label, an integer from 0.
// The points are those of Sampler from the same state of rng.
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

// WithLabels returns the joint distribution of points and labels. It fails if the data set has no
// labels; the error lists those that have.
func (d *Dataset) WithLabels() (WithLabels, error) {
	if sampler, ok := d.Sampler.(Labelled); ok && len(d.Labels) > 0 {
		return WithLabels{sampler}, nil
	}
	var have []string
	for _, d := range All() {
		if len(d.Labels) > 0 {
			have = append(have, d.Name)
		}
	}
	have = append(have, FilePrefix+"PATH?label=COLUMN")
	return WithLabels{}, fmt.Errorf("dataset %s has no labels; these have: %s", d.Name, strings.Join(have, ", "))
}

// Label returns the label given by its number or its name. It fails if there is no such label; the
// error lists them.
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
	return 0, fmt.Errorf("%s has no label %q. Valid labels: %s", d.Name, text, strings.Join(all, ", "))
}
