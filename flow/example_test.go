package flow_test

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/flow"
	"genlab/standardize"
)

// A flow learns the density of points that it is shown, here those of a bent line.
func Example() {
	data := rand.New(rand.NewPCG(1, 1))
	draw := func(n int) *mat.Dense {
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			u := data.NormFloat64()
			x.SetRow(i, []float64{u, u*u + 0.1*data.NormFloat64()})
		}
		return x
	}
	scale, _ := standardize.Fit(draw(1000))

	c := flow.DefaultConfig()
	c.Steps, c.Layers, c.Hidden, c.EMA = 300, 2, 16, 0.98
	model, err := flow.New(c, scale, rand.New(rand.NewPCG(2, 2)))
	if err != nil {
		panic(err)
	}
	trainer, err := flow.NewTrainer(model)
	if err != nil {
		panic(err)
	}
	for range c.Steps {
		if _, err := trainer.Learn(draw(c.Batch), nil); err != nil {
			panic(err)
		}
	}
	logp := trainer.Average().LogProb(mat.NewDense(2, 2, []float64{
		1, 1, // on the line
		1, 0, // off it
	}))
	fmt.Println("on the line:", logp[0] > -1)
	fmt.Println("off the line:", logp[1] < -4)
	x := trainer.Average().Sample(3, rand.New(rand.NewPCG(3, 3)))
	fmt.Println(x.Dims())
	// Output:
	// on the line: true
	// off the line: true
	// 3 2
}
