package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/flow"
	"genlab/gan"
	"genlab/nn"
	"genlab/standardize"
	"genlab/vae"
)

// identity standardises nothing, in two dimensions.
var identity = standardize.Map{Shift: []float64{0, 0}, Scale: []float64{1, 1}}

// model returns a call of a model with its default settings but the width and the batch: a step of its
// training, or with kind score or draw the log-density or the samples of Rows points.
func (w workload) model(rng *rand.Rand) (func(), error) {
	points := mat.NewDense(w.Rows, 2, nil)
	redraw := func() {
		for i := range points.RawMatrix().Data {
			points.RawMatrix().Data[i] = rng.NormFloat64()
		}
	}
	redraw()
	switch w.Kind {
	case "vae":
		c := vae.DefaultConfig()
		c.Hidden, c.Batch, c.Layers, c.Stratified = w.Hidden, w.Rows, 3, false // as in the peers
		m, err := vae.New(c, identity, rng)
		if err != nil {
			return nil, err
		}
		t, err := vae.NewTrainer(m)
		step := learning(t, points, rng)
		// With the same points in every step the slopes of many units become denormal, which an Intel core multiplies slowly.
		return func() { redraw(); step() }, err
	case "gan":
		c := gan.DefaultConfig()
		c.Hidden, c.Batch = w.Hidden, w.Rows
		m, err := gan.New(c, identity, rng)
		if err != nil {
			return nil, err
		}
		t, err := gan.NewTrainer(m)
		return learning(t, points, rng), err
	case "text", "text-bf16":
		return w.text(rng)
	}
	c := flow.DefaultConfig()
	c.Hidden = w.Hidden
	if w.Kind == "flow" {
		c.Batch = w.Rows
	}
	m, err := flow.New(c, identity, rng)
	if err != nil {
		return nil, err
	}
	switch w.Kind {
	case "flow":
		t, err := flow.NewTrainer(m)
		return learning(t, points, rng), err
	case "score":
		return func() { m.LogProb(points) }, nil
	case "draw":
		return func() { m.Sample(w.Rows, rng) }, nil
	}
	return nil, fmt.Errorf("unknown kind of work %q", w.Kind)
}

// text is a step of nanoGPT's recipe on characters of an alphabet of 65, in bfloat16 where the kind says so.
func (w workload) text(rng *rand.Rand) (func(), error) {
	c := autoregressive.DefaultTextConfig()
	c.Hidden, c.Batch = w.Hidden, w.Rows
	if w.Kind == "text-bf16" {
		c.Precision = nn.BFloat16
	}
	letters := make(autoregressive.Alphabet, 65)
	for i := range letters {
		letters[i] = rune('0' + i)
	}
	m, err := autoregressive.NewText(c, letters, rng)
	if err != nil {
		return nil, err
	}
	t, err := autoregressive.NewTrainer(m)
	if err != nil {
		return nil, err
	}
	windows, err := letters.Windows(strings.Repeat(string(letters), 20), c.Context)
	if err != nil {
		return nil, err
	}
	return learning(t, windows.Sample(c.Batch, rng), rng), nil
}

func learning(l genlab.Learner, batch *mat.Dense, rng *rand.Rand) func() {
	return func() {
		if _, err := l.Learn(batch, rng); err != nil {
			panic(err)
		}
	}
}
