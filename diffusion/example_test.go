package diffusion_test

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
)

// A sampler needs a denoiser, not a network: the exact one of a mixture will do.
func ExampleReverse() {
	schedule := diffusion.Cosine{Offset: 0.008, End: 4e-5}
	twoPoints := diffusion.Mixture{
		Schedule: schedule,
		Means:    mat.NewDense(2, 1, []float64{-1, 1}),
		Weights:  []float64{0.5, 0.5},
		Sigma:    0.01,
	}
	x := mat.NewDense(4, 1, []float64{-1.5, -0.2, 0.1, 0.9})
	grid := diffusion.UniformTime.Grid(schedule, 50, 0)
	rng := rand.New(rand.NewPCG(1, 2))
	for range diffusion.Reverse(twoPoints, schedule, diffusion.DDIM{}, grid, x, rng) {
	}
	fmt.Printf("%.1f\n", mat.Formatted(x.T()))
	// Output: [-1.0  -1.0   1.0   1.0]
}
