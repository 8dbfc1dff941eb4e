package hybrid_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"genlab/datasets"
	"genlab/hybrid"
	"genlab/standardize"
)

// Distil a diffusion model into a consistency model and sample from it in one network evaluation.
func ExampleConsistency() {
	rng := rand.New(rand.NewPCG(1, 2))
	data, err := datasets.ByName("8gaussians")
	if err != nil {
		panic(err)
	}
	scale, err := standardize.Fit(data.Sampler.Sample(5000, rng))
	if err != nil {
		panic(err)
	}
	cfg := hybrid.DefaultConsistency()
	cfg.Teacher.Steps, cfg.StudentSteps, cfg.TeacherNFE = 800, 1200, 15 // the default takes minutes
	cfg.Teacher.Batch, cfg.Teacher.Hidden, cfg.Teacher.Warmup, cfg.Teacher.EMA = 128, 64, 20, 0.98
	t, err := hybrid.NewConsistency(cfg, scale, 0, rng)
	if err != nil {
		panic(err)
	}
	for range cfg.Steps() {
		if _, err := t.Learn(data.Sampler.Sample(cfg.Teacher.Batch, rng), rng); err != nil {
			panic(err)
		}
	}
	m, err := hybrid.LoadConsistency(cfg, t.State())
	if err != nil {
		panic(err)
	}
	x := m.Sampling(1).Sample(1000, rng)
	near := 0 // samples near the circle of the modes
	for i := range 1000 {
		if math.Abs(math.Hypot(x.At(i, 0), x.At(i, 1))-4/math.Sqrt2) < 1 {
			near++
		}
	}
	fmt.Println("samples by", m.Sampling(1))
	fmt.Println("3 in 4 near the modes:", near > 750)
	// Output:
	// samples by consistency of 1 steps
	// 3 in 4 near the modes: true
}
