package main

import (
	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/internal/train"
)

// diffusionPictures is the animation of the reverse process.
func diffusionPictures(m sampled, ds *datasets.Dataset, seed uint64) ([]picture, error) {
	s := diffusionModel(m).Sampling()
	frames := func(yield func(plot.Frame) bool) {
		step := 0
		for t, z := range s.Trajectory(movieSamples, train.NewStream(seed, "movie").Rand) {
			x := mat.DenseCopyOf(z)
			s.Scale.ToData(x)
			if !yield(plot.Frame{X: x, T: t, Step: step}) {
				return
			}
			step++
		}
	}
	gif, err := plot.Animate(frames, plot.Animation{
		Title: "diffusion on " + ds.Name, Truth: ds.Density, Box: boxOf(ds), Colour: plot.ModelColour("diffusion"),
	})
	return []picture{{"denoise.gif", gif}}, err
}

// movieSamples is the number of points in an animation.
const movieSamples = 1200
