package metrics_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"genlab/metrics"
)

func ExampleExactW2() {
	x := mat.NewDense(3, 2, []float64{0, 0, 1, 0, 0, 1})
	y := mat.NewDense(3, 2, []float64{3, 5, 3, 4, 4, 4}) // the same, moved by (3, 4)
	fmt.Printf("%.3f\n", metrics.ExactW2(x, y).Value)
	// Output: 5.000
}

// Three seeds say little: t(0.975; 2) = 4.30.
func ExampleAcrossSeeds() {
	mean, half := metrics.AcrossSeeds([]float64{0.031, 0.027, 0.035})
	fmt.Printf("%.3f ± %.3f\n", mean, half)
	// Output: 0.031 ± 0.010
}
