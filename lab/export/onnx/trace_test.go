package onnx

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/standardize"
)

// TestTrace: the combinations of a traced sampler give the points of the sampler itself, with the exact denoiser of a mixture and
// the same noise.
func TestTrace(t *testing.T) {
	for _, name := range (diffusion.SamplerName("")).Choices() {
		cfg := diffusion.DefaultConfig()
		cfg.Hidden, cfg.Layers, cfg.Sampler, cfg.NFE = 8, 1, diffusion.SamplerName(name), 9
		if name == "ddim" {
			cfg.Eta = 0.7
		}
		m, err := diffusion.New(cfg, standardize.Identity(2), rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		s := m.Sampling()
		exact := diffusion.Mixture{Schedule: s.Schedule, Means: mat.NewDense(2, 2, []float64{1, 0.5, -1, 0}), Weights: []float64{0.3, 0.7}, Sigma: 0.2}
		steps, err := trace(s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		const n = 5
		normals := func(rng *rand.Rand) *mat.Dense {
			x := mat.NewDense(n, 2, nil)
			for i := range x.RawMatrix().Data {
				x.RawMatrix().Data[i] = rng.NormFloat64()
			}
			return x
		}
		rng := rand.New(rand.NewPCG(2, 2))
		want := normals(rng)
		of := map[symbol]*mat.Dense{0: mat.DenseCopyOf(want)}
		for range diffusion.Reverse(exact, s.Schedule, s.Sampler, s.Grid, want, rng) {
		}
		rng = rand.New(rand.NewPCG(2, 2))
		normals(rng)
		total := func(terms []term) *mat.Dense {
			x := mat.NewDense(n, 2, nil)
			for _, c := range terms {
				var part mat.Dense
				part.Scale(c.coefficient, of[c.of])
				x.Add(x, &part)
			}
			return x
		}
		evaluations := 0
		for _, st := range steps {
			for _, e := range st.evaluations {
				out := mat.NewDense(n, 2, nil)
				exact.Denoise(out, total(e.at), e.t)
				of[e.out] = out
				evaluations++
			}
			if st.noise >= 0 {
				of[st.noise] = normals(rng)
			}
			of[st.point] = total(st.next)
		}
		var off mat.Dense
		off.Sub(of[steps[len(steps)-1].point], want)
		if worst := mat.Norm(&off, math.Inf(1)); !(worst < 1e-9) || evaluations != cfg.NFE {
			t.Errorf("%s: differs by %v, with %d evaluations", name, worst, evaluations)
		}
	}
}
