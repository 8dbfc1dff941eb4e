package diffusion_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/standardize"
)

// Train on samples of a distribution, sample in 20 network evaluations, and compute the log-density.
func Example() {
	rng := rand.New(rand.NewPCG(1, 2))
	data, err := datasets.ByName("8gaussians")
	if err != nil {
		panic(err)
	}
	scale, err := standardize.Fit(data.Sampler.Sample(5000, rng))
	if err != nil {
		panic(err)
	}
	cfg := diffusion.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Hidden, cfg.Warmup, cfg.EMA = 400, 128, 64, 20, 0.98 // the default takes minutes
	cfg.NFE = 20
	m, err := diffusion.New(cfg, scale, rng)
	if err != nil {
		panic(err)
	}
	t, err := diffusion.NewTrainer(m)
	if err != nil {
		panic(err)
	}
	for range cfg.Steps {
		if _, err := t.Learn(data.Sampler.Sample(cfg.Batch, rng), rng); err != nil {
			panic(err)
		}
	}
	m = t.Average() // the model with the EMA weights
	n, d := m.Sample(1000, rng).Dims()
	fmt.Printf("%d x %d samples by %v\n", n, d, m.Sampling())
	logp := m.ProbabilityFlow().LogProb(data.Sampler.Sample(200, rng))
	fmt.Println("within 1 nat of the entropy:", -stat.Mean(logp, nil) < data.Entropy+1)
	// Output:
	// 1000 x 2 samples by dpmsolver2m of 20 steps
	// within 1 nat of the entropy: true
}

// trigonometric is a schedule with a linear angle: α = cos θ, σ = sin θ.
type trigonometric struct{}

func (trigonometric) At(t float64) (alpha, sigma float64) {
	sigma, alpha = math.Sincos(t * (math.Pi/2 - 0.005))
	return alpha, sigma
}

func (trigonometric) String() string { return "trigonometric" }

// A schedule of one's own replaces that of the configuration.
func ExampleSchedule() {
	parts := diffusion.Components{Schedule: trigonometric{}}
	m, err := diffusion.NewWith(diffusion.DefaultConfig(), parts, standardize.Identity(2), rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		panic(err) // trigonometric fails diffusion.CheckSchedule
	}
	alpha, sigma := m.Schedule().At(0.5)
	fmt.Printf("%v: α = %.2f, σ = %.2f at t = 0.5\n", m.Schedule(), alpha, sigma)
	// Output: trigonometric: α = 0.71, σ = 0.71 at t = 0.5
}

// euler integrates the probability flow dy/du = (y - D)/u of y = x/α and u = σ/α by Euler's method.
type euler struct{}

func (euler) Begin(d diffusion.Denoiser, sched diffusion.Schedule) diffusion.Step {
	return func(x *mat.Dense, t, s float64, _ *rand.Rand) {
		alphaT, sigmaT := sched.At(t)
		alphaS, sigmaS := sched.At(s)
		ratio := (sigmaS / alphaS) / (sigmaT / alphaT)
		x0 := mat.DenseCopyOf(x)
		d.Denoise(x0, x0, t)
		x.Scale(ratio*alphaS/alphaT, x)
		x0.Scale((1-ratio)*alphaS, x0)
		x.Add(x, x0)
	}
}

func (euler) String() string { return "euler" }

// A sampler of one's own replaces that of a Sampling. Euler's method is DDIM without noise.
func ExampleSampler() {
	sched := diffusion.Cosine{Offset: 0.008, End: 4e-5}
	s := diffusion.Sampling{
		Denoiser: diffusion.Mixture{Schedule: sched, Means: mat.NewDense(2, 1, []float64{-1, 1}), Weights: []float64{0.5, 0.5}, Sigma: 0.1},
		Schedule: sched,
		Scale:    standardize.Identity(1),
		Sampler:  euler{},
		Grid:     diffusion.Karras.Grid(sched, 20, 0),
	}
	x := s.Sample(100, rand.New(rand.NewPCG(1, 2)))
	s.Sampler = diffusion.DDIM{Eta: 0}
	x.Sub(x, s.Sample(100, rand.New(rand.NewPCG(1, 2))))
	fmt.Println("the samples of DDIM:", mat.Norm(x, 2) < 1e-9)
	// Output: the samples of DDIM: true
}

// A sampler needs a denoiser, which need not be a network: that of a Gaussian mixture is known exactly.
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
