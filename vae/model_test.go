package vae

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/standardize"
)

var (
	_ genlab.Sampler    = (*Model)(nil)
	_ genlab.LogBounder = (*Model)(nil)
	_ genlab.LogBounder = ImportanceBound{}
	_ genlab.Learner    = (*Trainer)(nil)
	_ Prior             = Normal{}
)

// TestNoDensityByType: neither the model nor its quadrature passes for an exact density.
func TestNoDensityByType(t *testing.T) {
	prober := reflect.TypeFor[genlab.LogProber]()
	for _, have := range []reflect.Type{reflect.TypeFor[*Model](), reflect.TypeFor[*Quadrature](), reflect.TypeFor[ImportanceBound]()} {
		if have.Implements(prober) {
			t.Errorf("%v is a genlab.LogProber", have)
		}
	}
}

func small() Config {
	c := DefaultConfig()
	c.Steps, c.Warmup, c.Hidden, c.Batch, c.EMA = 600, 20, 32, 128, 0.97
	return c
}

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

var tilted = standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}

func newModel(t testing.TB, c Config, scale standardize.Map) *Model {
	t.Helper()
	m, err := New(c, scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newTrainer(t testing.TB, c Config, scale standardize.Map) *Trainer {
	t.Helper()
	tr, err := NewTrainer(newModel(t, c, scale))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// shaken is a model away from its start, where the last layers are zero and hide all else.
func shaken(t testing.TB, c Config, scale standardize.Map) *Model {
	m := newModel(t, c, scale)
	rng := pcg(2, 9)
	for _, p := range m.params.List() {
		for i := range p.Value {
			p.Value[i] += float32(0.1 * rng.NormFloat64())
		}
	}
	return m
}

// trained fits a small model to a distribution.
func trained(t testing.TB, name string, c Config) *Model {
	t.Helper()
	ds, err := datasets.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	scale, err := standardize.Fit(ds.Sampler.Sample(5000, pcg(1, 3)))
	if err != nil {
		t.Fatal(err)
	}
	tr := newTrainer(t, c, scale)
	data, noise := pcg(4, 4), pcg(5, 5)
	for range c.Steps {
		if _, err := tr.Learn(ds.Sampler.Sample(c.Batch, data), noise); err != nil {
			t.Fatal(err)
		}
	}
	return tr.Average()
}

func TestModelIsASampler(t *testing.T) {
	gentest.Sampler(t, shaken(t, small(), tilted), 2)
	c := small()
	c.Latent, c.Start = 3, Random
	gentest.Sampler(t, newModel(t, c, tilted), 2)
}

// TestLogBoundOfRows: as every density, by rows, whatever the other rows are and however x is
// stored.
func TestLogBoundOfRows(t *testing.T) {
	m := shaken(t, small(), tilted)
	x := m.Sample(300, pcg(3, 3))
	want := m.Importance(4).LogBound(x, pcg(1, 1))
	if got := m.Importance(4).LogBound(mat.DenseCopyOf(x.T()).T(), pcg(1, 1)); !slices.Equal(got, want) {
		t.Error("a transposed view has another bound")
	}
	if got := m.Importance(4).LogBound(x.Slice(0, 7, 0, 2), pcg(1, 1)); !slices.Equal(got, want[:7]) {
		t.Error("the first rows alone have another bound")
	}
	if slices.Equal(m.LogBound(x, pcg(1, 1)), m.LogBound(x, pcg(2, 2))) {
		t.Error("the bound does not use its generator")
	}
	for _, f := range []func(){
		func() { m.LogBound(mat.NewDense(2, 3, nil), pcg(1, 1)) },
		func() { m.Encode(mat.NewDense(2, 3, nil)) },
		func() { m.Decode(mat.NewDense(2, 3, nil)) },
	} {
		if msg := panicOf(f); !strings.Contains(msg, "vae") || !strings.Contains(msg, "3") || !strings.Contains(msg, "2") {
			t.Errorf("three columns: panic %q", msg)
		}
	}
}

func panicOf(f func()) (msg string) {
	defer func() { msg, _ = recover().(string) }()
	f()
	return ""
}

// TestTermsAddUp: the two parts of the ELBO are the ELBO, of the same samples.
func TestTermsAddUp(t *testing.T) {
	m := shaken(t, small(), tilted)
	x := m.Sample(100, pcg(3, 3))
	reconstruction, kl := m.Terms(x, pcg(1, 1))
	for i, v := range m.LogBound(x, pcg(1, 1)) {
		if !(math.Abs(v-(reconstruction[i]-kl[i])) <= 1e-5) {
			t.Errorf("row %d: %v - %v is not %v", i, reconstruction[i], kl[i], v)
		}
	}
}

// TestEncodeMatchesSample: Posterior.sample and the factor of Encode describe the same Gaussian, whose
// density is logq: the noise maps to m + L·ε.
func TestEncodeMatchesSample(t *testing.T) {
	for _, name := range []string{string(Full), string(Diagonal)} { // the Gaussian ones
		c := small()
		c.Posterior, c.Latent = Posterior(name), 3
		m := shaken(t, c, tilted)
		x := m.Sample(1, pcg(3, 3))
		mean, factor := m.Encode(x)
		// The mean of log q - log p(z) over samples is the closed form of KL.
		n := 40000
		xs := mat.NewDense(n, 2, nil)
		for i := range n {
			xs.SetRow(i, x.RawRowView(0))
		}
		_, kl := m.Terms(xs, pcg(1, 1))
		sum, square := 0.0, 0.0
		for _, v := range kl {
			sum += v / float64(n)
			square += v * v / float64(n)
		}
		want, l := -1.5, factor.RawRowView(0)
		for i := range 3 {
			want += mean.At(0, i)*mean.At(0, i)/2 - math.Log(l[4*i])
		}
		for _, v := range l {
			want += v * v / 2
		}
		if se := math.Sqrt((square - sum*sum) / float64(n)); !(math.Abs(sum-want) <= 5*se+1e-4) { // 5 standard errors
			t.Errorf("%s: KL %v ± %v from samples, %v in closed form", name, sum, se, want)
		}
		if name == string(Diagonal) != (l[3] == 0 && l[6] == 0 && l[7] == 0) {
			t.Errorf("%s: L is %v", name, l)
		}
	}
}

// TestStartIsTheIdentity: before training the default model is N(0, (1 + s²)·I), standardised,
// and no latent coordinate is lost.
func TestStartIsTheIdentity(t *testing.T) {
	c := small()
	m := newModel(t, c, tilted)
	z := mat.NewDense(2, 2, []float64{0.3, -1, 2, 0.5})
	mean, sigma := m.Decode(z)
	back, factor := m.Encode(mean)
	for i := range 2 {
		for j := range 2 {
			if want := tilted.Shift[j] + tilted.Scale[j]*z.At(i, j); !(math.Abs(mean.At(i, j)-want) <= 1e-5) {
				t.Errorf("μ(%v) = %v, want %v", z.At(i, j), mean.At(i, j), want)
			}
			if want := tilted.Scale[j] * c.InitialScale; !(math.Abs(sigma.At(i, j)-want) <= 1e-5) {
				t.Errorf("σ = %v, want %v", sigma.At(i, j), want)
			}
			if !(math.Abs(back.At(i, j)-z.At(i, j)) <= 1e-5) {
				t.Errorf("m(μ(z)) = %v, want %v", back.At(i, j), z.At(i, j))
			}
		}
		if l := factor.RawRowView(i); !(math.Abs(l[0]-c.InitialScale) <= 1e-5) || l[2] != 0 {
			t.Errorf("L = %v", l)
		}
	}
}

// TestStartOfMoreLatents: latent coordinates beyond those of the data begin as the prior if the model begins as the identity;
// with random weights all begin near the initial scale.
func TestStartOfMoreLatents(t *testing.T) {
	for start, want := range map[Start]float64{Identity: 1, Random: small().InitialScale} {
		c := small()
		c.Latent, c.Start = 3, start
		_, factor := newModel(t, c, tilted).Encode(mat.NewDense(1, 2, nil))
		if got := factor.At(0, 8); !(math.Abs(math.Log(got/want)) <= 0.5) {
			t.Errorf("start %s: the scale of the third coordinate is %v, want %v", start, got, want)
		}
	}
}

// TestFloor: whatever the weights, the decoder's standard deviation stays above the floor.
func TestFloor(t *testing.T) {
	c := small()
	c.Floor = 0.05
	m := newModel(t, c, standardize.Identity(2))
	bias := m.decoder.net[c.Layers].B.Value
	bias[2], bias[3] = -1e4, -1e4
	_, sigma := m.Decode(mat.NewDense(1, 2, nil))
	if got := sigma.At(0, 0); got < 0.0499 || got > 0.0501 {
		t.Errorf("σ = %v, want the floor 0.05", got)
	}
}

// TestResumeIsBitwise: 30 steps, and 11 steps, a restored state and 19 steps.
func TestResumeIsBitwise(t *testing.T) {
	c := small()
	c.KLWarmup, c.Samples = 20, 2
	run := func(tr *Trainer, steps int, d, noise *rand.Rand) {
		for range steps {
			if _, err := tr.Learn(crescent(c.Batch, d), noise); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := newTrainer(t, c, tilted)
	run(whole, 30, pcg(1, 0), pcg(2, 0))
	part := newTrainer(t, c, tilted)
	d, noise := pcg(1, 0), pcg(2, 0)
	run(part, 11, d, noise)
	var saved []checkpoint.Tensor
	for _, s := range part.State() {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	again, err := Resume(c, saved, 11)
	if err != nil {
		t.Fatal(err)
	}
	run(again, 19, d, noise)
	for i, s := range whole.State() {
		if !slices.Equal(s.Data, again.State()[i].Data) {
			t.Errorf("%s differs", s.Name)
		}
	}
	loaded, err := Load(c, whole.State())
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(loaded.Sample(50, pcg(7, 7)), whole.Average().Sample(50, pcg(7, 7))) {
		t.Error("the loaded model has other samples than the trained one")
	}
	if _, err := Load(c, checkpoint.Under("scale", saved)); err == nil {
		t.Error("a state without weights was loaded")
	}
}

// crescent is data in the coordinates of tilted.
func crescent(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		sin, cos := math.Sincos(math.Pi * rng.Float64())
		x.SetRow(i, []float64{1.5*cos + 0.1*rng.NormFloat64(), 2*sin - 1 + 0.1*rng.NormFloat64()})
	}
	tilted.ToData(x)
	return x
}

// TestSameBytesOnAnyNumberOfCores: training, bounds, samples and quadrature.
func TestSameBytesOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	c := small()
	c.Batch, c.Objective, c.Samples = 300, IWAE, 3
	var results [][]float64
	for procs := 1; procs <= 2; procs++ {
		runtime.GOMAXPROCS(procs)
		tr := newTrainer(t, c, tilted)
		d, noise := pcg(1, 0), pcg(2, 0)
		for range 10 {
			if _, err := tr.Learn(crescent(c.Batch, d), noise); err != nil {
				t.Fatal(err)
			}
		}
		m := tr.Average()
		x := m.Sample(700, pcg(3, 3))
		all := slices.Concat(x.RawMatrix().Data, m.Importance(3).LogBound(x, pcg(4, 4)), quadrature(t, m, CellSigmas).LogMarginal(x))
		for _, s := range tr.State() {
			for _, v := range s.Data {
				all = append(all, float64(v))
			}
		}
		results = append(results, all)
	}
	if !slices.Equal(results[0], results[1]) {
		t.Error("GOMAXPROCS 1 and 2 differ")
	}
}

// TestDivergenceLeavesTheParameters: a batch that is not finite is an error that names a
// tensor, and nothing moves.
func TestDivergenceLeavesTheParameters(t *testing.T) {
	tr := newTrainer(t, small(), tilted)
	var before [][]float32
	for _, s := range tr.State() {
		before = append(before, slices.Clone(s.Data))
	}
	batch := crescent(small().Batch, pcg(1, 1))
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
		"ema": func(c *Config) { c.EMA = 1 }, "latent": func(c *Config) { c.Latent = 0 },
		"posterior": func(c *Config) { c.Posterior = "ful" }, "start": func(c *Config) { c.Start = "" },
		"objective": func(c *Config) { c.Objective = "IWAE" }, "floor": func(c *Config) { c.Floor = 0 },
		"initial-scale": func(c *Config) { c.InitialScale = c.Floor }, "samples": func(c *Config) { c.Samples = 0 },
		"beta":      func(c *Config) { c.Objective, c.Beta = IWAE, 2 },
		"kl-warmup": func(c *Config) { c.Objective, c.KLWarmup = IWAE, 2 },
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

// TestBetaWarmsUp from 0 to its value, and the loss is what beta says.
func TestBetaWarmsUp(t *testing.T) {
	c := small()
	c.Beta, c.KLWarmup = 3, 10
	for step, want := range map[int]float64{0: 0, 5: 1.5, 10: 3, 1000: 3} {
		if got := c.betaAt(step); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	tr := newTrainer(t, c, tilted)
	for step := range 12 {
		l, err := tr.Learn(crescent(c.Batch, pcg(1, 1)), pcg(2, 2))
		if err != nil {
			t.Fatal(err)
		}
		if want := l[1].Value + c.betaAt(step)*l[2].Value; !(math.Abs(l[0].Value-want) <= 1e-4) {
			t.Errorf("step %d: loss %v, want %v", step, l[0].Value, want)
		}
	}
}
