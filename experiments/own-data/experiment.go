// Package owndata tests what the held-out rows of a small file tell of a model: its true NLL, within the stated
// interval, and whether it has memorised the others.
package owndata

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/flow"
	"genlab/lab/baseline"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "own-data",
	Claim: "The held-out tenth of a file of 500 rows tells a model's true NLL within the stated interval and ranks a model that has memorised its training rows last, where the NLL of the training rows ranks it first.",
	Test: "In 100 repetitions 500 rows of N(0, I) in two dimensions are divided as genlab train divides a file. One Gaussian, by moments, and a spline flow trained for too long learn the training rows. " +
		"The 95 % interval (Student's t) of each model's NLL on the 50 held-out rows is compared with its NLL on 100,000 fresh points.",
	Criterion: "For both models the interval covers the NLL on fresh points in 90 to 99 of 100 repetitions. Averaged over the repetitions, the Gaussian has the lower NLL on held-out rows " +
		"and the flow on training rows, with disjoint 95 % intervals.",
	Seeds:  100,
	Run:    run,
	Answer: answer,
	Labels: []string{"training rows", "training rows"},
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("coverage %s (Gaussian), %s (flow); NLL held out %s and %s nats, on training rows %s and %s",
			covered(r, gaussian), covered(r, overtrained), r.Of(heldOut+gaussian, "").Value(), r.Of(heldOut+overtrained, "").Value(),
			r.Of(trained+gaussian, "").Value(), r.Of(trained+overtrained, "").Value())
	},
}

// The models, and what is measured of each.
const (
	gaussian, overtrained = "Gaussian", "overtrained flow"

	trained  = "NLL of training rows, "
	heldOut  = "NLL of held-out rows, "
	fresh    = "NLL of fresh points, "
	interval = "interval covers, "
)

// normal is N(0, I).
type normal struct{}

// Sample implements [genlab.Sampler].
func (normal) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		for j := range 2 {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	return x
}

// model has a density.
type model interface {
	genlab.Sampler
	genlab.LogProber
}

func run(t *experiment.Trial) error {
	const rows = 500
	data, err := file(normal{}.Sample(rows, t.Rand("data")))
	if err != nil {
		return err
	}
	learn, held, err := data.Split(0.1, t.Seed)
	if err != nil {
		return err
	}
	own, others := learn.Fresh(rows, t.Rand("rows")), held.Fresh(rows, t.Rand("rows"))
	points := normal{}.Sample(t.Scale(100000, 2000), t.Rand("likelihood"))
	score := func(name string, q model) {
		truth := metrics.NLL(q, points)
		e := metrics.NLL(q, others)
		lo, hi := metrics.Interval(e, 0.95)
		inside := 0.0
		if lo <= truth.Value && truth.Value <= hi {
			inside = 1
		}
		t.Put(trained+name, "nats", metrics.NLL(q, own).Value)
		t.Put(heldOut+name, "nats", e.Value)
		t.Put(fresh+name, "nats", truth.Value)
		t.Put(interval+name, "", inside)
	}
	g, err := baseline.FitGaussian(own)
	if err != nil {
		return err
	}
	score(gaussian, g)
	f, err := fit(t, learn, own)
	if err != nil {
		return err
	}
	score(overtrained, f)
	return nil
}

// file returns the dataset of a file of points.
func file(x *mat.Dense) (*datasets.Dataset, error) {
	dir, err := os.MkdirTemp("", "genlab-own-data-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "points.npy")
	if err := datasets.WritePoints(path, x); err != nil {
		return nil, err
	}
	return datasets.ByName(datasets.FilePrefix + path)
}

// fit trains a small flow for many epochs. Its folder is not kept: there would be one for each repetition.
func fit(t *experiment.Trial, data *datasets.Dataset, rows *mat.Dense) (*flow.Model, error) {
	cfg := experiment.Config(t.Setup, &models.Flow, "")
	cfg.Hidden, cfg.Layers, cfg.Bins, cfg.Batch, cfg.Steps = 16, 2, 8, 64, t.Scale(1500, 20)
	cfg.Warmup = min(cfg.Warmup, cfg.Steps/10)
	if err := t.Result.Use("flow", &cfg); err != nil {
		return nil, err
	}
	scale, err := standardize.Fit(rows)
	if err != nil {
		return nil, err
	}
	m, err := flow.New(cfg, scale, t.Rand("init"))
	if err != nil {
		return nil, err
	}
	trainer, err := flow.NewTrainer(m)
	if err != nil {
		return nil, err
	}
	for _, err := range train.Run(context.Background(), trainer, data.Epochs(t.Seed, 0, false), cfg.Options(), train.NewStreams(t.Seed)) {
		if err != nil {
			return nil, err
		}
	}
	return trainer.Average(), nil
}

// covered returns the share of the repetitions whose interval covers the NLL on fresh points.
func covered(r *experiment.Result, name string) string {
	m := r.Of(interval+name, "")
	return fmt.Sprintf("%.0f of %d", math.Round(float64(m.Mean)*float64(len(m.Values))), len(m.Values))
}

func answer(r *experiment.Result) (supported bool, text string) {
	supported = true
	for _, name := range []string{gaussian, overtrained} {
		share := float64(r.Of(interval+name, "").Mean)
		supported = supported && share >= 0.9 && share <= 0.99
		if text != "" {
			text += " "
		}
		text += fmt.Sprintf("%s: the interval covers the NLL on fresh points in %s repetitions; NLL %s nats on training rows, %s on held-out rows, %s on fresh points.", name,
			covered(r, name), r.Of(trained+name, "").Value(), r.Of(heldOut+name, "").Value(), r.Of(fresh+name, "").Value())
	}
	below := func(what, a, b string) bool {
		x, y := r.Of(what+a, ""), r.Of(what+b, "")
		return x.Mean < y.Mean && experiment.Disjoint(x, y)
	}
	supported = supported && below(heldOut, gaussian, overtrained) && below(trained, overtrained, gaussian)
	return supported, text
}
