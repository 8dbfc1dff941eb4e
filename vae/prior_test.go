package vae

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	G "gorgonia.org/gorgonia"

	"genlab/gentest"
	"genlab/nn"
)

// shifted is a second prior, N(centre, I): the seam that a flow will use.
type shifted float64

func (s shifted) LogProbNode(_ *nn.Graph, z *G.Node) *G.Node {
	return logNormal(nn.Shift(-float64(s), z), z.Shape()[1])
}

func (s shifted) Sample(n int, rng *rand.Rand) *mat.Dense {
	z := Normal{2}.Sample(n, rng)
	for i := range z.RawMatrix().Data {
		z.RawMatrix().Data[i] += float64(s)
	}
	return z
}

// TestAnotherPrior: a linear decoder moves the prior's shift c to x by W·c, in samples, bounds
// and quadrature alike.
func TestAnotherPrior(t *testing.T) {
	lin := newLinear(t)
	const c = 0.5
	lin.prior = shifted(c)
	if err := lin.compile(); err != nil {
		t.Fatal(err)
	}
	gentest.Sampler(t, lin.Model, 2)
	x := lin.Sample(2000, pcg(1, 1))
	logp := quadrature(t, lin.Model, CellSigmas).LogMarginal(x)
	bound := lin.Importance(300).LogBound(x, pcg(2, 2))
	z := mat.DenseCopyOf(x)
	tilted.FromData(z)
	for i := range logp {
		_, want := lin.exact([2]float64{z.At(i, 0) - c*(lin.w[0]+lin.w[2]), z.At(i, 1) - c*(lin.w[1]+lin.w[3])})
		if !(math.Abs(logp[i]-want) <= 1e-3) {
			t.Fatalf("row %d: log p %v by quadrature, want %v", i, logp[i], want)
		}
	}
	if gap := stat.Mean(logp, nil) - stat.Mean(bound, nil); gap < -0.02 || gap > 0.1 {
		t.Errorf("IWAE of 300 samples is %v nats below log p", gap)
	}
}

// TestAggregateRatios: an untrained model that starts as the identity has posteriors N(x, s²I) of
// standardised x. Of normal data with deviation r their mean is N(0, (r²+s²)I), and its divergence
// from the prior is known.
func TestAggregateRatios(t *testing.T) {
	const n, r, s = 3000, 0.6, 0.3
	c := small()
	c.InitialScale = s
	m := newModel(t, c, tilted)
	x := Normal{2}.Sample(n, pcg(1, 1))
	x.Scale(r, x)
	tilted.ToData(x)
	y := Normal{2}.Sample(n, pcg(4, 4))
	y.Scale(r, y)
	tilted.ToData(y)
	v := r*r + s*s
	want := v - 1 - math.Log(v) // of two dimensions
	ratios := m.AggregateRatios(x, y, pcg(2, 2))
	mean, sd := stat.MeanStdDev(ratios, nil)
	// The estimate of q(z) from n posteriors adds a bias of the order of 1/n over the share of the
	// plane that one of them covers.
	if tol := 5*sd/math.Sqrt(n) + 0.01; !(math.Abs(mean-want) <= tol) {
		t.Errorf("KL(q(z) || p(z)) is %.4f, want %.4f ± %.4f", mean, want, tol)
	}
	z := m.Latents(x, pcg(3, 3))
	for j := range 2 {
		if got := stat.Variance(mat.Col(nil, j, z), nil); !(math.Abs(got-v) <= 5*v*math.Sqrt(2./n)) {
			t.Errorf("variance of z%d is %v, want %v", j+1, got, v)
		}
	}
}

// TestAggregateOfOne: the aggregate of the posterior of a single point is that posterior, whose density at a latent far from
// the next posterior is known.
func TestAggregateOfOne(t *testing.T) {
	const s = 0.3
	c := small()
	c.InitialScale = s
	m := newModel(t, c, tilted)
	point := mat.NewDense(1, 2, []float64{0.5, -0.4})
	at := mat.DenseCopyOf(point)
	tilted.ToData(point)
	// q(z|x) = N(x, s²·I): at z = x + s·e, log q - log p = -|e|²/2 - 2·log s + |z|²/2.
	const n = 50
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, point.RawRowView(0))
	}
	z := m.Latents(x, pcg(5, 5))
	got := m.AggregateRatios(x, point, pcg(5, 5)) // the same noise of z
	for i, v := range got {
		want := -2 * math.Log(s)
		for j := range 2 {
			e := (z.At(i, j) - at.At(0, j)) / s
			want += (z.At(i, j)*z.At(i, j) - e*e) / 2
		}
		if !(math.Abs(v-want) <= 1e-4) {
			t.Fatalf("row %d: %v, want %v", i, v, want)
		}
	}
}

// TestWithPrior: another prior in the place of a model's own changes the density, not the networks,
// and one that reaches out of the quadrature's square is refused.
func TestWithPrior(t *testing.T) {
	m := shaken(t, small(), tilted)
	same, err := m.WithPrior(Normal{2})
	if err != nil {
		t.Fatal(err)
	}
	x := m.Sample(50, pcg(1, 1))
	if a, b := m.LogBound(x, pcg(2, 2)), same.LogBound(x, pcg(2, 2)); !slices.Equal(a, b) || m.Params() != same.Params() {
		t.Error("a model with the prior that it had has another bound")
	}
	moved, err := m.WithPrior(shifted(5))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := m.LogBound(x, pcg(2, 2)), moved.LogBound(x, pcg(2, 2)); slices.Equal(a, b) {
		t.Error("the bound does not see the prior")
	}
	if _, err := moved.Quadrature(CellSigmas); err == nil || !strings.Contains(err.Error(), "of the prior") {
		t.Errorf("a quadrature that misses the prior: %v", err)
	}
}
