package vae

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/nn"
)

// linear is a model whose encoder and decoder are linear, p(x) = N(shift, S·(W·Wᵀ + s²·I)·S) with
// S the scale: the networks are zero, and the skips the whole.
type linear struct {
	*Model
	w [4]float64 // decoder: x = wᵀ·z in rows, latent x data
	a [4]float64 // encoder: m = aᵀ·x
	s float64    // of the decoder
	l [3]float64 // of the posterior: l00, l10, l11
}

func newLinear(t *testing.T) linear {
	c := small()
	m := newModel(t, c, tilted)
	lin := linear{Model: m, w: [4]float64{0.8, 0.3, -0.2, 0.6}, a: [4]float64{0.7, 0.1, -0.3, 0.9}, s: 0.4, l: [3]float64{0.5, 0.2, 0.6}}
	for i := range 4 {
		m.decoder.skip.Value[i], m.encoder.skip.Value[i] = float32(lin.w[i]), float32(lin.a[i])
	}
	out := m.decoder.net[c.Layers].B.Value
	out[2], out[3] = float32(inverseSoftplus(lin.s-c.Floor)), float32(inverseSoftplus(lin.s-c.Floor))
	in := m.encoder.net[c.Layers].B.Value
	in[2], in[3], in[4] = float32(inverseSoftplus(lin.l[0]-minScale)), float32(inverseSoftplus(lin.l[2]-minScale)), float32(lin.l[1])
	return lin
}

// exact returns the ELBO and log p in closed form at a standardised x, in nats of the data.
func (lin linear) exact(x [2]float64) (elbo, logp float64) {
	w, a, l := lin.w, lin.a, lin.l
	m := [2]float64{x[0]*a[0] + x[1]*a[2], x[0]*a[1] + x[1]*a[3]}
	v := [3]float64{l[0] * l[0], l[0] * l[1], l[1]*l[1] + l[2]*l[2]} // L·Lᵀ
	for j := range 2 {
		mean := m[0]*w[j] + m[1]*w[2+j]
		spread := w[j]*w[j]*v[0] + 2*w[j]*w[2+j]*v[1] + w[2+j]*w[2+j]*v[2]
		elbo += -math.Log(2*math.Pi)/2 - math.Log(lin.s) - ((x[j]-mean)*(x[j]-mean)+spread)/(2*lin.s*lin.s)
	}
	elbo -= (m[0]*m[0]+m[1]*m[1]+v[0]+v[2])/2 - 1 - math.Log(l[0]) - math.Log(l[2]) // KL
	c00, c11 := w[0]*w[0]+w[2]*w[2]+lin.s*lin.s, w[1]*w[1]+w[3]*w[3]+lin.s*lin.s
	c01 := w[0]*w[1] + w[2]*w[3]
	det := c00*c11 - c01*c01
	logp = -math.Log(2*math.Pi) - math.Log(det)/2 - (c11*x[0]*x[0]-2*c01*x[0]*x[1]+c00*x[1]*x[1])/(2*det)
	jacobian := math.Log(tilted.Scale[0] * tilted.Scale[1])
	return elbo - jacobian, logp - jacobian
}

// TestLinearGaussian: the ELBO's mean over samples is its closed form, within five standard
// errors of 20,000; the quadrature is log p; and many samples close the gap.
func TestLinearGaussian(t *testing.T) {
	lin := newLinear(t)
	q := quadrature(t, lin.Model, CellSigmas)
	for _, x := range [][2]float64{{0, 0}, {0.5, -1}, {-1.2, 0.7}} {
		elbo, logp := lin.exact(x)
		const n = 20000
		points := mat.NewDense(n, 2, nil)
		for i := range n {
			points.SetRow(i, x[:])
		}
		tilted.ToData(points)
		mean, sd := stat.MeanStdDev(lin.LogBound(points, pcg(1, 1)), nil)
		if se := sd / math.Sqrt(n); !(math.Abs(mean-elbo) <= 5*se) {
			t.Errorf("x = %v: ELBO %v ± %v, want %v", x, mean, se, elbo)
		}
		if got := q.LogMarginal(points.Slice(0, 1, 0, 2))[0]; !(math.Abs(got-logp) <= 1e-4) {
			t.Errorf("x = %v: quadrature %v, want %v", x, got, logp)
		}
		if got := stat.Mean(lin.Importance(5000).LogBound(points.Slice(0, 20, 0, 2), pcg(1, 1)), nil); !(math.Abs(got-logp) <= 0.02) {
			t.Errorf("x = %v: IWAE of 5000 samples %v, log p %v", x, got, logp)
		}
	}
}

