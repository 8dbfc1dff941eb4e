// Package video puts a diffusion model of films to the test: do its films keep the laws of the
// simulator that it has only seen films of?
package video

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "video",
	Claim: "A diffusion model whose network is a transformer over patches of space and time learns the laws of motion from films alone: its points keep their speed, stay in the box, and turn at the walls and nowhere else.",
	Test: "bounce; a model of the default configuration of video, its films by DDIM in 25 and in 50 steps. Of 5,000 films each, of as many of the simulator's own, and of both with their frames in an order of chance: the share of coordinates " +
		"outside the box, the relative error of the speed from frame to frame, reflections a film, and faults a film: turns in mid-air, and walls that turned nobody. " +
		"The speed error of the simulator's films, which a wall between two frames causes, is the discretisation floor.",
	Criterion: fmt.Sprintf("For every seed, in 50 steps: at most %.0f %% of the coordinates outside, a speed error of at most %g times the floor, and reflections within %.0f %% of the simulator's; "+
		"and the speed error of the model's films with their frames shuffled is at least %g times theirs, with intervals apart.", 100*mostOutside, mostError, 100*mostOff, leastShuffled),
	Seeds: 3,
	Brief: func(r *experiment.Result) string {
		of := func(name string) experiment.Figure { return r.Of(name+", "+inMany, "bounce") }
		return fmt.Sprintf("in 50 steps: %v of the coordinates outside, speed error %v × the floor, reflections %v of the simulator's", of("outside"), of("speed error in floors"), of("reflections of the simulator's"))
	},
	Run: run,
}

// What the criterion asks for.
const (
	mostOutside   = 0.01
	mostError     = 1.5 // floors
	mostOff       = 0.05
	leastShuffled = 5.0 // times
)

// Whose films are judged.
const (
	inFew     = "25 steps"
	inMany    = "50 steps"
	simulator = "simulator"
	shuffled  = ", shuffled"
)

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{}
	cfg := experiment.Config(s, &models.Video)
	if err := r.Use("video", &cfg); err != nil {
		return nil, err
	}
	ds, err := datasets.ByName("bounce")
	if err != nil {
		return nil, err
	}
	judge := ds.View.(datasets.Bounce)
	for _, seed := range s.Seeds {
		m, seconds, err := experiment.Train[*diffusion.Model](ctx, s, &models.Video, cfg, ds.Name, seed)
		if err != nil {
			return nil, err
		}
		put := func(who string, x mat.Matrix) {
			for _, f := range judge.Measure(x).List() {
				r.Put(f.Name+", "+who, ds.Name, "", metrics.Mean(f.Values).Value)
			}
		}
		score := func(who string, x mat.Matrix) {
			put(who, x)
			put(who+shuffled, judge.ShuffleFrames(x, train.NewStream(seed, "order").Rand))
		}
		n := s.Scale(5000, 50)
		score(simulator, ds.Sampler.Sample(n, train.NewStream(seed, "evaluation").Rand))
		sampling := m.Config()
		sampling.Sampler, sampling.Spacing, sampling.Eta = "ddim", diffusion.Shifted, 0
		for _, c := range []struct {
			who string
			nfe int
		}{{inFew, 25}, {inMany, 50}} {
			sampling.NFE = c.nfe
			score(c.who, m.SamplingWith(sampling).Sample(n, train.NewStream(seed, "sample").Rand))
		}
		for _, who := range []string{inFew, inMany} {
			floor := last(r.Of("speed_error, "+simulator, ds.Name))
			r.Put("speed error in floors, "+who, ds.Name, "", last(r.Of("speed_error, "+who, ds.Name))/floor)
			r.Put("reflections of the simulator's, "+who, ds.Name, "", last(r.Of("reflections, "+who, ds.Name))/last(r.Of("reflections, "+simulator, ds.Name)))
		}
		r.Put("training", ds.Name, "s", seconds)
		s.Log("seed %d: in 50 steps %.3f floors of speed error", seed, last(r.Of("speed error in floors, "+inMany, ds.Name)))
	}
	r.Shown, r.Answer = answer(r, ds.Name)
	return r, nil
}

// last is the value of the latest seed.
func last(f experiment.Figure) float64 { return float64(f.Values[len(f.Values)-1]) }

// answer decides from the figures of a data set.
func answer(r *experiment.Result, data string) (shown bool, text string) {
	of := func(name, who string) experiment.Figure { return r.Of(name+", "+who, data) }
	outside, floors, turns := of("outside", inMany), of("speed error in floors", inMany), of("reflections of the simulator's", inMany)
	own, order := of("speed_error", inMany), of("speed_error", inMany+shuffled)
	shown = outside.Greatest() <= mostOutside && floors.Greatest() <= mostError &&
		turns.Least() >= 1-mostOff && turns.Greatest() <= 1+mostOff &&
		float64(order.Mean) >= leastShuffled*float64(own.Mean) && experiment.Apart(own, order)
	return shown, fmt.Sprintf("in 50 steps %v of the coordinates are outside; the speed error is %v times the floor of %v (in 25 steps %v times), and %v with the frames shuffled; "+
		"reflections are %v of the simulator's, and %v faults a film are seen, of %v reflections.",
		outside, floors, of("speed_error", simulator), of("speed error in floors", inFew), order, turns, of("faults", inMany), of("reflections", inMany))
}
