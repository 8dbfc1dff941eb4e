package models

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

// Video is the diffusion model of videos.
var Video = registry.Spec[hybrid.VideoConfig]{
	Info: registry.Info{
		Name: "video", Summary: "Diffusion model of short videos, its network a transformer over space and time.",
		Role: registry.Hybrid, Likelihood: "none", Data: "bounce", Colour: plot.Blue, Marker: plot.HollowSquare,
		Samples: 2000, // ten thousand videos take half a minute in 50 steps
	},
	Defaults: hybrid.DefaultVideo,
	Tiny: func(c *hybrid.VideoConfig) {
		Diffusion.Tiny(&c.Diffusion)
		c.Diffusion.Steps, c.Diffusion.Batch, c.Diffusion.Hidden, c.Diffusion.Layers, c.Diffusion.NFE = 100, 64, 32, 1, 10
	},
	Loop: func(c hybrid.VideoConfig) train.Options {
		return train.Options{Steps: c.Diffusion.Steps, Batch: c.Diffusion.Batch}
	},
	Task: func(_ hybrid.VideoConfig, data string) (registry.Task, error) {
		p, err := registry.FindPoints("video", data, false, 0)
		if err != nil {
			return nil, err
		}
		if _, ok := p.View.(datasets.Bounce); !ok {
			return nil, usage.Errorf("video does not take %s: it learns videos, as those of bounce", data)
		}
		return p, nil
	},
	New: onPoints(func(c hybrid.VideoConfig, scale standardize.Map, _ int, rng *rand.Rand) (registry.Trainer, error) {
		t, err := hybrid.NewVideo(c, scale, rng)
		if err != nil {
			return nil, usage.Error{Err: err} // videos of another size
		}
		return t, nil
	}),
	Resume: resume(hybrid.ResumeVideo),
	Load: func(c hybrid.VideoConfig, saved []checkpoint.Tensor) (registry.Trained, error) {
		m, err := hybrid.LoadVideo(c, saved)
		return videoRun{m}, err
	},
}

// videoRun is a trained model of videos.
type videoRun struct{ *diffusion.Model }

// Unwrap returns the library's model.
func (r videoRun) Unwrap() *diffusion.Model { return r.Model }

// With samples by the model's sampler with what the options change of it.
func (r videoRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return diffusionRun{r.Model}.With(o)
}

// Report are the rows of the laws of films: of the model in 25 and in 50 steps of DDIM, with the
// simulator's own as the oracle, and of the simulator's with their frames shuffled.
func (r videoRun) Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string) {
	const n = 1000
	m, judge := r.Model, ds.View.(datasets.Bounce)
	truth := ds.Sampler.Sample(n, train.NewStream(seed, "films' truth").Rand)
	oracle := judge.Measure(truth).List()
	var rows []metrics.Row
	add := func(who string, x mat.Matrix) {
		for i, f := range judge.Measure(x).List() {
			e := metrics.Mean(f.Values)
			rows = append(rows, e.Row(who+"_"+f.Name, metrics.Mean(oracle[i].Values).Value, "", f.Better))
		}
	}
	for _, nfe := range []int{25, 50} {
		c := m.Config()
		c.Sampler, c.Spacing, c.Eta, c.NFE = "ddim", diffusion.Shifted, 0, nfe
		add(fmt.Sprintf("ddim_%d", nfe), m.SamplingWith(c).Sample(n, train.NewStream(seed, "films").Rand))
	}
	add("shuffled", judge.ShuffleFrames(truth, train.NewStream(seed, "films' order").Rand))
	return rows, "Films of DDIM in 25 and 50 steps, the simulator's as the oracle, whose speed error is the discretisation floor; shuffled: the simulator's with their frames in an order of chance."
}
