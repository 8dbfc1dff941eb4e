package guide

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/standardize"
)

var (
	_ diffusion.Sampler  = Corrected{}
	_ diffusion.Planner  = Corrected{}
	_ diffusion.Parallel = Within{}

	cosine = diffusion.Cosine{Offset: 0.008, End: 4e-5}
)

func gaussians(s float64, at ...float64) diffusion.Mixture {
	m := diffusion.Mixture{Schedule: cosine, Means: mat.NewDense(len(at), 1, at), Sigma: s}
	for range at {
		m.Weights = append(m.Weights, 1/float64(len(at)))
	}
	return m
}

// sample returns mean and variance of 20,000 samples in 1-D.
func sample(d diffusion.Denoiser, s diffusion.Sampler) (mean, variance float64) {
	const n = 10000
	x := diffusion.Sampling{Denoiser: d, Schedule: cosine, Scale: standardize.Identity(1), Sampler: s,
		Grid: diffusion.ThreeHalves.Grid(cosine, 100, 0)}.Sample(n, rand.New(rand.NewPCG(1, 2)))
	mean = mat.Sum(x) / n
	for i := range n {
		variance += math.Pow(x.At(i, 0)-mean, 2) / n
	}
	return mean, variance
}

// TestCorrectedGuidanceSamplesTheTiltedGaussian: p = N(0, 1) and p(x|c) = N(m, s²) with s² = 0.5 give the tilted
// N(w·m/s²·v, v) with 1/v = (1-w) + w/s². The corrected sampler has its mean and variance within 0.03; plain DDIM does not.
func TestCorrectedGuidanceSamplesTheTiltedGaussian(t *testing.T) {
	const m, s2, w = 0.5, 0.5, 3.0
	g := &diffusion.Guided{With: gaussians(math.Sqrt(s2), m), Without: gaussians(1, 0), Scale: w}
	v := 1 / (1 - w + w/s2)
	want := w * m / s2 * v
	mean, variance := sample(g, Corrected{diffusion.DDIM{}, 8, 0.2})
	if !(math.Abs(mean-want) < 0.03 && math.Abs(variance-v) < 0.03) {
		t.Errorf("mean %v and variance %v, want %v and %v", mean, variance, want, v)
	}
	if plain, narrow := sample(g, diffusion.DDIM{}); math.Abs(plain-want) < 0.06 && math.Abs(narrow-v) < 0.06 {
		t.Errorf("plain guidance has mean %v and variance %v as well", plain, narrow)
	}
}

// TestCorrectedKeepsTheDistribution: without guidance the corrector changes no distribution.
func TestCorrectedKeepsTheDistribution(t *testing.T) {
	mean, variance := sample(gaussians(0.3, -1, 1), Corrected{diffusion.DPMSolver{Order: 3}, 2, 0.2})
	if !(math.Abs(mean) < 0.03 && math.Abs(variance-1.09) < 0.03) {
		t.Errorf("mean %v and variance %v, want 0 and 1.09", mean, variance)
	}
}

// TestWithin: inside the interval it is the guided denoiser, outside that of the context.
func TestWithin(t *testing.T) {
	with, without := gaussians(0.5, 1), gaussians(1, 0)
	g := &diffusion.Guided{With: with, Without: without, Scale: 2}
	d := Within{g, cosine, 0.5, 2}
	x := mat.NewDense(1, 1, []float64{0.3})
	at := func(d diffusion.Denoiser, noise float64) float64 {
		y := mat.NewDense(1, 1, nil)
		d.Denoise(y, x, diffusion.TimeOfNoise(cosine, noise))
		return y.At(0, 0)
	}
	for noise, want := range map[float64]diffusion.Denoiser{0.1: with, 0.45: with, 0.55: g, 1.9: g, 2.1: with, 30: with} {
		if got := at(d, noise); got != at(want, noise) {
			t.Errorf("noise %v: %v, want %v", noise, got, at(want, noise))
		}
	}
}

// TestAuto: a scale of 1 is the good model, and the extrapolation is linear.
func TestAuto(t *testing.T) {
	good, bad := gaussians(0.5, 1), gaussians(0.7, 0.9)
	x := mat.NewDense(1, 1, []float64{0.3})
	at := func(d diffusion.Denoiser) float64 {
		y := mat.NewDense(1, 1, nil)
		d.Denoise(y, x, 0.5)
		return y.At(0, 0)
	}
	if at(Auto(good, bad, 1)) != at(good) {
		t.Error("scale 1 is not the good model")
	}
	if got, want := at(Auto(good, bad, 2)), 2*at(good)-at(bad); !(math.Abs(got-want) < 1e-12) {
		t.Errorf("scale 2: %v, want %v", got, want)
	}
}

func TestMisuse(t *testing.T) {
	for _, c := range []Corrected{{diffusion.DDIM{}, 0, 0.1}, {diffusion.DDIM{}, 1, 0}, {diffusion.DDIM{}, 1, 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v of size %v: no panic", c, c.Size)
				}
			}()
			c.Begin(gaussians(1, 0), cosine)
		}()
	}
}
