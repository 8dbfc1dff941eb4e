package gan

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/metrics"
	"genlab/nn"
	"genlab/standardize"
)

var (
	_ genlab.Sampler = (*Model)(nil)
	_ genlab.Learner = (*Trainer)(nil)
)

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

var scale = standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}

func small() Config {
	c := DefaultConfig()
	c.Steps, c.Hidden, c.Layers, c.Batch, c.Features, c.FeatureScale, c.EMA = 60, 24, 2, 150, 8, 2, 0.9
	return c
}

func newTrainer(t testing.TB, c Config, scale standardize.Map) *Trainer {
	t.Helper()
	m, err := New(c, scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// data is two Gaussians in the coordinates of scale.
func data(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.Set(i, 0, 0.3*rng.NormFloat64()+float64(2*rng.IntN(2)-1))
		x.Set(i, 1, rng.NormFloat64())
	}
	scale.ToData(x)
	return x
}

func learn(t testing.TB, tr *Trainer, sample func(int, *rand.Rand) *mat.Dense, steps int, d, noise *rand.Rand) genlab.Losses {
	t.Helper()
	var losses genlab.Losses
	for range steps {
		var err error
		if losses, err = tr.Learn(sample(tr.Model().cfg.Batch*tr.Model().cfg.CriticSteps, d), noise); err != nil {
			t.Fatal(err)
		}
	}
	return losses
}

func TestModelIsASampler(t *testing.T) {
	gentest.Sampler(t, newTrainer(t, small(), scale).Average(), 2)
}

// TestCoversEightModes: 1500 steps of a small network reach every mode of 8gaussians, and most
// samples are of high quality.
func TestCoversEightModes(t *testing.T) {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	fit, err := standardize.Fit(ds.Sampler.Sample(10000, pcg(9, 9)))
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	c.Steps, c.Hidden, c.Batch, c.Features, c.EMA = 1500, 48, 128, 16, 0.99
	tr := newTrainer(t, c, fit)
	learn(t, tr, ds.Sampler.Sample, c.Steps, pcg(2, 2), pcg(3, 3))
	x := tr.Average().Sample(5000, pcg(4, 4))
	r := metrics.Modes(x, ds.Modes, ds.ModeWeights(), ds.HighQuality)
	if r.Covered.Value != 8 || r.HighQuality.Value < 0.85 || r.TV.Value > 0.2 {
		t.Errorf("modes %v, high quality %v, TV %v", r.Covered.Value, r.HighQuality.Value, r.TV.Value)
	}
	dropsShow(t, tr.Average(), ds, r)
}

// dropping is a generator that lost the first two modes: their samples land on the third.
type dropping struct {
	genlab.Sampler
	ds *datasets.Dataset
}

func (d dropping) Sample(n int, rng *rand.Rand) *mat.Dense {
	kept := mat.NewDense(n, 2, nil)
	for i := 0; i < n; {
		x := d.Sampler.Sample(n, rng)
		for j := 0; j < n && i < n; j++ {
			if k, _ := d.ds.Modes.Nearest(x.At(j, 0), x.At(j, 1)); k > 1 {
				kept.SetRow(i, x.RawRowView(j))
				i++
			}
		}
	}
	return kept
}

// dropsShow plants a fault: of eight modes six are left, and two eighths of the mass are
// elsewhere than they should be, less what the model itself has wrong.
func dropsShow(t *testing.T, m genlab.Sampler, ds *datasets.Dataset, whole metrics.ModeReport) {
	x := dropping{m, ds}.Sample(5000, pcg(5, 5))
	r := metrics.Modes(x, ds.Modes, ds.ModeWeights(), ds.HighQuality)
	if r.Covered.Value != 6 || r.TV.Value < 0.25-whole.TV.Value {
		t.Errorf("without two modes: modes %v, TV %v", r.Covered.Value, r.TV.Value)
	}
	fresh := ds.Sampler.Sample(5000, pcg(6, 6))
	before := metrics.EnergyDistance(m.Sample(5000, pcg(5, 5)), fresh)
	after := metrics.EnergyDistance(x, fresh)
	if after.Value < before.Value+5*math.Hypot(before.SE, after.SE) {
		t.Errorf("without two modes: energy distance %v, with them %v", after, before)
	}
}

// TestResumeIsBitwise: 30 steps, and 11 steps, a restored state and 19 steps, for each objective
// and for several steps of the critic.
func TestResumeIsBitwise(t *testing.T) {
	for _, name := range ObjectiveName("").Choices() {
		c := small()
		c.Objective, c.CriticSteps = ObjectiveName(name), 2
		t.Run(name, func(t *testing.T) { resumes(t, c) })
	}
	for name, change := range map[string]func(*Config){
		"packed":   func(c *Config) { c.Objective, c.Pack, c.PenaltyEvery = "wgan-gp", 3, 2 },
		"unrolled": func(c *Config) { c.Objective, c.Unroll = "minimax", 2 },
	} {
		c := small()
		change(&c)
		t.Run(name, func(t *testing.T) { resumes(t, c) })
	}
}

func resumes(t *testing.T, c Config) {
	whole := newTrainer(t, c, scale)
	learn(t, whole, data, 30, pcg(1, 0), pcg(2, 0))
	part := newTrainer(t, c, scale)
	d, noise := pcg(1, 0), pcg(2, 0)
	learn(t, part, data, 11, d, noise)
	again, err := Resume(c, copied(part.State()), 11)
	if err != nil {
		t.Fatal(err)
	}
	learn(t, again, data, 19, d, noise)
	same(t, whole.State(), again.State())
	loaded, err := Load(c, whole.State())
	if err != nil {
		t.Fatal(err)
	}
	x := whole.Average().Sample(50, pcg(7, 7))
	if !mat.Equal(loaded.Sample(50, pcg(7, 7)), x) {
		t.Error("the loaded model has other samples than the trained one")
	}
	v, s := loaded.Critic().At(x)
	v2, s2 := whole.Average().Critic().At(x)
	if !slices.Equal(v, v2) || !slices.Equal(s, s2) {
		t.Error("the loaded critic is another")
	}
	count := 0
	for step, x := range loaded.Snapshots() {
		if n, _ := x.Dims(); n != snapshotPoints || step > 30 {
			t.Errorf("a snapshot of %d points at step %d", n, step)
		}
		count++
	}
	if want := len(whole.Model().snapshots.steps); count < want/2 || count >= want {
		t.Errorf("%d snapshots of %d after half the training", count, want)
	}
}

func copied(live []checkpoint.Tensor) []checkpoint.Tensor {
	var saved []checkpoint.Tensor
	for _, s := range live {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	return saved
}

func same(t *testing.T, a, b []checkpoint.Tensor) {
	t.Helper()
	for i, s := range a {
		if !slices.Equal(s.Data, b[i].Data) {
			t.Errorf("%s differs", s.Name)
		}
	}
}

// TestSameBytesOnAnyNumberOfCores: of the whole state and of samples.
func TestSameBytesOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []checkpoint.Tensor
	var x *mat.Dense
	for procs := 1; procs <= 3; procs++ {
		runtime.GOMAXPROCS(procs)
		tr := newTrainer(t, small(), scale)
		learn(t, tr, data, 20, pcg(1, 0), pcg(2, 0))
		sample := tr.Average().Sample(700, pcg(3, 3))
		if first == nil {
			first, x = tr.State(), sample
		}
		same(t, first, tr.State())
		if !mat.Equal(x, sample) {
			t.Errorf("GOMAXPROCS %d gives other samples", procs)
		}
	}
}

// TestDivergenceLeavesTheParameters: whether the critic's first step fails or its last, after it
// has moved, an error names a tensor and nothing moves.
func TestDivergenceLeavesTheParameters(t *testing.T) {
	for _, row := range []int{3, 299} {
		c := small()
		c.CriticSteps = 2
		tr := newTrainer(t, c, scale)
		d, noise := pcg(1, 0), pcg(2, 0)
		learn(t, tr, data, 2, d, noise)
		before := copied(tr.State())
		batch := data(2*c.Batch, pcg(1, 1))
		batch.Set(row, 1, math.NaN())
		_, err := tr.Learn(batch, pcg(2, 2))
		if err == nil || !strings.Contains(err.Error(), "critic") || !strings.Contains(err.Error(), "NaN") {
			t.Errorf("error %v", err)
		}
		same(t, before, tr.State())
		learn(t, tr, data, 1, d, noise)
		whole := newTrainer(t, c, scale)
		learn(t, whole, data, 3, pcg(1, 0), pcg(2, 0))
		same(t, whole.State(), tr.State()) // the counts of steps are taken back as well
	}
}

func TestValidateNamesTheField(t *testing.T) {
	for key, spoil := range map[string]func(*Config){
		"steps": func(c *Config) { c.Steps = 0 }, "lr": func(c *Config) { c.LR = math.NaN() },
		"ema": func(c *Config) { c.EMA = 1 }, "beta1": func(c *Config) { c.Beta1 = -1 },
		"latent": func(c *Config) { c.Latent = 0 }, "critic-steps": func(c *Config) { c.CriticSteps = 0 },
		"objective": func(c *Config) { c.Objective = "minmax" }, "feature-scale": func(c *Config) { c.FeatureScale = 0 },
		"critic-rate": func(c *Config) { c.CriticRate = 0 }, "latent-features": func(c *Config) { c.LatentFeatures = -1 },
		"latent-scale": func(c *Config) { c.LatentScale = math.Inf(1) }, "lambda": func(c *Config) { c.Lambda = -2 },
		"lambda is NaN": func(c *Config) { c.Lambda = Penalty(math.NaN()) },
		"lambda is 10":  func(c *Config) { c.Objective, c.Lambda = "minimax", 10 },
		"pack":          func(c *Config) { c.Pack = 3 },
		"penalty-every": func(c *Config) { c.PenaltyEvery = 3 },
		"must be 1":     func(c *Config) { c.Objective, c.PenaltyEvery = "hinge", 2 },
		"unroll":        func(c *Config) { c.Unroll = 1 },
		"lambda is 2":   func(c *Config) { c.Objective, c.Lambda = "hinge", 2 },
		"lambda is 0":   func(c *Config) { c.Objective, c.Lambda = "non-saturating", 0 },
	} {
		c := DefaultConfig()
		if spoil(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), key) {
			t.Errorf("%s: error %v", key, c.Validate())
		}
		if _, err := New(c, standardize.Identity(2), pcg(1, 1)); err == nil || err.Error() != "gan: "+c.Validate().Error() {
			t.Errorf("%s: New of it: %v", key, err)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// TestActivations: both networks train with each, through the gradient of the gradient penalty as well.
// TestCriticSettings: the critic's learning rate is the generator's times the critic rate, constant, with a warm-up as long in
// steps of the generator.
func TestCriticSettings(t *testing.T) {
	c := small()
	c.LR, c.CriticRate, c.Warmup, c.CriticSteps = 0.01, 3, 20, 2
	if s := c.criticSettings(); !(math.Abs(s.LR-0.03) <= 1e-15) || s.FinalLR != s.LR || s.Warmup != 40 {
		t.Errorf("got %+v", s)
	}
}

// TestSnapshotSteps are from the first to the last, denser early.
func TestSnapshotSteps(t *testing.T) {
	for _, last := range []int{1, 60, 24000} {
		steps := snapshotSteps(last)
		if steps[0] != 0 || steps[len(steps)-1] != last || !slices.IsSorted(steps) {
			t.Errorf("of %d steps: %v", last, steps)
		}
	}
	if steps := snapshotSteps(24000); len(steps) != snapshotCount || steps[snapshotCount/2] > 24000*3/10 {
		t.Errorf("%d snapshots: %v", len(steps), steps)
	}
}

// TestStatesThatAreNone: neither a model nor a trainer comes of a state whose scale is 0.
func TestStatesThatAreNone(t *testing.T) {
	state := copied(newTrainer(t, small(), scale).State())
	for i := range state {
		if state[i].Name == "scale/scale" {
			clear(state[i].Data)
		}
	}
	if _, err := Load(small(), state); err == nil || !strings.Contains(err.Error(), "scale 0") {
		t.Errorf("loaded: %v", err)
	}
	if _, err := Resume(small(), state, 1); err == nil || !strings.Contains(err.Error(), "scale 0") {
		t.Errorf("resumed: %v", err)
	}
}

func TestActivations(t *testing.T) {
	for _, name := range nn.Identity.Choices() {
		c := small()
		c.Objective = "wgan-gp"
		if err := c.Activation.UnmarshalText([]byte(name)); err != nil {
			t.Fatal(err)
		}
		tr := newTrainer(t, c, scale)
		if learn(t, tr, data, 2, pcg(1, 1), pcg(2, 2)); tr.Steps() != 2 {
			t.Errorf("%s: %d steps", name, tr.Steps())
		}
	}
}
