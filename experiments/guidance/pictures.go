package guidance

import (
	"fmt"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/internal/plot"
	"genlab/lab/experiment"
)

// pictures are the figures against the scale, and points of the first seed's models at some.
func pictures(r *experiment.Result, s experiment.Setup, models []*diffusion.Model, all []*datasets.Dataset) ([]experiment.Picture, error) {
	var lines []plot.Series
	for k, ds := range all {
		for _, figure := range []string{"accuracy", "recall"} {
			line := plot.Series{Name: figure + ", " + ds.Name, X: scales, Colour: plot.LabelColour(k), Marks: figure == "accuracy"}
			for _, scale := range scales {
				line.Y = append(line.Y, float64(r.Of(name(figure, scale), ds.Name).Mean))
			}
			lines = append(lines, line)
		}
	}
	sweep, err := plot.Lines(plot.Axes{Title: "Guidance: labels kept (discs) against variety", X: "scale of guidance (1: none)", Y: "share of points"}, lines...)
	if err != nil {
		return nil, err
	}
	shown := []experiment.Picture{{Name: "sweep.png", Shows: "accuracy rises and recall falls with the scale of guidance", PNG: sweep}}
	for k, ds := range all {
		var panels []plot.Panel
		n := s.Scale(1500, 200)
		parts := make([]int, n)
		for i := range parts {
			parts[i] = i % len(ds.Labels)
		}
		for _, scale := range []float64{0, none, strong} {
			x, _ := draw(models[k], ds, scale, n, 1)
			title := map[float64]string{0: "scale 0: the label is ignored", none: "scale 1: no guidance"}[scale]
			if title == "" {
				title = fmt.Sprintf("scale %g", scale)
			}
			panels = append(panels, plot.Panel{Title: title, Truth: ds.Density, Points: x, Labels: parts})
		}
		var box plot.Box
		box.XMin, box.XMax, box.YMin, box.YMax = ds.Box()
		png, err := plot.Compare("Points by the label asked for: "+ds.Name, box, panels...)
		if err != nil {
			return nil, err
		}
		shown = append(shown, experiment.Picture{Name: fmt.Sprintf("points%d.png", k+1), Shows: "points of " + ds.Name + " at three scales", PNG: png})
	}
	return shown, nil
}
