package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/gentest"
	"genlab/internal/nn"
)

// shifted is a second prior, N(centre, I): the seam that a flow will use.
type shifted float64

func (s shifted) LogProb(_ *nn.Graph, z *G.Node) *G.Node {
	return logNormal(nn.Shift(-float64(s), z), z.Shape()[1])
}

func (s shifted) Sample(n, latent int, rng *rand.Rand) *mat.Dense {
	z := Normal{}.Sample(n, latent, rng)
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
		if math.Abs(logp[i]-want) > 1e-3 {
			t.Fatalf("row %d: log p %v by quadrature, want %v", i, logp[i], want)
		}
	}
	if gap := stat.Mean(logp, nil) - stat.Mean(bound, nil); gap < -0.02 || gap > 0.1 {
		t.Errorf("IWAE of 300 draws is %v nats below log p", gap)
	}
}
