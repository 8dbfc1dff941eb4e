package autoregressive_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
)

// Train a character language model and continue a prompt by greedy decoding.
func Example_text() {
	text := strings.Repeat("the cat sat on the mat. ", 20)
	alphabet, err := autoregressive.AlphabetOf(text)
	if err != nil {
		panic(err)
	}
	cfg := autoregressive.DefaultTextConfig()
	cfg.Hidden, cfg.Layers, cfg.Heads, cfg.Context = 32, 1, 2, 16
	cfg.Steps, cfg.Batch, cfg.LR, cfg.FinalLR, cfg.Warmup = 150, 16, 1e-2, 1e-3, 10
	model, err := autoregressive.NewText(cfg, alphabet, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	trainer, err := autoregressive.NewTrainer(model)
	if err != nil {
		panic(err)
	}
	windows, err := alphabet.Windows(text, cfg.Context)
	if err != nil {
		panic(err)
	}
	for _, err := range train.Run(context.Background(), trainer, windows, cfg.Options(), train.NewStreams(1)) {
		if err != nil {
			panic(err)
		}
	}
	trained := trainer.Average().(*autoregressive.Text)
	greedy := autoregressive.Sampling{Temperature: 0}
	texts, err := trained.ContinueAll([]string{"the cat"}, 17, greedy, rand.New(rand.NewPCG(2, 1)))
	fmt.Printf("%q %v\n", texts, err)
	fmt.Println("nats a character below 0.3:", -stat.Mean(trained.LogProb(text), nil) < 0.3)
	// Output:
	// [" sat on the mat. "] <nil>
	// nats a character below 0.3: true
}

// Train a density on the plane and compare it with the true one: KL(p‖q) in nats.
func Example_points() {
	data, err := datasets.ByName("moons")
	if err != nil {
		panic(err)
	}
	cfg := autoregressive.DefaultConfig()
	cfg.Base, cfg.Digits, cfg.Hidden, cfg.Layers = 4, 3, 32, 1
	cfg.Steps, cfg.Batch, cfg.LR, cfg.Warmup, cfg.EMA = 200, 128, 1e-2, 10, 0.95
	box, err := autoregressive.FitBox(data.Sampler.Sample(10_000, rand.New(rand.NewPCG(1, 1))))
	if err != nil {
		panic(err)
	}
	model, err := autoregressive.NewPoints(cfg, box, rand.New(rand.NewPCG(2, 1)))
	if err != nil {
		panic(err)
	}
	trainer, err := autoregressive.NewTrainer(model)
	if err != nil {
		panic(err)
	}
	for _, err := range train.Run(context.Background(), trainer, data.Sampler, cfg.Options(), train.NewStreams(1)) {
		if err != nil {
			panic(err)
		}
	}
	density := trainer.Average().(*autoregressive.Points)
	x := data.Sampler.Sample(10_000, rand.New(rand.NewPCG(3, 1)))
	fmt.Println("support:", density.Box(), "of", density.Bins(), "x", density.Bins(), "cells")
	fmt.Println("KL below 1 nat:", metrics.KL(data.Density, density, x).Value < 1)
	// Output:
	// support: [-1.4, 2.2] × [-0.7, 1.16] of 64 x 64 cells
	// KL below 1 nat: true
}

// The likelihood of a text is finite even with characters outside the alphabet; a prompt must
// not have any. With random weights all symbols are about equally likely.
func ExampleText() {
	alphabet, err := autoregressive.AlphabetOf("abababababababababababab")
	if err != nil {
		panic(err)
	}
	cfg := autoregressive.DefaultTextConfig()
	cfg.Context, cfg.Hidden, cfg.Layers, cfg.Heads = 8, 16, 1, 2
	m, err := autoregressive.NewText(cfg, alphabet, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	for i, l := range m.LogProb("ab!") {
		fmt.Printf("%c %.1f\n", "ab!"[i], l)
	}
	_, err = m.Continue("ab!", cfg.Sampling(), rand.New(rand.NewPCG(2, 1)))
	fmt.Println(err)
	// Output:
	// a -1.1
	// b -1.1
	// ! -15.0
	// character 3, '!' (U+0021), is not in the alphabet of the training text
}

// A point is the sequence of the digits of its cell; the density is zero outside the box.
func ExamplePoints() {
	cfg := autoregressive.DefaultConfig()
	cfg.Base, cfg.Digits, cfg.Interleaved = 10, 3, false
	p, err := autoregressive.NewPoints(cfg, autoregressive.Box{XMin: 0, XMax: 1, YMin: 0, YMax: 1}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	digits, _ := p.Digits(0.1234, 0.9876)
	fmt.Println(digits)
	fmt.Println(p.LogProb(mat.NewDense(1, 2, []float64{0.5, 1.5})))
	// Output:
	// 123987
	// [-Inf]
}
