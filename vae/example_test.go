package vae_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/standardize"
	"genlab/train"
	"genlab/vae"
)

// Example trains a VAE on a distribution whose entropy is known, bounds the negative log-likelihood of
// fresh data, and saves and loads the model.
func Example() {
	data, err := datasets.ByName("8gaussians")
	if err != nil {
		log.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	scale, err := standardize.Fit(data.Sampler.Sample(10000, rng))
	if err != nil {
		log.Fatal(err)
	}

	cfg := vae.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Hidden, cfg.EMA = 400, 128, 32, 0.97 // small, for a few seconds
	model, err := vae.New(cfg, scale, rng)
	if err != nil {
		log.Fatal(err)
	}
	trainer, err := vae.NewTrainer(model)
	if err != nil {
		log.Fatal(err)
	}
	for _, err := range train.Run(context.Background(), trainer, data.Sampler, cfg.Options(), train.NewStreams(2)) {
		if err != nil {
			log.Fatal(err)
		}
	}
	trained := trainer.Average() // the EMA weights

	test := data.Sampler.Sample(2000, rng)
	nll := -stat.Mean(trained.Importance(50).LogBound(test, rng), nil) // an upper bound, nats
	fmt.Println("within 1 nat of the entropy:", nll < data.Entropy+1)
	fmt.Println(trained.Sample(3, rng).Dims())

	dir, err := os.MkdirTemp("", "vae")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "vae.safetensors")
	if err := checkpoint.Save(path, &checkpoint.Checkpoint{Model: "vae", Step: trainer.Steps(), Tensors: trainer.State()}); err != nil {
		log.Fatal(err)
	}
	saved, err := checkpoint.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	loaded, err := vae.Load(cfg, saved.Tensors)
	if err != nil {
		log.Fatal(err)
	}
	same := mat.Equal(loaded.Sample(100, rand.New(rand.NewPCG(3, 3))), trained.Sample(100, rand.New(rand.NewPCG(3, 3))))
	fmt.Println("same samples after loading:", same)
	// Output:
	// within 1 nat of the entropy: true
	// 3 2
	// same samples after loading: true
}

// ExampleModel_Importance compares the bounds of an untrained model, a Gaussian, with log p by
// quadrature: they tighten as the number of samples grows.
func ExampleModel_Importance() {
	cfg := vae.DefaultConfig()
	cfg.InitialScale = 1
	m, err := vae.New(cfg, standardize.Identity(2), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		log.Fatal(err)
	}
	x := mat.NewDense(4000, 2, nil) // the same point, the origin, many times
	for _, samples := range []int{1, 5, 50} {
		bound := m.Importance(samples)
		fmt.Printf("%-7v %.1f\n", bound, stat.Mean(bound.LogBound(x, rand.New(rand.NewPCG(2, 2))), nil))
	}
	q, err := m.Quadrature(vae.CellSigmas)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("log p   %.1f\n", q.LogMarginal(x.Slice(0, 1, 0, 2))[0])
	// Output:
	// ELBO    -2.8
	// IWAE 5  -2.6
	// IWAE 50 -2.5
	// log p   -2.5
}
