package models

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion/matching"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/train"
)

// straightPaths is the number of trajectories in a picture.
const straightPaths = 60

// Pictures draws trajectories from noise to data.
func (r fieldRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	return trajectoriesOf(ds, seed, "flow matching", r.Model)
}

// Pictures draws trajectories before rectification and after every round, from the same noise.
func (r rectifiedRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	return trajectoriesOf(ds, seed, "rectified flow", r.all.Rounds...)
}

// trajectoriesOf draws the trajectories of each round.
func trajectoriesOf(ds *datasets.Dataset, seed uint64, name string, rounds ...*matching.Model) ([]registry.Picture, error) {
	var panels []plot.Panel
	for k, m := range rounds {
		c := m.Config()
		c.Sampler, c.NFE = "rk4", 160
		s := m.SamplingWith(c)
		var steps []*mat.Dense
		for _, x := range s.Trajectory(straightPaths, train.NewStream(seed, "paths").Rand) {
			at := mat.DenseCopyOf(x)
			s.Scale.ToData(at)
			steps = append(steps, at)
		}
		title := "flow matching"
		if k > 0 {
			title = fmt.Sprintf("after round %d", k)
		}
		panels = append(panels, plot.Panel{Title: title, Truth: ds.Density, Paths: steps, Colour: plot.Vermillion})
	}
	if len(panels) == 1 {
		panels[0].Title = ""
	}
	png, err := plot.Compare("Trajectories: "+name+" on "+ds.Name, registry.Box(ds), panels...)
	return []registry.Picture{{Name: "trajectories.png", Data: png}}, err
}
