package diffusion

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/gentest"
	"genlab/standardize"
)

var (
	_ genlab.LogProber = ProbabilityFlow{}
	_ Differentiable   = Mixture{}
	_ Differentiable   = (*Model)(nil)
)

// marginal is the exact distribution of x_t of a mixture, in the coordinates of a map.
type marginal struct {
	Mixture
	standardize.Map
	time float64
}

func (p marginal) LogProb(x mat.Matrix) []float64 {
	n, d := x.Dims()
	z := mat.DenseCopyOf(x)
	p.FromData(z)
	alpha, sigma := p.Schedule.At(p.time)
	v := alpha*alpha*p.Sigma*p.Sigma + sigma*sigma
	out := make([]float64, n)
	for i := range n {
		var sum float64
		for k, w := range p.Weights {
			var sq float64
			for j, mu := range p.Means.RawRowView(k) {
				diff := z.At(i, j) - alpha*mu
				sq += diff * diff
			}
			sum += w * math.Exp(-sq/(2*v))
		}
		out[i] = math.Log(sum) - float64(d)/2*math.Log(2*math.Pi*v) - p.LogScale()
	}
	return out
}

var place = standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}

// TestFlowOfTheExactScore: with the exact denoiser, and the exact distribution at the end, the flow's
// density is the truth to 1e-4 nats. It starts at a noise of 0.002, which is counted to the
// truth. N(0, I) at the end costs less than 0.02.
func TestFlowOfTheExactScore(t *testing.T) {
	for _, named := range schedules {
		m := triangle()
		m.Schedule = named.Value
		x := data(300, pcg(1, 1))
		alpha, sigma := named.Value.At(TimeOfNoise(named.Value, MinNoise))
		noisy := m
		noisy.Sigma = math.Hypot(m.Sigma, sigma/alpha)
		want := marginal{noisy, place, 0}.LogProb(x)
		exact := ProbabilityFlow{m, named.Value, place, 1e-6, marginal{m, standardize.Identity(2), 1}}.LogProb(x)
		usual := ProbabilityFlow{m, named.Value, place, 1e-6, nil}.LogProb(x)
		for i := range want {
			if !(math.Abs(exact[i]-want[i]) < 1e-4) {
				t.Fatalf("%s, row %d: %v, want %v", named.Name, i, exact[i], want[i])
			}
			if !(math.Abs(usual[i]-want[i]) < 0.02) {
				t.Errorf("%s, row %d: N(0, I) at the end costs %v", named.Name, i, usual[i]-want[i])
			}
		}
	}
}

// TestFlowRowsAreAlone: a row's value does not depend on the rows beside it.
func TestFlowRowsAreAlone(t *testing.T) {
	f := ProbabilityFlow{triangle(), cosine, place, DefaultTolerance, nil}
	gentest.LogProber(t, f, data(20, pcg(2, 2)))
}

// TestTraces: the exact trace and the network's agree with central differences.
func TestTraces(t *testing.T) {
	m := newTrainer(t, small()).Model()
	for i, p := range m.net.Parameters().List() { // the last layer begins at zero
		for j := range p.Value {
			p.Value[j] += float32(0.3 * pcg(uint64(i), uint64(j)).NormFloat64())
		}
	}
	for name, c := range map[string]struct {
		d    Differentiable
		h    float64
		want float64 // of the difference
	}{"mixture": {triangle(), 1e-3, 1e-6}, "network": {m, 1e-2, 2e-3}} { // float32 leaves 1e-7/h
		x := normals(10, 2, pcg(1, 9))
		times := []float64{0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}
		trace, unused := make([]float64, 10), make([]float64, 10)
		var d mat.Dense
		d.ReuseAs(10, 2)
		at := func(i, j int, shift float64) float64 {
			moved := mat.DenseCopyOf(x)
			moved.Set(i, j, x.At(i, j)+shift)
			c.d.DenoiseTrace(&d, moved, times, unused)
			return d.At(i, j)
		}
		c.d.DenoiseTrace(&d, x, times, trace)
		for i := range 10 {
			var want float64
			for j := range 2 { // differences of order 4
				want += (8*(at(i, j, c.h)-at(i, j, -c.h)) - at(i, j, 2*c.h) + at(i, j, -2*c.h)) / (12 * c.h)
			}
			if !(math.Abs(trace[i]-want) < c.want*math.Max(1, math.Abs(want))) {
				t.Errorf("%s, row %d: trace %v, differences give %v", name, i, trace[i], want)
			}
		}
	}
}

