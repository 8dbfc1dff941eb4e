// Package video tests whether the samples of a video diffusion model obey the dynamics of the simulator that
// generated its training data.
package video

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "video",
	Claim: "A diffusion model with a transformer over patches of space and time learns the dynamics from videos alone: its points keep their speed, stay in the box, and are reflected at the walls and nowhere else.",
	Test: "On bounce, a model with the default configuration of video is sampled by DDIM in 25 and in 50 steps. Metrics, from 5,000 videos each, as many videos of the simulator, and both with their frames shuffled: the share of coordinates " +
		"outside the box, the relative error of the speed from frame to frame, reflections per video, and faults per video (turns in mid-air, and walls without a reflection). " +
		"The speed error of the simulator's videos, which is caused by reflections between two frames, is the discretisation floor.",
	Criterion: fmt.Sprintf("For every seed, in 50 steps: at most %.0f %% of the coordinates are outside, the speed error is at most %g times the floor, and the number of reflections is within %.0f %% of the simulator's. "+
		"In the mean over the seeds, shuffling the frames of the model's videos increases their speed error by a factor of at least %g, with disjoint intervals.", 100*mostOutside, mostError, 100*mostOff, leastShuffled),
	Seeds:  5,
	Data:   []string{data},
	Run:    run,
	Answer: answer,
	Brief: func(r *experiment.Result) string {
		of := func(name string) experiment.Measurement { return r.Of(name+", "+inMany, data) }
		return fmt.Sprintf("50 steps: %v of the coordinates outside, speed error %v × the floor, reflections %v × the simulator's", of("outside"), of(floors), of(reflected))
	},
	Labels: []string{floors, "speed error / discretisation floor", reflected, "reflections / simulator's reflections", "far_outside", "coordinates far outside, share", "outside", "coordinates outside, share", "speed_error", "speed error",
		"reflections", "reflections per video", "faults", "faults per video", "shuffled", "frames shuffled"},
}

const data = "bounce"

// What the criterion asks for.
const (
	mostOutside   = 0.01
	mostError     = 1.5 // times the floor
	mostOff       = 0.05
	leastShuffled = 5.0 // times
)

// Whose videos are measured, and ratios to the simulator's.
const (
	inFew     = "25 steps"
	inMany    = "50 steps"
	simulator = "simulator"
	shuffled  = ", shuffled"
	floors    = "speed error in floors"
	reflected = "reflections of the simulator's"
)

func run(t *experiment.Trial) error {
	m, seconds, err := experiment.Train[*diffusion.Model](t, "video", &models.Video, experiment.Config(t.Setup, &models.Video, ""))
	if err != nil {
		return err
	}
	bounce, n := t.Dataset.View.(datasets.Bounce), t.Scale(5000, 50)
	put := func(whose string, x mat.Matrix) {
		for _, f := range bounce.Measure(x).List() {
			t.Put(f.Name+", "+whose, "", metrics.Mean(f.Values).Value)
		}
	}
	measure := func(whose string, x mat.Matrix) {
		put(whose, x)
		put(whose+shuffled, bounce.ShuffleFrames(x, t.Rand("order")))
	}
	measure(simulator, t.Dataset.Sampler.Sample(n, t.Rand("evaluation")))
	c := m.Config()
	c.Sampler, c.Spacing, c.Eta = "ddim", diffusion.Shifted, 0
	for _, of := range []struct {
		whose string
		nfe   int
	}{{inFew, 25}, {inMany, 50}} {
		c.NFE = of.nfe
		measure(of.whose, m.SamplingWith(c).Sample(n, t.Rand("sample")))
		t.Put(floors+", "+of.whose, "", t.Last("speed_error, "+of.whose)/t.Last("speed_error, "+simulator))
		t.Put(reflected+", "+of.whose, "", t.Last("reflections, "+of.whose)/t.Last("reflections, "+simulator))
	}
	t.Put("training", "s", seconds)
	return nil
}

func answer(r *experiment.Result) (supported bool, text string) {
	of := func(name, whose string) experiment.Measurement { return r.Of(name+", "+whose, data) }
	outside, ratio, turns := of("outside", inMany), of(floors, inMany), of(reflected, inMany)
	own, order := of("speed_error", inMany), of("speed_error", inMany+shuffled)
	supported = outside.Max() <= mostOutside && ratio.Max() <= mostError &&
		turns.Min() >= 1-mostOff && turns.Max() <= 1+mostOff &&
		float64(order.Mean) >= leastShuffled*float64(own.Mean) && experiment.Disjoint(own, order)
	return supported, fmt.Sprintf("With 50 steps, a share of %v of the coordinates is outside; the speed error is %v times the floor of %v (%v times with 25 steps), and %v with the frames shuffled. "+
		"The number of reflections is %v times the simulator's, with %v faults and %v reflections per video.",
		outside, ratio, of("speed_error", simulator), of(floors, inFew), order, turns, of("faults", inMany), of("reflections", inMany))
}
