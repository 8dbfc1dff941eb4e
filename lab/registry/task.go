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

// Task is the data that a model learns: [Points] or a text.
type Task interface {
	// Batches returns the sampler of the training batches of a seed, after taken points were trained on.
	Batches(seed uint64, taken int) genlab.Sampler
	// Files returns the files that the data come from.
	Files() []File
}

// Points is a dataset of points, with labels if the model is conditional: that which is learned, the training
// rows in the case of a file. See [Points.Split].
type Points struct {
	*datasets.Dataset
	HeldOut  *datasets.Dataset // the rows that a model is measured on; nil for a distribution, and where there are none
	labelled bool
	files    []File
}

// FindPoints returns the dataset of a name for a model of points with at most most coordinates (0 for any number),
// with labels if it is conditional. It fails as [InputError] does where there is no such dataset, where it has
// more coordinates or no labels, or where its file cannot be read.
func FindPoints(model, name string, labelled bool, most int) (Points, error) {
	if slices.Contains(datasets.TextNames(), name) {
		return Points{}, usage.Errorf("%s is a text, which only the models of text can learn: genlab train autoregressive --data %s, or masked-diffusion", name, name)
	}
	ds, err := datasets.ByName(name)
	if err != nil {
		return Points{}, InputError(err)
	}
	if most > 0 && ds.Dim() > most {
		return Points{}, usage.Errorf("%s takes points of at most %d coordinates, but those of %s have %d", model, most, name, ds.Dim())
	}
	if labelled {
		if _, err := ds.WithLabels(); err != nil {
			return Points{}, usage.Error{Err: err}
		}
	}
	p := Points{Dataset: ds, labelled: labelled}
	if sum, ok := ds.Digest(); ok {
		p.files = []File{{trainingFile, name, sum[:]}}
	}
	return p, nil
}

// InputError returns the error of a dataset or of a file of points as a usage error, unless the file is damaged.
func InputError(err error) error {
	if errors.Is(err, datasets.ErrCorrupt) {
		return err
	}
	return usage.Error{Err: err}
}

// Batches implements [Task]. The rows of a file are permuted anew in each epoch.
func (p Points) Batches(seed uint64, taken int) genlab.Sampler {
	return p.Epochs(seed, taken, p.labelled)
}

// Files implements [Task].
func (p Points) Files() []File { return p.files }

// Classes returns the number of labels in the batches, 0 without labels.
func (p Points) Classes() int {
	if p.labelled {
		return len(p.Labels)
	}
	return 0
}

// Reference returns the training rows of a file, or a sample of a distribution (n x Dim) determined by the seed, to
// fit a standardisation or a box to.
func (p Points) Reference(seed uint64) mat.Matrix {
	if rows, ok := p.Rows(); ok {
		return rows
	}
	const n = 50000
	return p.Sampler.Sample(n, train.NewStream(seed, "scale").Rand)
}

// Scale fits the standardisation of the points. It fails with a usage error where a coordinate is constant.
func (p Points) Scale(seed uint64) (standardize.Map, error) {
	scale, err := standardize.Fit(p.Reference(seed))
	if err != nil {
		return scale, usage.Error{Err: err}
	}
	return scale, nil
}

// Box returns the rectangle that pictures of a dataset show.
func Box(ds *datasets.Dataset) plot.Box {
	var b plot.Box
	b.XMin, b.XMax, b.YMin, b.YMax = ds.Box()
	return b
}

// Described returns the modes of a dataset's 2-D projection for package metrics.
func Described(ds *datasets.Dataset) metrics.ModeInfo {
	plane := ds.Plane()
	return metrics.ModeInfo{Modes: plane.Modes, Weights: plane.ModeWeights(), HighQuality: plane.HighQuality}
}

// OffManifold returns the row of the mean distance of at most 2000 rows of x (n x Dim) from the manifold that the
// data are concentrated near, with that of the oracle; false where the data have none.
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

// PlottedSamples is the number of points in samples.png; more would hide the density.
const PlottedSamples = 2500
