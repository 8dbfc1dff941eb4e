package guidance

import (
	"fmt"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/internal/plot"
	"genlab/lab/experiment"
)

// sweep draws accuracy and recall against the guidance scale.
func sweep(r *experiment.Result) ([]byte, error) {
	var lines []plot.Series
	for k, d := range data {
		for _, metric := range []string{"accuracy", "recall"} {
			if len(r.Of(name(metric, none), d).Values) == 0 {
				continue
			}
			line := plot.Series{Name: metric + ", " + d, X: scales, Colour: plot.LabelColour(k), Marks: metric == "accuracy"}
			for _, scale := range scales {
				line.Y = append(line.Y, float64(r.Of(name(metric, scale), d).Mean))
			}
			lines = append(lines, line)
		}
	}
	return plot.Lines(plot.Axes{Title: "Classifier-free guidance: accuracy (discs) and recall", X: "guidance scale (1: no guidance)", Y: "share of points"}, lines...)
}

// panels draws n points of a model at three guidance scales.
func panels(m *diffusion.Model, ds *datasets.Dataset, n int) ([]byte, error) {
	parts := make([]int, n)
	for i := range parts {
		parts[i] = i % len(ds.Labels)
	}
	var list []plot.Panel
	for _, p := range []struct {
		scale float64
		title string
	}{{0, "scale 0: label ignored"}, {none, "scale 1: no guidance"}, {strong, fmt.Sprint("scale ", strong)}} {
		x, _ := sample(m, ds, p.scale, n, 1)
		list = append(list, plot.Panel{Title: p.title, Truth: ds.Density, Points: x, Labels: parts})
	}
	var box plot.Box
	box.XMin, box.XMax, box.YMin, box.YMax = ds.Box()
	return plot.Compare("Samples coloured by label: "+ds.Name, box, list...)
}
