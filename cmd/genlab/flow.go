package main

import (
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
	"genlab/datasets"
	"genlab/flow"
	"genlab/internal/affine"
	"genlab/internal/plot"
	"genlab/internal/state"
	"genlab/internal/train"
)

var flowFamily = family[flow.Config]{
	name:     "flow",
	defaults: flow.DefaultConfig,
	smoke:    func(c *flow.Config) { c.Steps, c.Batch, c.Hidden, c.Warmup, c.EMA = 200, 256, 32, 20, 0.97 },
	loop:     func(c flow.Config) train.Options { return train.Options{Steps: c.Steps, Batch: c.Batch} },
	begin: func(c flow.Config, scale affine.Map, rng *rand.Rand) (trainee, error) {
		m, err := flow.New(c, scale, rng)
		if err != nil {
			return nil, err
		}
		return flow.NewTrainer(m)
	},
	resume: func(c flow.Config, saved []state.Tensor, steps int) (trainee, error) {
		return flow.Resume(c, saved, steps)
	},
	most:     datasets.LiftDim,
	load:     func(c flow.Config, saved []state.Tensor) (sampled, error) { return flow.Load(c, saved) },
	sampling: flowSampling,
	pictures: flowPictures,
}

// flowSampling is the model's one way to sample: a pass back through the chain.
func flowSampling(m sampled, _ flow.Config, f samplingFlags) (genlab.Sampler, int, error) {
	if f != (samplingFlags{}) {
		return nil, 0, usagef("a flow samples in one pass: --sampler, --nfe, --eta and --spacing belong to diffusion runs")
	}
	return m, 1, nil
}

// flowPictures are the density beside the true one, the grid that the flow bends, and the way
// of points through the layers.
func flowPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	model, box := m.(*flow.Model), boxOf(ds)
	panels := []plot.Panel{{Title: "flow", Map: model}}
	if ds.Density != nil {
		panels = append([]plot.Panel{{Title: "truth", Map: ds.Density}}, panels...)
	}
	density, err := plot.Compare("Density: flow on "+ds.Name, box, panels...)
	if err != nil {
		return nil, err
	}
	before, after := warpedGrid(model)
	warp, err := plot.Compare("A grid on its way to "+ds.Name, box,
		plot.Panel{Title: "the base: each cell has 1/400 of the mass", Lines: before},
		plot.Panel{Title: "its image: each cell still has 1/400", Truth: ds.Density, Lines: after})
	if err != nil {
		return nil, err
	}
	layers, err := plot.Compare("From the base through the layers to "+ds.Name, box, filmStrip(model, seed)...)
	if err != nil {
		return nil, err
	}
	var steps []*mat.Dense
	few := model.Base().Sample(pathSamples, train.NewStream(seed, "paths").Rand)
	for i, x := range model.Path(few, nil) {
		if len(model.Bijectors()) == i || i%2 == 0 {
			steps = append(steps, x)
		}
	}
	paths, err := plot.Compare("The ways of some points to "+ds.Name, box,
		plot.Panel{Truth: ds.Density, Paths: steps, Colour: plot.ModelColour("flow")})
	return []picture{{"density.png", density}, {"warp.png", warp}, {"layers.png", layers}, {"trajectories.png", paths}}, err
}

// Numbers of points that are followed through the layers, drawn as points and as paths.
const (
	stripSamples = 3000
	pathSamples  = 40
)

// filmStrip shows the points of the base and where they are after each third of the layers,
// in the colours of the sectors of the base that they come from.
func filmStrip(m *flow.Model, seed uint64) (strip []plot.Panel) {
	const sectors, frames = 6, 3
	z := m.Base().Sample(stripSamples, train.NewStream(seed, "layers").Rand)
	sector := make([]int, stripSamples)
	for i := range sector {
		turn := math.Atan2(z.At(i, 1), z.At(i, 0))/(2*math.Pi) + 0.5
		sector[i] = min(int(turn*sectors), sectors-1)
	}
	all := len(m.Bijectors())
	for i, x := range m.Path(z, nil) {
		if i < len(strip)*all/frames {
			continue
		}
		title := fmt.Sprintf("after %d of %d maps", i, all)
		if i == 0 {
			title = "the base"
		}
		strip = append(strip, plot.Panel{Title: title, Points: x, Parts: sector})
	}
	return strip
}

// warpedGrid is a grid over the base whose lines are its quantiles, so that the cells share one
// mass, and its image in the data's plane.
func warpedGrid(m *flow.Model) (before, after []plot.Line) {
	const cells, dots, reach = 20, 4000, 3.3
	ends := []color.NRGBA{plot.ModelColour("flow"), plot.ModelColour("diffusion")}
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
			var x *mat.Dense
			for step, y := range m.Path(z, nil) {
				if x = y; step == 0 {
					before = append(before, plot.Line{X: x, Colour: colour, Width: width})
				}
			}
			after = append(after, plot.Line{X: x, Colour: colour, Width: width})
		}
	}
	return before, after
}
