package genlab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/flow"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

// Banana is a distribution on the plane: x ~ N(0, 1) and y ~ N(x², 0.3²).
type Banana struct{}

// Sample implements genlab.Sampler: that is all a model needs of its data.
func (Banana) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		u := rng.NormFloat64()
		x.SetRow(i, []float64{u, u*u + 0.3*rng.NormFloat64()})
	}
	return x
}

// LogProb implements genlab.LogProber, so that the model's density can be compared with the true one.
func (Banana) LogProb(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("banana: points of %d columns; expected 2", d))
	}
	logp := make([]float64, n)
	for i := range n {
		u, v := x.At(i, 0), (x.At(i, 1)-x.At(i, 0)*x.At(i, 0))/0.3
		logp[i] = -(u*u+v*v)/2 - math.Log(2*math.Pi*0.3)
	}
	return logp
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func Example() {
	data := Banana{}

	// Train. Named random streams make the result the same every time.
	scale, err := standardize.Fit(data.Sample(10000, train.NewStream(1, "scale").Rand))
	check(err)
	cfg := flow.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Layers, cfg.Hidden, cfg.EMA = 500, 512, 2, 32, 0.98
	model, err := flow.New(cfg, scale, train.NewStream(1, "init").Rand)
	check(err)
	trainer, err := flow.NewTrainer(model)
	check(err)
	for p, err := range train.Run(context.Background(), trainer, data, cfg.Options(), train.NewStreams(1)) {
		check(err)
		if p.Step%250 == 0 {
			fmt.Printf("step %d: %s below 2.5 nats: %t\n", p.Step, p.Losses[0].Name, p.Losses[0].Value < 2.5)
		}
	}
	model = trainer.Average() // the EMA weights, which are the better ones

	// Sample, and compare the density with the true one.
	x := model.Sample(1000, train.NewStream(1, "sample").Rand)
	n, d := x.Dims()
	fmt.Printf("%d samples with %d coordinates\n", n, d)
	test := data.Sample(10000, train.NewStream(1, "test").Rand)
	fmt.Println("KL(p‖q) below 0.05 nats:", metrics.KL(data, model, test).Value < 0.05)

	// Save and load.
	dir, err := os.MkdirTemp("", "banana")
	check(err)
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "banana.safetensors")
	settings, err := json.Marshal(cfg)
	check(err)
	check(checkpoint.Save(file, &checkpoint.Checkpoint{
		Model: "flow", Step: trainer.Steps(), Config: settings, Tensors: trainer.State(),
	}))
	saved, err := checkpoint.Load(file)
	check(err)
	var was flow.Config
	check(json.Unmarshal(saved.Config, &was))
	loaded, err := flow.Load(was, saved.Tensors)
	check(err)
	fmt.Println("the same density:", slices.Equal(loaded.LogProb(test), model.LogProb(test)))

	// Output:
	// step 250: nll below 2.5 nats: true
	// step 500: nll below 2.5 nats: true
	// 1000 samples with 2 coordinates
	// KL(p‖q) below 0.05 nats: true
	// the same density: true
}
