package flow

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/gentest"
	"genlab/nn"
	"genlab/standardize"
)

var (
	_ genlab.Sampler                   = (*Model)(nil)
	_ genlab.LogProber                 = (*Model)(nil)
	_ genlab.Sampler                   = (*Conditioned)(nil)
	_ genlab.LogProber                 = (*Conditioned)(nil)
	_ genlab.Conditional[*Conditioned] = (*Model)(nil)
	_ genlab.Learner                   = (*Trainer)(nil)
	_ genlab.Sampler                   = Normal{}
	_ genlab.LogProber                 = Normal{}
)

func small() Config {
	c := DefaultConfig()
	c.Steps, c.Warmup, c.Hidden, c.Layers, c.Bins, c.Batch, c.EMA = 400, 20, 16, 2, 8, 256, 0.98
	return c
}

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

// scale is not the standardisation of the data below, and far from the identity.
var scale = standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}

// box holds what the models of these tests spread over.
var box = gentest.Box{XMin: -24, XMax: 26, YMin: -12.5, YMax: 8.5}

func newTrainer(t *testing.T, c Config, classes int) *Trainer {
	t.Helper()
	m, err := NewConditional(c, scale, classes, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// triangle is three round Gaussians, labelled, the first with half of the mass.
type triangle struct{}

var (
	corners  = [3][2]float64{{-1, -2.5}, {1, -1.2}, {3, -2.2}}
	shares   = [3]float64{0.5, 0.25, 0.25}
	narrow   = 0.25 // sigma
	entropyT = 1.0397 + math.Log(2*math.Pi*math.E*narrow*narrow)
)

func (triangle) SampleLabelled(n int, rng *rand.Rand) (*mat.Dense, []int) {
	x, labels := mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		k := max(0, rng.IntN(4)-1)
		labels[i] = k
		x.SetRow(i, []float64{corners[k][0] + narrow*rng.NormFloat64(), corners[k][1] + narrow*rng.NormFloat64()})
	}
	return x, labels
}

func (t triangle) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := t.SampleLabelled(n, rng)
	return x
}

// labelled is a batch with the label in a third column.
func labelled(n int, rng *rand.Rand) *mat.Dense {
	x, labels := triangle{}.SampleLabelled(n, rng)
	all := mat.NewDense(n, 3, nil)
	for i, k := range labels {
		all.SetRow(i, []float64{x.At(i, 0), x.At(i, 1), float64(k)})
	}
	return all
}

func trained(t *testing.T, c Config) *Trainer {
	tr := newTrainer(t, c, 0)
	steps(t, tr, c.Steps, pcg(4, 4))
	return tr
}

func steps(t *testing.T, tr *Trainer, n int, data *rand.Rand) (last float64) {
	t.Helper()
	for range n {
		losses, err := tr.Learn(triangle{}.Sample(tr.Model().cfg.Batch, data), nil)
		if err != nil {
			t.Fatal(err)
		}
		last = losses[0].Value
	}
	return last
}

// TestDensities: of every kind of model, with random and with trained weights, the
// density is one and the samples are its own.
func TestDensities(t *testing.T) {
	for _, structure := range Structure("").Choices() {
		for _, transform := range Transform("").Choices() {
			t.Run(structure+"/"+transform, func(t *testing.T) {
				c := small()
				c.Structure, c.Transform = Structure(structure), Transform(transform)
				m := newTrainer(t, c, 0).Model()
				disturb(&m.params, 0.15, pcg(6, 6))
				checkDensity(t, m)
				checkDensity(t, trained(t, c).Average())
			})
		}
	}
}

func checkDensity(t *testing.T, m interface {
	genlab.Sampler
	genlab.LogProber
}) {
	t.Helper()
	gentest.Sampler(t, m, 2)
	gentest.LogProber(t, m, m.Sample(600, pcg(7, 7)))
	gentest.Density(t, m, box, 1e-3)
	gentest.Agree(t, m, m, box, 20_000, gentest.Rand(8))
}

// TestTrainingLearns: the likelihood of fresh points comes near the entropy, which is its
// floor, and the loss of a step is that likelihood.
func TestTrainingLearns(t *testing.T) {
	tr := newTrainer(t, small(), 0)
	x := triangle{}.Sample(20_000, pcg(5, 5))
	nll := func() (sum float64) {
		for _, l := range tr.Average().LogProb(x) {
			sum -= l / 20_000
		}
		return sum
	}
	before := nll()
	// -log p of a batch of 256 has a standard deviation of about 1/16: 5 of them.
	if first := steps(t, tr, 1, pcg(4, 4)); !(math.Abs(first-before) <= 5./16) {
		t.Errorf("the first loss is %v, the likelihood of fresh points %v", first, before)
	}
	last := steps(t, tr, tr.Model().cfg.Steps, pcg(4, 4))
	after := nll()
	// The standard deviation of -log p is that of |z|²/2, which is 1: 1/√20000, 5 of them.
	if gap := after - entropyT; gap > 0.1 || gap < -5/math.Sqrt(20_000) {
		t.Errorf("%v nats after training, entropy %v", after, entropyT)
	}
	if !(math.Abs(last-after) <= 5./16) {
		t.Errorf("the last loss is %v, the likelihood of fresh points %v", last, after)
	}
}

