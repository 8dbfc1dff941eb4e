package flow_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/flow"
	"genlab/standardize"
	"genlab/train"
)

// points is a dataset: a genlab.Sampler that returns random rows of x, with replacement.
type points struct{ x *mat.Dense }

func (p points) Sample(n int, rng *rand.Rand) *mat.Dense {
	rows, d := p.x.Dims()
	batch := mat.NewDense(n, d, nil)
	for i := range n {
		batch.SetRow(i, p.x.RawRowView(rng.IntN(rows)))
	}
	return batch
}

// parabola returns n points near y = x². Read your own with datasets.ReadPoints.
func parabola(n int) *mat.Dense {
	rng := rand.New(rand.NewPCG(1, 1))
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		u := rng.NormFloat64()
		x.SetRow(i, []float64{u, u*u + 0.1*rng.NormFloat64()})
	}
	return x
}

// Example trains a flow on one's own points, then scores points, samples new ones, and saves and
// loads the model.
func Example() {
	data := parabola(20000)
	scale, err := standardize.Fit(data)
	if err != nil {
		log.Fatal(err)
	}

	cfg := flow.DefaultConfig()
	cfg.Steps, cfg.Layers, cfg.Hidden, cfg.EMA = 300, 2, 16, 0.98 // small, for a few seconds
	model, err := flow.New(cfg, scale, rand.New(rand.NewPCG(2, 2)))
	if err != nil {
		log.Fatal(err)
	}
	trainer, err := flow.NewTrainer(model)
	if err != nil {
		log.Fatal(err)
	}
	for _, err := range train.Run(context.Background(), trainer, points{data}, cfg.Options(), train.NewStreams(3)) {
		if err != nil {
			log.Fatal(err)
		}
	}
	trained := trainer.Average() // the EMA weights

	at := mat.NewDense(2, 2, []float64{
		1, 1, // on the parabola
		1, 0, // off it
	})
	logp := trained.LogProb(at)
	fmt.Println("log q on the parabola above -1:", logp[0] > -1)
	fmt.Println("log q off the parabola below -4:", logp[1] < -4)
	fmt.Println(trained.Sample(3, rand.New(rand.NewPCG(4, 4))).Dims())

	dir, err := os.MkdirTemp("", "flow")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "flow.safetensors")
	if err := checkpoint.Save(path, &checkpoint.Checkpoint{Model: "flow", Step: trainer.Steps(), Tensors: trainer.State()}); err != nil {
		log.Fatal(err)
	}
	saved, err := checkpoint.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	loaded, err := flow.Load(cfg, saved.Tensors)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("same density after loading:", loaded.LogProb(at)[0] == logp[0])
	// Output:
	// log q on the parabola above -1: true
	// log q off the parabola below -4: true
	// 3 2
	// same density after loading: true
}

// ExampleModel_Given trains a class-conditional flow: each batch has the label in an extra column.
func ExampleModel_Given() {
	// Class 0 is centred at x = -2, class 1 at x = 2.
	data := mat.NewDense(2000, 3, nil)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 2000 {
		class := float64(i % 2)
		data.SetRow(i, []float64{4*class - 2 + rng.NormFloat64(), rng.NormFloat64(), class})
	}
	scale, err := standardize.Fit(data.Slice(0, 2000, 0, 2))
	if err != nil {
		log.Fatal(err)
	}
	cfg := flow.DefaultConfig()
	cfg.Steps, cfg.Layers, cfg.Hidden, cfg.Batch, cfg.EMA = 150, 1, 16, 256, 0.95
	model, err := flow.NewConditional(cfg, scale, 2, rng)
	if err != nil {
		log.Fatal(err)
	}
	trainer, err := flow.NewTrainer(model)
	if err != nil {
		log.Fatal(err)
	}
	for _, err := range train.Run(context.Background(), trainer, points{data}, cfg.Options(), train.NewStreams(3)) {
		if err != nil {
			log.Fatal(err)
		}
	}
	class1 := trainer.Average().Given(mat.NewDense(1, 1, []float64{1}))
	x := class1.Sample(1000, rng)
	fmt.Printf("mean of class 1: %.0f\n", mat.Sum(x.ColView(0))/1000)
	// Output: mean of class 1: 2
}
