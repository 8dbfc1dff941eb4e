package models

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
	"genlab/datasets"
	"genlab/flow"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/train"
)

// Pictures draws the density next to the true one, the image of a grid, and samples through the layers; with
// labels also samples by label.
func (r flowRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	p := flowPainter{r.Model, ds, registry.Box(ds), seed}
	all := []painting{{"density.png", p.density}, {"warp.png", p.warp}, {"layers.png", p.layers}, {"trajectories.png", p.trajectories}}
	if p.m.Classes() > 0 {
		all = append(all, painting{"labels.png", p.labels})
	}
	return paint(all)
}

// flowPainter draws a flow trained on a dataset.
type flowPainter struct {
	m    *flow.Model
	ds   *datasets.Dataset
	box  plot.Box
	seed uint64
}

// inTurn returns a label for each of n rows, all equally often; nil for an unconditional flow.
func (p flowPainter) inTurn(n int) []int {
	if p.m.Classes() == 0 {
		return nil
	}
	return inTurn(n, p.m.Classes())
}

func (p flowPainter) density() ([]byte, error) {
	panels := []plot.Panel{{Title: "flow", Map: p.m}}
	if p.ds.Density != nil {
		panels = append([]plot.Panel{{Title: "true density", Map: p.ds.Density}}, panels...)
	}
	return plot.Compare("Density: flow on "+p.ds.Name, p.box, panels...)
}

func (p flowPainter) warp() ([]byte, error) {
	before, after := p.grid()
	title := "Image of a grid: flow on " + p.ds.Name
	if p.m.Classes() > 0 {
		title += ", label " + p.ds.Labels[0]
	}
	return plot.Compare(title, p.box,
		plot.Panel{Title: "base: 1/400 of the probability per cell", Lines: before},
		plot.Panel{Title: "image: still 1/400 per cell", Truth: p.ds.Density, Lines: after})
}

// Numbers of points that are followed through the layers, as points and as trajectories.
const (
	stripSamples = 3000
	pathSamples  = 40
)

// layers draws samples of the base and their images after each third of the layers, coloured by label or by the
// sector of the base that they come from.
func (p flowPainter) layers() ([]byte, error) {
	const sectors, frames = 6, 3
	z := p.m.Base().Sample(stripSamples, train.NewStream(p.seed, "layers").Rand)
	labels := p.inTurn(stripSamples)
	parts := labels
	if labels == nil {
		parts = make([]int, stripSamples)
		for i := range parts {
			turn := math.Atan2(z.At(i, 1), z.At(i, 0))/(2*math.Pi) + 0.5
			parts[i] = min(int(turn*sectors), sectors-1)
		}
	}
	var strip []plot.Panel
	all := len(p.m.Bijectors())
	for i, x := range p.m.Trajectory(z, labels) {
		if i < len(strip)*all/frames {
			continue
		}
		title := fmt.Sprintf("after %d of %d layers", i, all)
		if i == 0 {
			title = "base"
		}
		strip = append(strip, plot.Panel{Title: title, Points: x, Labels: parts})
	}
	return plot.Compare("Samples through the layers: flow on "+p.ds.Name, p.box, strip...)
}

func (p flowPainter) trajectories() ([]byte, error) {
	var steps []*mat.Dense
	z := p.m.Base().Sample(pathSamples, train.NewStream(p.seed, "paths").Rand)
	for i, x := range p.m.Trajectory(z, p.inTurn(pathSamples)) {
		if len(p.m.Bijectors()) == i || i%2 == 0 {
			steps = append(steps, x)
		}
	}
	return plot.Compare("Trajectories: flow on "+p.ds.Name, p.box,
		plot.Panel{Truth: p.ds.Density, Paths: steps, Colour: plot.Vermillion})
}

func (p flowPainter) labels() ([]byte, error) {
	return byLabel(p.ds, p.seed, func(context mat.Matrix) genlab.Sampler { return p.m.Given(context) })
}

// grid returns a grid over the base whose lines are quantiles, so that all cells have the same probability, and
// its image, for the first label of a conditional flow.
func (p flowPainter) grid() (before, after []plot.Line) {
	const cells, dots, reach = 20, 4000, 3.3
	ends := []color.NRGBA{plot.Vermillion, plot.Blue}
	for axis, colour := range ends {
		for k := 1; k < cells; k++ {
			z := mat.NewDense(dots, 2, nil)
			for i := range dots {
				z.Set(i, axis, distuv.UnitNormal.Quantile(float64(k)/cells))
				z.Set(i, 1-axis, reach*(2*float64(i)/(dots-1)-1))
			}
			width := 1.3
			if k == cells/2 {
				width = 3.5 // the two medians
			}
			var labels []int
			if p.m.Classes() > 0 {
				labels = make([]int, dots)
			}
			var x *mat.Dense
			for step, y := range p.m.Trajectory(z, labels) {
				if x = y; step == 0 {
					before = append(before, plot.Line{X: x, Colour: colour, Width: width})
				}
			}
			after = append(after, plot.Line{X: x, Colour: colour, Width: width})
		}
	}
	return before, after
}