// TestUntrainedIsNormal: with the standardisation's mean and deviations, its Jacobian included.
func TestUntrainedIsNormal(t *testing.T) {
	m := newTrainer(t, small(), 0).Average()
	x := m.Sample(100, pcg(1, 2))
	for i, got := range m.LogProb(x) {
		a, b := (x.At(i, 0)-1)/2, (x.At(i, 1)+2)/0.75
		if want := -(a*a+b*b)/2 - math.Log(2*math.Pi) - math.Log(2*0.75); !(math.Abs(got-want) <= 1e-6) {
			t.Errorf("log p = %v, want %v", got, want)
		}
	}
}

// TestFarOut: where nothing is, the density is zero and not undefined.
func TestFarOut(t *testing.T) {
	m := newTrainer(t, small(), 0).Model()
	disturb(&m.params, 0.15, pcg(6, 6))
	inf := math.Inf(1)
	for i, l := range m.LogProb(mat.NewDense(5, 2, []float64{inf, 0, -inf, inf, 0, inf, 1e300, -1e300, 1e9, 1e9})) {
		if !math.IsInf(l, -1) && (i < 4 || !(l < -1e9)) {
			t.Errorf("row %d: log p = %v", i, l)
		}
	}
	gentest.FarPoints(t, 2, 1e-9, m.LogProb)
	m = newTrainer(t, small(), 3).Model()
	disturb(&m.params, 0.15, pcg(6, 6))
	gentest.FarPoints(t, 2, 1e-9, m.LogProb)
}

// TestConditional: given a label the model is the distribution of that class, and without one their
// mixture.
func TestConditional(t *testing.T) {
	tr := newTrainer(t, small(), 3)
	data := pcg(4, 4)
	for range tr.Model().cfg.Steps {
		if _, err := tr.Learn(labelled(tr.Model().cfg.Batch, data), nil); err != nil {
			t.Fatal(err)
		}
	}
	m := tr.Average()
	logPi := m.logPrior()
	x := m.Sample(500, pcg(9, 9))
	sum := make([]float64, 500)
	for k := range 3 {
		given := m.Given(mat.NewDense(1, 1, []float64{float64(k)}))
		checkDensity(t, given)
		for i, l := range given.LogProb(x) {
			sum[i] += math.Exp(logPi[k] + l)
		}
		// 1e5 labels a run: a share has a standard error of 0.0014 and the average lags; 0.03
		// is far less than the difference between the shares.
		if !(math.Abs(math.Exp(logPi[k])-shares[k]) <= 0.03) {
			t.Errorf("class %d has the probability %v, want %v", k, math.Exp(logPi[k]), shares[k])
		}
		sample := given.Sample(2000, pcg(3, 3))
		for j := range 2 {
			mean := mat.Sum(sample.ColView(j)) / 2000
			if !(math.Abs(mean-corners[k][j]) <= 0.1) {
				t.Errorf("class %d: mean %v on axis %d, want %v", k, mean, j, corners[k][j])
			}
		}
	}
	for i, l := range m.LogProb(x) {
		if !(math.Abs(l-math.Log(sum[i])) <= 1e-9) {
			t.Errorf("the mixture's density is %v, the sum of its parts %v", l, math.Log(sum[i]))
		}
	}
	gentest.Agree(t, m, m, box, 20_000, gentest.Rand(8))

	// A context of a row for each point.
	context, want := mat.NewDense(500, 1, nil), make([]float64, 500)
	for k := range 3 {
		for i, l := range m.Given(mat.NewDense(1, 1, []float64{float64(k)})).LogProb(x) {
			if i%3 == k {
				context.Set(i, 0, float64(k))
				want[i] = l
			}
		}
	}
	if !slices.Equal(m.Given(context).LogProb(x), want) {
		t.Error("a label for each row gives other densities than one for all")
	}
	for _, bad := range []float64{-1, 3, 0.5, math.NaN()} {
		if message := panics(func() { m.Given(mat.NewDense(1, 1, []float64{bad})) }); !strings.Contains(message, "3 classes") {
			t.Errorf("label %v: %q", bad, message)
		}
	}
	if message := panics(func() { m.Given(context).Sample(7, pcg(1, 1)) }); !strings.Contains(message, "500") {
		t.Errorf("7 rows for 500 labels: %q", message)
	}
	// Classes survive a checkpoint.
	again, err := Load(small(), tr.State())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.LogProb(x), m.LogProb(x)) {
		t.Error("the loaded model has another density")
	}
}

