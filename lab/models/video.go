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
		Name: "video", Summary: "Diffusion model of short videos with a space-time transformer.",
		Role: registry.Hybrid, Likelihood: "none", Data: "bounce", Colour: plot.Blue, Marker: plot.HollowSquare,
		Samples: 2000, // 10,000 videos take half a minute in 50 steps
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
			return nil, usage.Errorf("video does not take %s: it learns videos; use --data bounce", data)
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

// Unwrap returns the model of the library.
func (r videoRun) Unwrap() *diffusion.Model { return r.Model }

// With samples by the model's sampler with what the options change of it.
func (r videoRun) With(o registry.Options) (genlab.Sampler, int, error) {
	return diffusionRun(r).With(o)
}

// Report implements [registry.Reporter]: how well videos obey the laws of motion, for 25 and 50 steps of DDIM and
// for the simulator's videos with shuffled frames; the oracle has the simulator's videos.
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
	return rows, "ddim_25 and ddim_50: videos sampled in 25 and 50 steps of DDIM. The oracle has the simulator's videos, whose speed error is due to discretisation. shuffled: the simulator's videos with their frames in random order."
}
