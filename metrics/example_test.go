package metrics_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/metrics"
)

// Compare a sample with the true distribution. The oracle, a second sample of that, shows how much
// of the value is noise.
func ExampleEnergyDistance() {
	moons, err := datasets.ByName("moons")
	if err != nil {
		panic(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	reference, oracle := moons.Sampler.Sample(1000, rng), moons.Sampler.Sample(1000, rng)
	wrong := datasets.Moons(1).Sampler.Sample(1000, rng) // 20 times the noise
	a, b := metrics.EnergyDistance(oracle, reference), metrics.EnergyDistance(wrong, reference)
	fmt.Println("oracle within 3 standard errors of 0:", math.Abs(a.Value) < 3*a.SE)
	fmt.Println("wrong noise more than 5 from 0:", b.Value > 5*b.SE)
	// Output:
	// oracle within 3 standard errors of 0: true
	// wrong noise more than 5 from 0: true
}

func ExampleExactW2() {
	x := mat.NewDense(3, 2, []float64{0, 0, 1, 0, 0, 1})
	y := mat.NewDense(3, 2, []float64{3, 5, 3, 4, 4, 4}) // x in another order, shifted by (3, 4)
	fmt.Printf("%.3f\n", metrics.ExactW2(x, y).Value)
	// Output: 5.000
}

// The interval over three seeds is wide: t(0.975; 2) = 4.30.
func ExampleAcrossSeeds() {
	mean, half := metrics.AcrossSeeds([]float64{0.031, 0.027, 0.035})
	fmt.Printf("%.3f ± %.3f\n", mean, half)
	// Output: 0.031 ± 0.010
}
