package datasets_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/datasets"
)

func Example() {
	for _, d := range datasets.All() {
		fmt.Printf("%-12s  h = %6.3f nats, %2d modes\n", d.Name, d.Entropy, d.Modes.Len())
	}
	// Output:
	// 8gaussians    h =  2.832 nats,  8 modes
	// ring8         h = -4.293 nats,  8 modes
	// 25gaussians   h =  0.065 nats, 25 modes
	// moons         h =  0.289 nats,  2 modes
	// circles       h =  3.268 nats,  2 modes
	// rings         h =  2.623 nats,  4 modes
	// checkerboard  h =  3.466 nats,  8 modes
	// pinwheel      h =  2.318 nats,  5 modes
	// swissroll     h =  2.670 nats,  1 modes
	// 2spirals      h =  2.645 nats,  2 modes
}

// The entropy is the mean of −log p over draws.
func ExampleByName() {
	d, err := datasets.ByName("8gaussians")
	if err != nil {
		fmt.Println(err)
		return
	}
	x := d.Sampler.Sample(10_000, rand.New(rand.NewPCG(1, 2)))
	fmt.Printf("%.1f %.1f\n", -stat.Mean(d.Density.LogProb(x), nil), d.Entropy)

	_, err = datasets.ByName("8gausians")
	fmt.Println(err)
	// Output:
	// 2.8 2.8
	// unknown dataset "8gausians": did you mean "8gaussians"? Valid datasets: 8gaussians, ring8, 25gaussians, moons, circles, rings, checkerboard, pinwheel, swissroll, 2spirals, captions, dots16, bounce, lift64:NAME, file:PATH
}

func ExampleMoons() {
	fmt.Printf("%.3f nats\n", datasets.Moons(0.1).Entropy)
	// Output: 1.008 nats
}

func ExampleReadPoints() {
	dir, err := os.MkdirTemp("", "points")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "points.csv")
	if err := datasets.WritePoints(path, mat.NewDense(2, 2, []float64{0.1, 0.2, 1, 2})); err != nil {
		fmt.Println(err)
		return
	}
	x, err := datasets.ReadPoints(path)
	fmt.Println(mat.Formatted(x), err)
	// Output:
	// ⎡0.1  0.2⎤
	// ⎣  1    2⎦ <nil>
}
