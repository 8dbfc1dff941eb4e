package gan_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gan"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

// Example trains a GAN on eight Gaussians, counts the modes that its samples cover, and saves and loads
// the model.
func Example() {
	data, err := datasets.ByName("8gaussians")
	if err != nil {
		log.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	scale, err := standardize.Fit(data.Sampler.Sample(10000, rng))
	if err != nil {
		log.Fatal(err)
	}

	cfg := gan.DefaultConfig()
	cfg.Steps, cfg.Hidden, cfg.EMA = 1000, 32, 0.99 // small, for a few seconds
	model, err := gan.New(cfg, scale, rng)
	if err != nil {
		log.Fatal(err)
	}
	trainer, err := gan.NewTrainer(model)
	if err != nil {
		log.Fatal(err)
	}
	for _, err := range train.Run(context.Background(), trainer, data.Sampler, cfg.Options(), train.NewStreams(3)) {
		if err != nil {
			log.Fatal(err)
		}
	}
	trained := trainer.Average() // the EMA weights

	x := trained.Sample(5000, rng)
	modes := metrics.Modes(x, data.Modes, data.ModeWeights(), data.HighQuality)
	fmt.Println("modes with at least 1 % of their due mass:", modes.Covered.Value)

	dir, err := os.MkdirTemp("", "gan")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "gan.safetensors")
	if err := checkpoint.Save(path, &checkpoint.Checkpoint{Model: "gan", Step: trainer.Steps(), Tensors: trainer.State()}); err != nil {
		log.Fatal(err)
	}
	saved, err := checkpoint.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	loaded, err := gan.Load(cfg, saved.Tensors)
	if err != nil {
		log.Fatal(err)
	}
	z := trained.Latents(100, rng)
	fmt.Println("same samples after loading:", mat.Equal(loaded.Generate(z), trained.Generate(z)))
	// Output:
	// modes with at least 1 % of their due mass: 8
	// same samples after loading: true
}
