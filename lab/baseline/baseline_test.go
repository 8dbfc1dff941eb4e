package baseline_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/lab/baseline"
	"genlab/metrics"
)

func named(t *testing.T, name string) *datasets.Dataset {
	t.Helper()
	ds, err := datasets.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

func TestLaws(t *testing.T) {
	x := named(t, "moons").Sampler.Sample(5000, gentest.Rand(1))
	g, err := baseline.FitGaussian(x)
	if err != nil {
		t.Fatal(err)
	}
	m, err := baseline.FitMixture(x, 6, gentest.Rand(2))
	if err != nil {
		t.Fatal(err)
	}
	box := gentest.Box{XMin: -6, XMax: 7, YMin: -4, YMax: 4.5}
	for _, q := range []interface {
		genlab.Sampler
		genlab.LogProber
	}{g, m} {
		gentest.Sampler(t, q, 2)
		gentest.LogProber(t, q, mat.DenseCopyOf(x.Slice(0, 50, 0, 2)))
		gentest.Density(t, q, box, 1e-4)
		gentest.Agree(t, q, q, box, 20000, gentest.Rand(3))
	}
	if g.Params() != 5 || m.Params() != 35 {
		t.Errorf("%d and %d parameters, want 5 and 35", g.Params(), m.Params())
	}
}

// TestGaussianIsTheMaximum: no other mean or scale gives the sample a higher likelihood.
func TestGaussianIsTheMaximum(t *testing.T) {
	x := named(t, "pinwheel").Sampler.Sample(3000, gentest.Rand(1))
	g, err := baseline.FitGaussian(x)
	if err != nil {
		t.Fatal(err)
	}
	best := metrics.NLL(g, x).Value
	for _, move := range [][3]float64{{1, .05, 0}, {1, 0, .05}, {1.05, 0, 0}, {.95, 0, 0}} {
		moved := mat.DenseCopyOf(x)
		moved.Apply(func(_, j int, v float64) float64 { return move[0]*v + move[1+j] }, moved)
		// The density of x under the Gaussian moved the other way.
		if nll := metrics.NLL(g, moved).Value - 2*math.Log(move[0]); nll < best {
			t.Errorf("moved by %v the likelihood is higher: %v < %v", move, nll, best)
		}
	}
}

// TestMixtureFindsItsOwnKind: fitted to draws of a mixture of 25, it is that mixture, to the
// (6k-1)/2n nats that so many parameters from n points cost on average.
func TestMixtureFindsItsOwnKind(t *testing.T) {
	ds := named(t, "25gaussians")
	const n = 10000
	m, err := baseline.FitMixture(ds.Sampler.Sample(n, gentest.Rand(1)), 25, gentest.Rand(2))
	if err != nil {
		t.Fatal(err)
	}
	kl := metrics.KL(ds.Density, m, ds.Sampler.Sample(20000, gentest.Rand(3)))
	if want := float64(m.Params()) / (2 * n); kl.Value > 2*want || kl.Value < 0 {
		t.Errorf("KL %v ± %v, want about %v", kl.Value, kl.SE, want)
	}
}

func TestMistakes(t *testing.T) {
	line := mat.NewDense(200, 2, nil)
	for i := range 200 {
		line.SetRow(i, []float64{float64(i), 2 * float64(i)})
	}
	if _, err := baseline.FitGaussian(line); err == nil {
		t.Error("points on a line have a Gaussian")
	}
	x := named(t, "moons").Sampler.Sample(50, gentest.Rand(1))
	for _, k := range []int{0, 6} {
		if _, err := baseline.FitMixture(x, k, gentest.Rand(1)); err == nil {
			t.Errorf("50 points have a mixture of %d", k)
		}
	}
}