// TestFlowIntegratesToOne: of a trained network, whatever it has learnt.
func TestFlowIntegratesToOne(t *testing.T) {
	c := small()
	c.Steps, c.FeatureScale = 500, 1 // a density that the grid below resolves
	tr := newTrainer(t, c)
	d, noise := pcg(4, 4), pcg(5, 5)
	for range c.Steps {
		if _, err := tr.Learn(data(c.Batch, d), noise); err != nil {
			t.Fatal(err)
		}
	}
	// 2.9 of the data's standard deviations to each side, 16 times their sigma, in steps of 0.29 of it.
	const side, reach = 100, 2.9
	x := mat.NewDense(side*side, 2, nil)
	for i := range side * side {
		for j, at := range []int{i / side, i % side} {
			x.Set(i, j, reach*(2*(float64(at)+0.5)/side-1))
		}
	}
	place.ToData(x)
	cell := math.Exp(place.LogScale()) * math.Pow(2*reach/side, 2)
	var sum float64
	for _, l := range tr.Average().ProbabilityFlow().LogProb(x) {
		sum += math.Exp(l) * cell
	}
	if !(math.Abs(sum-1) < 1e-3) {
		t.Errorf("the density integrates to %v", sum)
	}
}

func BenchmarkFlow(b *testing.B) {
	m, err := New(DefaultConfig(), place, pcg(1, 1))
	if err != nil {
		b.Fatal(err)
	}
	for i, p := range m.net.Parameters().List() {
		for j := range p.Value {
			p.Value[j] += float32(0.02 * pcg(uint64(i), uint64(j)).NormFloat64())
		}
	}
	x := data(2000, pcg(2, 2))
	for b.Loop() {
		m.ProbabilityFlow().LogProb(x)
	}
	b.ReportMetric(2000*float64(b.N)/b.Elapsed().Seconds(), "points/s")
}

// TestClock: the clock inverts the noise level of every schedule, also where it grows steeply towards t = 1.
func TestClock(t *testing.T) {
	for _, e := range schedules {
		c := newClock(e.Value)
		first, last := c.u[0], c.u[len(c.u)-1]
		for i := range 2001 {
			u := first + (last-first)*float64(i)/2000
			if got := -logSNR(e.Value, c.time(u)); math.Abs(got-u) > 1e-6 {
				t.Errorf("%v: the time of u = %v has u = %v", e.Value, u, got)
			}
		}
	}
}

// TestFlowOfManyCoordinates: of N(0, I) data with the noise of the first angle the density is that of N(0, I/cos²),
// where a factor cos for each of 50 coordinates counts: twice 1e-6 each.
func TestFlowOfManyCoordinates(t *testing.T) {
	const d, n = 50, 10
	m := Mixture{cosine, mat.NewDense(1, d, nil), []float64{1}, 1}
	x, rng := mat.NewDense(n, d, nil), pcg(1, 1)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	cos := math.Cos(newClock(cosine).first)
	for i, got := range (ProbabilityFlow{m, cosine, standardize.Identity(d), 1e-6, nil}).LogProb(x) {
		row := x.RowView(i)
		want := -cos*cos*mat.Dot(row, row)/2 + d*(math.Log(cos)-math.Log(2*math.Pi)/2)
		if !(math.Abs(got-want) <= d*2e-7) {
			t.Errorf("row %d: log p %.6f, want %.6f", i, got, want)
		}
	}
}

// TestODESteps: a step is taken if its error is within the tolerance, and the next is 0.9 times as long by the fifth root of
// the error in tolerances, but at most 5 times and at least 0.2 times.
func TestODESteps(t *testing.T) {
	const h, tolerance = 0.01, 1e-6
	for _, c := range []struct{ worst, growth float64 }{{0, 5}, {1e-4, 5}, {1. / 32, 1.8}, {1 - 1e-9, 0.9}, {32, 0.45}, {1e9, 0.2}} {
		p := path{angle: 0.1, h: h, x: []float64{-3}, stages: make([][]float64, 7)}
		for i := range p.stages {
			p.stages[i] = make([]float64, 2)
		}
		p.stages[0][0] = c.worst * tolerance * (1 + 3) / (h * math.Abs(dormandPrince.Error[0]))
		p.advance(1.5, tolerance)
		if accepted := p.angle == 0.1+h; accepted != (c.worst <= 1) || !(math.Abs(p.h/h-c.growth) <= 1e-6) {
			t.Errorf("an error of %v tolerances: accepted %v, the next step is %v times as long, want %v", c.worst, accepted, p.h/h, c.growth)
		}
	}
}