// TestExactPosteriorHasNoGap: with the true posterior every sample's weight is p(x): the bound
// is log p, and not random.
func TestExactPosteriorHasNoGap(t *testing.T) {
	lin := newLinear(t)
	// The precision of p(z|x) is I + W·Wᵀ/s², its mean the covariance times W·x/s².
	w, s2 := lin.w, lin.s*lin.s
	p00, p01, p11 := 1+(w[0]*w[0]+w[1]*w[1])/s2, (w[0]*w[2]+w[1]*w[3])/s2, 1+(w[2]*w[2]+w[3]*w[3])/s2
	det := p00*p11 - p01*p01
	v00, v01, v11 := p11/det, -p01/det, p00/det
	lin.l[0] = math.Sqrt(v00)
	lin.l[1] = v01 / lin.l[0]
	lin.l[2] = math.Sqrt(v11 - lin.l[1]*lin.l[1])
	for j := range 2 { // m = x·a in rows: a[j][i]
		lin.encoder.skip.Value[2*j] = float32((v00*w[j] + v01*w[2+j]) / s2)
		lin.encoder.skip.Value[2*j+1] = float32((v01*w[j] + v11*w[2+j]) / s2)
	}
	in := lin.encoder.net[lin.cfg.Layers].B.Value
	in[2], in[3], in[4] = float32(inverseSoftplus(lin.l[0]-minScale)), float32(inverseSoftplus(lin.l[2]-minScale)), float32(lin.l[1])
	x := lin.Sample(200, pcg(5, 5))
	bound := lin.LogBound(x, pcg(1, 1))
	tilted.FromData(x)
	for i := range bound {
		if _, logp := lin.exact([2]float64(x.RawRowView(i))); !(math.Abs(bound[i]-logp) <= 1e-3) {
			t.Fatalf("row %d: bound %v, log p %v", i, bound[i], logp)
		}
	}
}

// TestLadder: ELBO <= IWAE 5 <= IWAE 50 <= IWAE 500 <= log p on every distribution, each step within
// five standard errors of the paired difference.
func TestLadder(t *testing.T) {
	for _, ds := range datasets.All() {
		t.Run(ds.Name, func(t *testing.T) {
			c := small()
			c.Steps = 150
			m := trained(t, ds.Name, c)
			x := ds.Sampler.Sample(400, pcg(6, 6))
			rng := pcg(7, 7)
			logp := quadrature(t, m, CellSigmas).LogMarginal(x)
			below := make([]float64, len(logp))
			for i := range below {
				below[i] = math.Inf(-1)
			}
			for _, k := range []int{1, 5, 50, 500, 0} {
				name, values := fmt.Sprint("IWAE ", k), logp
				if k > 0 {
					values = m.Importance(k).LogBound(x, rng)
				} else {
					name = "log p"
				}
				rise := make([]float64, len(values))
				for i, v := range values {
					rise[i] = v - below[i]
				}
				if k != 1 {
					mean, sd := stat.MeanStdDev(rise, nil)
					if mean < -5*sd/math.Sqrt(float64(len(rise))) {
						t.Errorf("%s is %v nats below the step before", name, -mean)
					}
				}
				below = values
			}
		})
	}
}

// TestReparameterisedGradients: the gradient of each objective through the samples of z agrees
// with central differences in float64, for every parameter of both networks.
func TestReparameterisedGradients(t *testing.T) {
	for _, objective := range Objective("").Choices() {
		for _, posterior := range Posterior("").Choices() {
			t.Run(objective+" "+posterior, func(t *testing.T) {
				c := small()
				c.Hidden, c.Layers, c.Samples, c.Batch = 4, 1, 3, 3
				c.Objective, c.Posterior = Objective(objective), Posterior(posterior)
				checkGradients(t, newTrainer(t, c, tilted))
			})
		}
	}
}