func panics(f func()) (message string) {
	defer func() {
		if s, ok := recover().(string); ok {
			message = s
		}
	}()
	f()
	return ""
}

// TestTrajectoryEndsInTheSample: the last points of a trajectory are the samples.
func TestTrajectoryEndsInTheSample(t *testing.T) {
	m := newTrainer(t, small(), 0).Model()
	disturb(&m.params, 0.2, pcg(6, 6))
	var last *mat.Dense
	n := 0
	for i, x := range m.Trajectory(m.Base().Sample(50, pcg(2, 2)), nil) {
		if i != n {
			t.Errorf("step %d is numbered %d", n, i)
		}
		last, n = x, n+1
	}
	if n != len(m.Bijectors())+1 || !mat.Equal(last, m.Sample(50, pcg(2, 2))) {
		t.Errorf("%d steps, the last is not the sample", n)
	}
}

// TestResumeIsBitwise: 30 steps, and 11 steps, a restored state and 19 steps.
func TestResumeIsBitwise(t *testing.T) {
	whole := newTrainer(t, small(), 0)
	steps(t, whole, 30, pcg(1, 0))
	part := newTrainer(t, small(), 0)
	data := pcg(1, 0)
	steps(t, part, 11, data)
	var saved []checkpoint.Tensor
	for _, s := range part.State() {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	again, err := Resume(small(), saved, 11)
	if err != nil {
		t.Fatal(err)
	}
	steps(t, again, 19, data)
	same(t, whole, again)
	loaded, err := Load(small(), whole.State())
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(loaded.Sample(50, pcg(7, 7)), whole.Average().Sample(50, pcg(7, 7))) {
		t.Error("the loaded model has other samples than the trained one")
	}
}

func same(t *testing.T, a, b *Trainer) {
	t.Helper()
	for i, s := range a.State() {
		if !slices.Equal(s.Data, b.State()[i].Data) {
			t.Errorf("%s differs", s.Name)
		}
	}
}

// TestSameSeedSameBytes, on one core and on two.
func TestSameSeedSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	run := func() *Trainer {
		tr := newTrainer(t, small(), 0)
		steps(t, tr, 20, pcg(1, 0))
		return tr
	}
	one := run()
	x := one.Average().Sample(1000, pcg(2, 2))
	logp := one.Average().LogProb(x)
	runtime.GOMAXPROCS(2)
	two := run()
	same(t, one, two)
	if !mat.Equal(x, two.Average().Sample(1000, pcg(2, 2))) || !slices.Equal(logp, two.Average().LogProb(x)) {
		t.Error("samples or densities depend on the number of cores")
	}
}

// TestDivergenceLeavesTheParameters: a batch that is not finite is an error that names a
// tensor, and nothing moves.
func TestDivergenceLeavesTheParameters(t *testing.T) {
	tr := newTrainer(t, small(), 0)
	var before [][]float32
	for _, s := range tr.State() {
		before = append(before, slices.Clone(s.Data))
	}
	batch := triangle{}.Sample(tr.Model().cfg.Batch, pcg(1, 1))
	batch.Set(3, 1, math.NaN())
	if _, err := tr.Learn(batch, nil); err == nil || !strings.Contains(err.Error(), "NaN") {
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
		"ema": func(c *Config) { c.EMA = 1 }, "bins": func(c *Config) { c.Bins = 1 }, "bound": func(c *Config) { c.Bound = 0 },
		"structure": func(c *Config) { c.Structure = "copling" }, "transform": func(c *Config) { c.Transform = "" },
		"depth": func(c *Config) { c.Depth = 0 }, "clip": func(c *Config) { c.Clip = -1 }, "hidden": func(c *Config) { c.Hidden = 0 },
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

// TestLogProbNodeIsLogProb: the formula for other models has the density's values.
func TestLogProbNodeIsLogProb(t *testing.T) {
	m := newTrainer(t, small(), 0).Model()
	rng := pcg(2, 9)
	for _, p := range m.params.List() {
		for i := range p.Value {
			p.Value[i] += float32(0.1 * rng.NormFloat64())
		}
	}
	f, err := nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{m.LogProbNode(g, g.Input("x", 2))} })
	if err != nil {
		t.Fatal(err)
	}
	x := m.Sample(200, pcg(3, 3))
	in, got := make([]float32, 400), make([]float32, 200)
	for i, v := range x.RawMatrix().Data {
		in[i] = float32(v)
	}
	if err := f.Run(200, nn.Columns{"x": in}, got); err != nil {
		t.Fatal(err)
	}
	for i, want := range m.LogProb(x) {
		if !(math.Abs(float64(got[i])-want) <= 2e-2) { // splines in float32 against float64
			t.Fatalf("row %d: %v as a formula, %v by LogProb", i, got[i], want)
		}
	}
}
