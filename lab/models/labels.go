package models

import (
	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/train"
)

// inTurn returns a label for each of n rows, all equally often.
func inTurn(n, classes int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % classes
	}
	return labels
}

// byLabel draws data coloured by label next to samples of a conditional model.
func byLabel(ds *datasets.Dataset, seed uint64, given func(context mat.Matrix) genlab.Sampler) ([]byte, error) {
	const n = 3000
	truth, parts := ds.Sampler.(datasets.Labelled).SampleLabelled(n, train.NewStream(seed, "labels").Rand)
	asked := inTurn(n, len(ds.Labels))
	context := mat.NewDense(n, 1, nil)
	for i, label := range asked {
		context.Set(i, 0, float64(label))
	}
	drawn := given(context).Sample(n, train.NewStream(seed, "given").Rand)
	return plot.Compare("Samples by label: "+ds.Name, registry.Box(ds),
		plot.Panel{Title: "data", Points: truth, Labels: parts},
		plot.Panel{Title: "samples given each label", Points: drawn, Labels: asked})
}
