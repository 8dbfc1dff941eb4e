package vae

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// roughFlow is a model with a flow posterior far from a Gaussian.
func roughFlow(t *testing.T) *Model {
	t.Helper()
	c := DefaultConfig()
	c.Posterior, c.Hidden, c.Layers = Flow, 16, 2
	m, err := New(c, tilted, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	rng := pcg(2, 2)
	for _, net := range m.flow.nets {
		last := net[len(net)-1]
		for _, p := range []*nn.Param{last.W, last.B} {
			for i := range p.Value {
				p.Value[i] = float32(0.12 * rng.NormFloat64())
			}
		}
	}
	return m
}

// TestFlowPosteriorIsNormalised: of z ~ q(z|x), the mean of r(z)/q(z|x) is 1 for any density r whose mass q covers: here a
// Gaussian with half the standard deviations of q.
func TestFlowPosteriorIsNormalised(t *testing.T) {
	m := roughFlow(t)
	const n = 200000
	x := mat.NewDense(1, 2, []float64{0.4, -1.2})
	_, h := m.encodeRows(x)
	mean, factor := m.Encode(x)
	rng := pcg(3, 3)
	in := nn.Columns{"posterior": repeated(h, len(h), n), "noise": make([]float32, 2*n)}
	for i := range in["noise"] {
		in["noise"][i] = float32(rng.NormFloat64())
	}
	z, logq := make([]float32, 2*n), make([]float32, n)
	f, err := nn.NewForward(func(g *nn.Graph) G.Nodes {
		z, logq := m.reparameterise(g, g.Input("posterior", len(h)), g.Input("noise", 2))
		return G.Nodes{z, logq}
	})
	if err != nil {
		t.Fatal(err)
	}
	must(f.Run(n, in, z, logq))
	var sum, square, skew float64
	sx, sy := factor.At(0, 0)/2, math.Hypot(factor.At(0, 2), factor.At(0, 3))/2
	for i := range n {
		u, v := (float64(z[2*i])-mean.At(0, 0))/sx, (float64(z[2*i+1])-mean.At(0, 1))/sy
		w := math.Exp(-(u*u+v*v)/2-float64(logq[i])) / (2 * math.Pi * sx * sy)
		sum, square, skew = sum+w, square+w*w, skew+u*u*u/8/n
	}
	average := sum / n
	if se := math.Sqrt((square/n - average*average) / n); math.Abs(average-1) > 4*se || se > 0.05 {
		t.Errorf("the mean of r/q is %v ± %v", average, se)
	}
	if math.Abs(skew) < 0.05 {
		t.Errorf("a skewness of %v: the posterior is nearly Gaussian, and the test shows little", skew)
	}
}

// TestFlowPosteriorMoments: Encode describes the samples of Latents.
func TestFlowPosteriorMoments(t *testing.T) {
	m := roughFlow(t)
	const n = 20000
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, []float64{-0.7, 0.3})
	}
	mean, factor := m.Encode(x.Slice(0, 1, 0, 2))
	z := m.Latents(x, pcg(4, 4))
	for j := range 2 {
		var sum, square float64
		for i := range n {
			v := z.At(i, j) - mean.At(0, j)
			sum, square = sum+v, square+v*v
		}
		sd := math.Sqrt(square / n)
		want := factor.At(0, 2*j+j)
		if j == 1 {
			want = math.Hypot(factor.At(0, 2), factor.At(0, 3))
		}
		if math.Abs(sum/n) > 5*sd/math.Sqrt(momentSamples) || math.Abs(sd/want-1) > 0.3 {
			t.Errorf("coordinate %d: mean off by %v, standard deviation %v, want %v", j, sum/n, sd, want)
		}
	}
}
