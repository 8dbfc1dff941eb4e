package diffusion

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/gentest"
	"genlab/metrics"
	"genlab/nn"
	"genlab/standardize"
)

var (
	_ genlab.Sampler = (*Model)(nil)
	_ genlab.Sampler = Sampling{}
	_ genlab.Learner = (*Trainer)(nil)
	_ Denoiser       = (*Model)(nil)
)

func small() Config {
	c := DefaultConfig()
	c.Steps, c.Warmup, c.Hidden, c.Batch, c.EMA, c.Features, c.FeatureScale = 2000, 20, 32, 128, 0.99, 8, 2
	return c
}

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

func newTrainer(t *testing.T, c Config) *Trainer {
	t.Helper()
	m, err := New(c, standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// data is the triangle in the coordinates of newTrainer's model.
func data(n int, rng *rand.Rand) *mat.Dense {
	x := triangle().draw(n, rng)
	standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}.ToData(x)
	return x
}

// TestTrainingLearns: from a loss of 1 (the last layer begins at zero, and each target has
// variance 1 on standardised data) to samples several times nearer to the data than those of
// the untrained model.
func TestTrainingLearns(t *testing.T) {
	for _, name := range Parameterization("").Choices() {
		t.Run(name, func(t *testing.T) {
			c := small()
			c.Prediction, c.PosteriorTarget = Parameterization(name), false // whose targets vary less
			learns(t, newTrainer(t, c))
		})
	}
}

func learns(t *testing.T, tr *Trainer) {
	before := metrics.EnergyDistance(tr.Average().Sample(1000, pcg(2, 2)), data(1000, pcg(3, 3)))
	d, noise := pcg(4, 4), pcg(5, 5)
	var first float64
	for i := range tr.Model().cfg.Steps {
		losses, err := tr.Learn(data(tr.Model().cfg.Batch, d), noise)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = losses[0].Value
		}
	}
	// 256 squares of N(0, 1) have a standard deviation of sqrt(2/256) = 0.09; the triangle has
	// a variance of 0.8 on both axes, so a loss of the data alone is near that.
	if first < 0.8-4*0.09 || first > 1+4*0.09 {
		t.Errorf("first loss %v, want 0.8 to 1 ± 0.36", first)
	}
	after := metrics.EnergyDistance(tr.Average().Sample(1000, pcg(2, 2)), data(1000, pcg(3, 3)))
	if !(after.Value < 0.2*before.Value) {
		t.Errorf("energy distance %v after training, %v before", after.Value, before.Value)
	}
}

func TestModelIsASampler(t *testing.T) {
	gentest.Sampler(t, newTrainer(t, small()).Average(), 2)
}

// TestOneTimeIsTheSameFunction: the formula that shares the time between rows agrees with the
// one that training uses.
func TestOneTimeIsTheSameFunction(t *testing.T) {
	tr := newTrainer(t, small())
	m := tr.Model()
	for i, p := range m.net.Parameters().List() { // the last layer begins at zero, which hides all else
		for j := range p.Value {
			p.Value[j] += float32(0.1 * pcg(uint64(i), uint64(j)).NormFloat64())
		}
	}
	whole, err := nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{predict(g, m.net, 2, 0)} })
	if err != nil {
		t.Fatal(err)
	}
	const time = 0.37
	x := normals(10, 2, pcg(1, 2))
	in, levels, out := make([]float32, 20), make([]float32, 10), make([]float32, 20)
	for i := range 10 {
		in[2*i], in[2*i+1] = float32(x.At(i, 0)), float32(x.At(i, 1))
		levels[i] = float32(-logSNR(m.sched, time))
	}
	if err := whole.Run(10, nn.Columns{"x": in, "noise level": levels}, out); err != nil {
		t.Fatal(err)
	}
	var x0 mat.Dense
	denoise(m, &x0, x, time)
	alpha, sigma := m.sched.At(time)
	for i := range 10 {
		for j := range 2 {
			want := alpha*x.At(i, j) - sigma*float64(out[2*i+j])
			if !(math.Abs(x0.At(i, j)-want) <= 1e-4) {
				t.Errorf("row %d: %v, want %v", i, x0.At(i, j), want)
			}
		}
	}
}

