package gan_test

import (
	"fmt"
	"math/rand/v2"

	"genlab/datasets"
	"genlab/gan"
	"genlab/metrics"
	"genlab/standardize"
)

// A few seconds of training serve all eight modes; nothing can say how likely a point is.
func Example() {
	ds, _ := datasets.ByName("8gaussians")
	rng := rand.New(rand.NewPCG(1, 2))
	scale, _ := standardize.Fit(ds.Sampler.Sample(10000, rng))

	c := gan.DefaultConfig()
	c.Steps, c.Batch, c.Hidden = 1000, 128, 32
	model, _ := gan.New(c, scale, rng)
	trainer, _ := gan.NewTrainer(model)
	for range c.Steps {
		if _, err := trainer.Learn(ds.Sampler.Sample(c.Batch*c.CriticSteps, rng), rng); err != nil {
			fmt.Println(err)
		}
	}
	x := trainer.Average().Sample(5000, rng)
	modes := metrics.Modes(x, ds.Modes, ds.ModeWeights(), ds.HighQuality)
	fmt.Println("modes with at least 1 % of their due mass:", modes.Covered.Value)
	// Output: modes with at least 1 % of their due mass: 8
}
