// Command spacing searches for the sampling times that suit a solver in few steps, with the exact denoisers of
// mixtures of Gaussians. It prints the knots log(α/σ) of diffusion.Searched.
//
//	go run ./experiments/spacing          # some minutes
package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"genlab/datasets"
	"genlab/diffusion"
)

var schedule = diffusion.Cosine{Offset: 0.008, End: 4e-5}

const points = 400 // of each distribution

// search is one for a number of steps of UniPC of an order, from several starts.
type search struct {
	steps, order int
	evaluations  int     // of the objective, from each start
	simplex      float64 // size of the first simplex, 0: Gonum's own
	starts       [][]float64
}

// Starts are the last knot, and the logarithm of the density at six values of log(α/σ).
var (
	equal = [][]float64{{4.6, 0, 0, 0, 0, 0, 0}}
	three = [][]float64{
		equal[0],
		{5, -1, 0, 0, 0, 0, -1}, // long steps at both ends
		{5, 0, 0, 1, 1, 0, 0},   // short ones in the middle
	}
	searches = []search{{7, 3, 1500, 0.3, three}, {10, 3, 1500, 0.3, three}, {14, 2, 500, 0, equal}, {20, 2, 500, 0, equal}}
)

// problem is the trajectories of an exact denoiser.
type problem struct {
	denoiser   diffusion.Mixture
	start, end *mat.Dense
}

// trajectories returns the problem of a mixture of the package datasets, standardised.
func trajectories(name string) (p problem) {
	ds, err := datasets.ByName(name)
	if err != nil {
		panic(err)
	}
	m := ds.Sampler.(*datasets.Mixture)
	k := len(m.Centres)
	var square float64
	for _, c := range m.Centres {
		square += (c[0]*c[0] + c[1]*c[1]) / 2 / float64(k)
	}
	scale := math.Sqrt(square + m.Sigma*m.Sigma)
	p.denoiser = diffusion.Mixture{Schedule: schedule, Means: mat.NewDense(k, 2, nil), Sigma: m.Sigma / scale}
	for i, c := range m.Centres {
		p.denoiser.Means.SetRow(i, []float64{c[0] / scale, c[1] / scale})
		p.denoiser.Weights = append(p.denoiser.Weights, 1/float64(k))
	}
	rng := rand.New(rand.NewPCG(7, 7))
	p.start = mat.NewDense(points, 2, nil)
	for i := range points {
		p.start.SetRow(i, []float64{rng.NormFloat64(), rng.NormFloat64()})
	}
	p.end = p.sample(diffusion.UniPC{Order: 3}, diffusion.UniformLogSNR.Grid(schedule, 800, 0))
	return p
}

func (p problem) sample(s diffusion.Sampler, grid []float64) *mat.Dense {
	x := mat.DenseCopyOf(p.start)
	for range diffusion.Reverse(p.denoiser, schedule, s, grid, x, nil) {
	}
	return x
}

// loss is the mean of 1 - exp(-d²/2s²) over the points, where d is the distance from the end of the exact
// trajectory and s the standard deviation of a mode: about the share of points that miss their place.
func (p problem) loss(solver diffusion.Sampler, grid []float64) (sum float64) {
	var off mat.Dense
	off.Sub(p.sample(solver, grid), p.end)
	for i := range points {
		d := math.Hypot(off.At(i, 0), off.At(i, 1)) / p.denoiser.Sigma
		sum += 1 - math.Exp(-d*d/2)
	}
	return sum / points
}

// grid returns the times of n steps whose density in log(α/σ), from its value at t = 1 to last, is log-linear
// between the logarithms given at equal distances.
func grid(last float64, density []float64, n int) []float64 {
	alpha, sigma := schedule.At(1)
	first := math.Log(alpha / sigma)
	const cells = 2000
	sum := make([]float64, cells+1)
	for i := range cells {
		position := (float64(i) + 0.5) / cells * float64(len(density)-1)
		k := min(int(position), len(density)-2)
		sum[i+1] = sum[i] + math.Exp(density[k]+(density[k+1]-density[k])*(position-float64(k)))
	}
	times := make([]float64, n+1)
	times[0] = 1
	for i, cell := 1, 0; i < n; i++ {
		want := sum[cells] * float64(i) / float64(n-1)
		for cell < cells-1 && sum[cell+1] < want {
			cell++
		}
		part := (float64(cell) + (want-sum[cell])/(sum[cell+1]-sum[cell])) / cells
		times[i] = diffusion.TimeOfNoise(schedule, math.Exp(-first-(last-first)*part))
	}
	return times
}

func main() {
	problems := []problem{trajectories("25gaussians"), trajectories("8gaussians"), trajectories("ring8")}
	for _, s := range searches {
		objective := func(x []float64) (sum float64) {
			if x[0] < 1 || x[0] > 8 {
				return 10
			}
			times := grid(x[0], x[1:], s.steps)
			for i := range s.steps {
				if !(times[i] > times[i+1]) {
					return 10
				}
			}
			for _, p := range problems {
				sum += p.loss(diffusion.UniPC{Order: s.order}, times) / float64(len(problems))
			}
			return sum
		}
		found := optimize.Location{F: math.Inf(1)}
		for _, start := range s.starts {
			r, err := optimize.Minimize(optimize.Problem{Func: objective}, start, &optimize.Settings{FuncEvaluations: s.evaluations}, &optimize.NelderMead{SimplexSize: s.simplex})
			if err != nil {
				panic(err)
			}
			if r.F < found.F {
				found = r.Location
			}
		}
		fmt.Printf("%d steps, loss %.4f:", s.steps, found.F)
		for _, t := range grid(found.X[0], found.X[1:], s.steps)[1:s.steps] {
			alpha, sigma := schedule.At(t)
			fmt.Printf(" %.3f", math.Log(alpha/sigma))
		}
		fmt.Println()
	}
}
