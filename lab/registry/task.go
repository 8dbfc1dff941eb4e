package registry

import (
	"errors"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

// Task is what a model learns from: Points, or a text.
type Task interface {
	Batches() genlab.Sampler
	// Digest returns the SHA-256 of the file that the data came from, nil where there is none.
	Digest() []byte
}

// Points are the points of a data set, with their labels where a model learns those too.
type Points struct {
	*datasets.Dataset
	labelled bool
}

// FindPoints returns the points of a data set by name for a model that takes at most so many
// coordinates (0 for any number), with labels where it learns those. Its errors are usage errors, and
// datasets.ErrCorrupt of a broken file.
func FindPoints(model, name string, labelled bool, most int) (Points, error) {
	if slices.Contains(datasets.TextNames(), name) {
		return Points{}, usage.Errorf("%s is a text, for models of characters: genlab train autoregressive --data %s", name, name)
	}
	ds, err := datasets.ByName(name)
	if err != nil {
		return Points{}, InputError(err)
	}
	if most > 0 && ds.Dim() > most {
		return Points{}, usage.Errorf("%s takes points of at most %d coordinates, and those of %s have %d", model, most, name, ds.Dim())
	}
	if labelled {
		if _, err := ds.WithLabels(); err != nil {
			return Points{}, usage.Error{Err: err}
		}
	}
	return Points{ds, labelled}, nil
}

// InputError is the error of a data set or of a file of points: a mistake of the user, unless the
// file is damaged.
func InputError(err error) error {
	if errors.Is(err, datasets.ErrCorrupt) {
		return err
	}
	return usage.Error{Err: err}
}

// Batches implements Task.
func (p Points) Batches() genlab.Sampler {
	if p.labelled {
		law, _ := p.WithLabels() // FindPoints has seen that it has some
		return law
	}
	return p.Sampler
}

// Digest implements Task.
func (p Points) Digest() []byte {
	if sum, ok := p.Dataset.Digest(); ok {
		return sum[:]
	}
	return nil
}

// Classes is the number of labels in the batches, 0 without.
func (p Points) Classes() int {
	if p.labelled {
		return len(p.Labels)
	}
	return 0
}

// Reference is a sample of the data (n x Dim) to fit a standardisation or a box to; it belongs to
// the seed.
func (p Points) Reference(seed uint64) *mat.Dense {
	const n = 50000
	return p.Sampler.Sample(n, train.NewStream(seed, "scale").Rand)
}

// Scale standardises the points.
func (p Points) Scale(seed uint64) (standardize.Map, error) {
	scale, err := standardize.Fit(p.Reference(seed))
	if err != nil {
		return scale, usage.Error{Err: err}
	}
	return scale, nil
}

// Box is the rectangle that a picture of a data set shows.
func Box(ds *datasets.Dataset) plot.Box {
	var b plot.Box
	b.XMin, b.XMax, b.YMin, b.YMax = ds.Box()
	return b
}

// Described is what the metrics of modes know of a data set as it is seen on the plane.
func Described(ds *datasets.Dataset) metrics.ModeInfo {
	plane := ds.Plane()
	return metrics.ModeInfo{Modes: plane.Modes, Weights: plane.ModeWeights(), HighQuality: plane.HighQuality}
}

// OffManifold is the mean distance of x (n x Dim) from the set near which the data lie, of at most
// 2000 rows, beside that of the oracle; false where the data has no such set.
func OffManifold(ds *datasets.Dataset, x, oracle *mat.Dense) (metrics.Row, bool) {
	v, ok := ds.View.(datasets.Manifold)
	if !ok {
		return metrics.Row{}, false
	}
	of := func(x *mat.Dense) metrics.Estimate {
		n, d := x.Dims()
		return metrics.Mean(v.OffManifold(x.Slice(0, min(n, 2000), 0, d)))
	}
	return of(x).Row("off_manifold", of(oracle).Value, "", "lower"), true
}

// ShownSamples is the number of points in samples.png: more would hide the density.
const ShownSamples = 2500
