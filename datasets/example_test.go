package datasets_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/datasets"
	"genlab/metrics"
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

// The mean of −log p over samples is the entropy: the best negative log-likelihood of any model.
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

// The user's own points are a data set too. It is sampled with replacement and has no density.
func ExampleByName_file() {
	dir, err := os.MkdirTemp("", "points")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "points.csv")
	if err := os.WriteFile(path, []byte("x,y\n0,0\n1,0\n0,1\n"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	d, err := datasets.ByName(datasets.FilePrefix + path)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, dim := d.Sampler.Sample(100, rand.New(rand.NewPCG(1, 2))).Dims()
	fmt.Println(n, "x", dim, d.Density, d.Entropy)

	os.WriteFile(path, []byte("x,y\n0,0\n1,zero\n"), 0o644)
	_, err = datasets.ReadPoints(path)
	fmt.Println(strings.TrimPrefix(err.Error(), dir+string(filepath.Separator)))
	// Output:
	// 100 x 2 <nil> NaN
	// points.csv: line 3, column 2: "zero" is not a number (column y)
}

// cross is a distribution of one's own: uniform on the diagonals of a square. With Sample it is a
// genlab.Sampler, which every trainer and every sample metric takes.
type cross struct{}

func (cross) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		u := 2*rng.Float64() - 1
		x.SetRow(i, []float64{u, u * float64(1-2*rng.IntN(2))})
	}
	return x
}

func Example_ownSampler() {
	var data genlab.Sampler = cross{}
	x := data.Sample(2000, rand.New(rand.NewPCG(1, 2)))
	y := data.Sample(2000, rand.New(rand.NewPCG(3, 4)))
	e := metrics.EnergyDistance(x, y)
	fmt.Println("energy distance of two samples within 3 standard errors of 0:", math.Abs(e.Value) < 3*e.SE)
	// Output: energy distance of two samples within 3 standard errors of 0: true
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
