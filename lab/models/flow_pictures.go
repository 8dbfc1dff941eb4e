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

// Pictures are the density beside the true one, the grid that the flow bends, and the way
// of points through the layers; with labels also the points of each.
func (r flowRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	p := flowPainter{r.Model, ds, registry.Box(ds), seed}
	all := []painting{{"density.png", p.density}, {"warp.png", p.warp}, {"layers.png", p.layers}, {"trajectories.png", p.trajectories}}
	if p.m.Classes() > 0 {
		all = append(all, painting{"labels.png", p.labels})
	}
	return paint(all)
}

// flowPainter draws a flow of a data set.
type flowPainter struct {
	m    *flow.Model
	ds   *datasets.Dataset
	box  plot.Box
	seed uint64
}

// inTurn is a label for each of n rows, all of them equally often; nil where there are none.
func (p flowPainter) inTurn(n int) []int {
	if p.m.Classes() == 0 {
		return nil
	}
	return inTurn(n, p.m.Classes())
}

func (p flowPainter) density() ([]byte, error) {
	panels := []plot.Panel{{Title: "flow", Map: p.m}}
	if p.ds.Density != nil {
		panels = append([]plot.Panel{{Title: "truth", Map: p.ds.Density}}, panels...)
	}
	return plot.Compare("Density: flow on "+p.ds.Name, p.box, panels...)
}

func (p flowPainter) warp() ([]byte, error) {
	before, after := p.grid()
	title := "A grid on its way to " + p.ds.Name
	if p.m.Classes() > 0 {
		title += ", given the label " + p.ds.Labels[0]
	}
	return plot.Compare(title, p.box,
		plot.Panel{Title: "the base: each cell has 1/400 of the mass", Lines: before},
		plot.Panel{Title: "its image: each cell still has 1/400", Truth: p.ds.Density, Lines: after})
}

// Numbers of points that are followed through the layers, drawn as points and as paths.
const (
	stripSamples = 3000
	pathSamples  = 40
)

// layers shows the points of the base and where they are after each third of the layers, in
// the colours of their labels, or of the sectors of the base that they come from.
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
		title := fmt.Sprintf("after %d of %d maps", i, all)
		if i == 0 {
			title = "the base"
		}
		strip = append(strip, plot.Panel{Title: title, Points: x, Labels: parts})
	}
	return plot.Compare("From the base through the layers to "+p.ds.Name, p.box, strip...)
}

func (p flowPainter) trajectories() ([]byte, error) {
	var steps []*mat.Dense
	z := p.m.Base().Sample(pathSamples, train.NewStream(p.seed, "paths").Rand)
	for i, x := range p.m.Trajectory(z, p.inTurn(pathSamples)) {
		if len(p.m.Bijectors()) == i || i%2 == 0 {
			steps = append(steps, x)
		}
	}
	return plot.Compare("The ways of some points to "+p.ds.Name, p.box,
		plot.Panel{Truth: p.ds.Density, Paths: steps, Colour: plot.Vermillion})
}

func (p flowPainter) labels() ([]byte, error) {
	return byLabel(p.ds, p.seed, func(context mat.Matrix) genlab.Sampler { return p.m.Given(context) })
}

// grid is a grid over the base whose lines are its quantiles, so that the cells share one
// mass, and its image in the data's plane, given the first label where there are some.
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