func checkGradients(t *testing.T, tr *Trainer) {
	rng := pcg(3, 1)
	for _, p := range tr.Model().params.List() {
		for i := range p.Value {
			p.Value[i] += float32(0.2 * rng.NormFloat64())
		}
	}
	tr.beta[0] = 1
	if tr.Model().cfg.Objective == ELBO {
		tr.beta[0] = 0.7
	}
	x, noise := make([]float32, 3*2), make([]float32, 3*6)
	for _, in := range [][]float32{x, noise} {
		for i := range in {
			in[i] = float32(rng.NormFloat64())
		}
	}
	g := nn.NewGraph64(3)
	loss := tr.losses(g, g.Table("x", 3, 2, x), g.Table("noise", 3, 6, noise))[0]
	params := tr.Model().params.List()
	var wrt G.Nodes
	for _, p := range params {
		wrt = append(wrt, g.Param(p))
	}
	grads, err := g.Grad(loss, nil, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := nn.Compile(g, append(grads, loss)...)
	if err != nil {
		t.Fatal(err)
	}
	value := func() float64 {
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		return float64s(machine.Value(loss))[0]
	}
	value()
	var want [][]float64
	for i := range params {
		want = append(want, slices.Clone(float64s(machine.Value(grads[i]))))
	}
	for i, p := range params {
		largest := 0.0
		for j, v := range p.Value {
			const h = 1.0 / 1024
			p.Value[j] = v + h
			above, up := value(), float64(p.Value[j])
			p.Value[j] = v - h
			below, down := value(), float64(p.Value[j])
			p.Value[j] = v
			got := (above - below) / (up - down)
			largest = max(largest, math.Abs(want[i][j]))
			// The error of the difference is h²/6 times the third derivative: 2e-7 times about 100.
			if !(math.Abs(got-want[i][j]) <= 1e-4*(1+math.Abs(got))) {
				t.Errorf("%s[%d]: gradient %v, differences %v", p.Name, j, want[i][j], got)
			}
		}
		if largest < 1e-6 {
			t.Errorf("%s has no gradient", p.Name)
		}
	}
}

func float64s(v G.Value) []float64 { return v.(*tensor.Dense).Float64s() }

// TestLossIsTheBound: before its first step a trainer reports, of a batch, the two terms of the model's bound with its sign
// turned, in the data's coordinates.
func TestLossIsTheBound(t *testing.T) {
	c := small()
	c.Batch, c.Stratified = 4000, false
	tr, err := NewTrainer(shaken(t, c, tilted))
	if err != nil {
		t.Fatal(err)
	}
	x := crescent(c.Batch, pcg(9, 9))
	reconstruction, kl := tr.Model().Terms(x, pcg(1, 1))
	losses, err := tr.Learn(x, pcg(1, 1)) // the same draws of z
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		got   genlab.Loss
		terms []float64
		sign  float64
	}{{losses[1], reconstruction, -1}, {losses[2], kl, 1}} {
		if want := c.sign * stat.Mean(c.terms, nil); !(math.Abs(c.got.Value-want) <= 1e-4*math.Abs(want)) {
			t.Errorf("%s is %v, of the bound %v", c.got.Name, c.got.Value, want)
		}
	}
	if sum := losses[1].Value + losses[2].Value; !(math.Abs(losses[0].Value-sum) <= 1e-4*math.Abs(sum)) {
		t.Errorf("the loss is %v, its terms add up to %v", losses[0].Value, sum)
	}
}

// TestLogMeanExp agrees with the logarithm of the mean in float64, and with the bound that is reported.
func TestLogMeanExp(t *testing.T) {
	g := nn.NewGraph(3)
	values := []float32{0.3, -2, 5, 0, 0, 0, -80, 40, 39.5}
	node := logMeanExp(g.Table("x", 3, 3, values))
	m, err := nn.Compile(g, node)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, got := range m.Value(node).(*tensor.Dense).Float32s() {
		logs := make([]float64, 3)
		for k := range logs {
			logs[k] = float64(values[3*i+k])
		}
		if want := logMean(logs); !(math.Abs(float64(got)-want) <= 1e-5*math.Max(1, math.Abs(want))) || !(math.Abs(floats.LogSumExp(logs)-math.Log(3)-want) <= 1e-12) {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
}

// TestLearnsAnEasyCase: from a Gaussian to a crescent, by both objectives, the bound rises.
func TestLearnsAnEasyCase(t *testing.T) {
	x := crescent(2000, pcg(9, 9))
	for _, objective := range Objective("").Choices() {
		c := small()
		c.Objective, c.Samples = Objective(objective), 3
		tr := newTrainer(t, c, tilted)
		before := stat.Mean(tr.Average().LogBound(x, pcg(1, 1)), nil)
		d, noise := pcg(1, 0), pcg(2, 0)
		for range c.Steps {
			if _, err := tr.Learn(crescent(c.Batch, d), noise); err != nil {
				t.Fatal(err)
			}
		}
		if after := stat.Mean(tr.Average().Importance(20).LogBound(x, pcg(1, 1)), nil); after < before+0.5 {
			t.Errorf("%s: the bound is %v after training, %v before", objective, after, before)
		}
	}
}

// TestFarOut: -Inf or a number, for the bound with one sample or several.
func TestFarOut(t *testing.T) {
	m := trained(t, "8gaussians", small())
	for _, k := range []int{1, 5} {
		bound := func(x mat.Matrix) []float64 { return m.Importance(k).LogBound(x, pcg(7, 7)) }
		gentest.FarPoints(t, 2, 5, bound) // rows differ in their samples of z
		beside := bound(mat.NewDense(3, 2, []float64{0, 0, 1e39, 0, math.Inf(1), 0}))[0]
		if alone := bound(mat.NewDense(1, 2, nil))[0]; !(math.Abs(beside-alone) <= 1e-4) {
			t.Errorf("%d samples: the bound at the origin is %v, beside far points %v", k, alone, beside)
		}
	}
	reconstruction, kl := m.Terms(mat.NewDense(2, 2, []float64{1e39, 0, math.Inf(1), 0}), pcg(7, 7))
	for i := range kl {
		if !math.IsInf(reconstruction[i], -1) || !math.IsInf(kl[i], 1) {
			t.Errorf("row %d: reconstruction %v, KL %v", i, reconstruction[i], kl[i])
		}
	}
	gentest.FarPoints(t, 2, 1e-9, quadrature(t, m, CellSigmas).LogMarginal)
}
