package vae_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/standardize"
	"genlab/vae"
)

// Before its first step the default model is a Gaussian whose log p is known: the bounds climb
// towards it, and the quadrature has it.
func ExampleModel_Importance() {
	cfg := vae.DefaultConfig()
	cfg.InitialScale = 1
	m, err := vae.New(cfg, standardize.Identity(2), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		log.Fatal(err)
	}
	x := mat.NewDense(4000, 2, nil) // the same point, the origin, many times
	for _, draws := range []int{1, 5, 50} {
		bound := m.Importance(draws)
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