// TestResumeIsBitwise: 30 steps, and 11 steps, a restored state and 19 steps.
func TestResumeIsBitwise(t *testing.T) {
	run := func(tr *Trainer, steps int, d, noise *rand.Rand) {
		for range steps {
			if _, err := tr.Learn(data(tr.Model().cfg.Batch, d), noise); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := newTrainer(t, small())
	run(whole, 30, pcg(1, 0), pcg(2, 0))
	part := newTrainer(t, small())
	d, noise := pcg(1, 0), pcg(2, 0)
	run(part, 11, d, noise)
	var saved []checkpoint.Tensor
	for _, s := range part.State() {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	again, err := Resume(small(), saved, 11)
	if err != nil {
		t.Fatal(err)
	}
	run(again, 19, d, noise)
	for i, s := range whole.State() {
		if !slices.Equal(s.Data, again.State()[i].Data) {
			t.Errorf("%s differs", s.Name)
		}
	}
	// What samples is the average, in the data's coordinates.
	loaded, err := Load(small(), whole.State())
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(loaded.Sample(50, pcg(7, 7)), whole.Average().Sample(50, pcg(7, 7))) {
		t.Error("the loaded model draws other samples than the trained one")
	}
}

// TestDivergenceLeavesTheParameters: a batch that is not finite is an error that names a
// tensor, and nothing moves.
func TestDivergenceLeavesTheParameters(t *testing.T) {
	tr := newTrainer(t, small())
	var before [][]float32
	for _, s := range tr.State() {
		before = append(before, slices.Clone(s.Data))
	}
	batch := data(tr.Model().cfg.Batch, pcg(1, 1))
	batch.Set(3, 1, math.NaN())
	_, err := tr.Learn(batch, pcg(2, 2))
	if err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("error %v", err)
	}
	for i, s := range tr.State() {
		if !slices.Equal(before[i], s.Data) {
			t.Errorf("%s changed", s.Name)
		}
	}
}

func TestValidateNamesTheField(t *testing.T) {
	for key, spoil := range map[string]func(*Config){
		"steps": func(c *Config) { c.Steps = 0 }, "lr": func(c *Config) { c.LR = math.NaN() },
		"ema": func(c *Config) { c.EMA = 1 }, "time-features": func(c *Config) { c.TimeFeatures = 7 },
		"schedule": func(c *Config) { c.Schedule = "cosin" }, "spacing": func(c *Config) { c.Spacing = "" },
		"prediction": func(c *Config) { c.Prediction = "eps" }, "eta": func(c *Config) { c.Eta = -0.1 }, "nfe": func(c *Config) { c.NFE = 0 },
		"label-dropout": func(c *Config) { c.LabelDropout = 0 }, "guidance": func(c *Config) { c.Guidance = 2 },
		"noise distribution": func(c *Config) { c.NoiseDistribution = "normal" }, "noise-std": func(c *Config) { c.NoiseStd = 0 },
		"features": func(c *Config) { c.Features = -1 }, "trailing": func(c *Config) { c.Spacing, c.NFE, c.Timesteps = Trailing, 20, 10 },
		"sampler": func(c *Config) { c.Sampler = "heun1" }, "ddpm": func(c *Config) { c.Sampler, c.Eta = "ddpm", 0.5 },
	} {
		c := DefaultConfig()
		if spoil(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), key) {
			t.Errorf("%s: error %v", key, c.Validate())
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// TestPredictionsAreOneAnother: from the exact target each gives back x_0.
func TestPredictionsAreOneAnother(t *testing.T) {
	rng := pcg(8, 8)
	for _, name := range Parameterization("").Choices() {
		p := Parameterization(name)
		for _, time := range []float64{0.01, 0.5, 0.99} {
			alpha, sigma := cosine.At(time)
			x0, e := rng.NormFloat64(), rng.NormFloat64()
			a, b := p.target(alpha, sigma)
			target := a*x0 + b*e
			a, b = p.data(alpha, sigma)
			if got := a*(alpha*x0+sigma*e) + b*target; !(math.Abs(got-x0) <= 1e-9) {
				t.Errorf("%s at %v: %v, want %v", name, time, got, x0)
			}
		}
	}
}
