package train_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"genlab/datasets"
	"genlab/flow"
	"genlab/standardize"
	"genlab/train"
)

// A training of any model is its configuration, its trainer and the loop.
func Example() {
	data, err := datasets.ByName("moons")
	if err != nil {
		panic(err)
	}
	scale, _ := standardize.Fit(data.Sampler.Sample(1000, train.NewStream(1, "scale").Rand))

	cfg := flow.DefaultConfig()
	cfg.Steps, cfg.Layers, cfg.Hidden, cfg.EMA = 200, 2, 16, 0.97
	model, err := flow.New(cfg, scale, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	trainer, err := flow.NewTrainer(model)
	if err != nil {
		panic(err)
	}
	for p, err := range train.Run(context.Background(), trainer, data.Sampler, cfg.Options(), train.NewStreams(1)) {
		if err != nil {
			panic(err)
		}
		if p.Step == cfg.Steps {
			fmt.Println(p.Step, "steps,", p.Losses[0].Name, "below 3 nats:", p.Losses[0].Value < 3)
		}
	}
	// Output: 200 steps, nll below 3 nats: true
}
