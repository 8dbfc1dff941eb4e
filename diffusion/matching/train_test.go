package matching

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/metrics"
	"genlab/standardize"
)

func tiny() Config {
	c := DefaultConfig()
	c.Steps, c.Batch, c.Hidden, c.FeatureScale, c.Warmup, c.EMA = 400, 128, 32, 1, 20, 0.97
	return c
}

func newTiny(t *testing.T, c Config) *Trainer {
	t.Helper()
	m, err := New(c, standardize.Map{Shift: []float64{0.5, 0}, Scale: []float64{1, 1.5}}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := NewTrainer(m)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

func newTinyMap(t *testing.T, objective ObjectiveName) *FlowMapTrainer {
	t.Helper()
	c := DefaultFlowMap()
	c.Steps, c.Batch, c.Hidden, c.FeatureScale, c.Warmup, c.EMA, c.Objective = 800, 128, 32, 1, 20, 0.98, objective
	c.LR, c.Power, c.TimeStd = 0.004, 0, 0
	m, err := NewFlowMap(c, unscaled, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := NewFlowMapTrainer(m)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

type learner interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

func learn(t *testing.T, l learner, steps int, from uint64) (last genlab.Losses) {
	t.Helper()
	m := triangle(Straight{})
	for i := range steps {
		var err error
		if last, err = l.Learn(m.sample(128, rand.New(rand.NewPCG(from+uint64(i), 1))), rand.New(rand.NewPCG(from+uint64(i), 2))); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// TestDensityIntegratesToOne: of a model that has learned, with either path and coupling, on a grid of 80 x 80 points in
// the data's coordinates; its samples have the energy distance of a learned model from the data.
func TestDensityIntegratesToOne(t *testing.T) {
	for _, change := range []func(*Config){
		func(c *Config) { c.Coupling, c.CouplingRows = OT, 64 },
		func(c *Config) { c.Path, c.TimeStd = "trigonometric", 0 },
	} {
		c := tiny()
		change(&c)
		trainer := newTiny(t, c)
		learn(t, trainer, c.Steps, 1)
		m := trainer.Average()
		const n, side = 80, 10.0
		grid := mat.NewDense(n*n, 2, nil)
		for i := range n * n {
			grid.SetRow(i, []float64{side*(float64(i/n)+0.5)/n - side/2, side*(float64(i%n)+0.5)/n - side/2})
		}
		var mass float64
		for _, v := range m.ContinuousFlow().LogProb(grid) {
			mass += math.Exp(v) * side * side / (n * n)
		}
		if !(math.Abs(mass-1) < 0.005) {
			t.Errorf("%s, %s: the density integrates to %v", c.Path, c.Coupling, mass)
		}
		x := m.Sample(2000, rand.New(rand.NewPCG(1, 1)))
		if e := metrics.EnergyDistance(x, triangle(Straight{}).sample(2000, rand.New(rand.NewPCG(2, 1)))); !(e.Value < 0.05) {
			t.Errorf("%s, %s: energy distance %v", c.Path, c.Coupling, e)
		}
	}
}

// TestDivergenceOfTheNetwork against central differences, in float32.
func TestDivergenceOfTheNetwork(t *testing.T) {
	trainer := newTiny(t, tiny())
	learn(t, trainer, 100, 1)
	m, rng := trainer.Average(), rand.New(rand.NewPCG(3, 3))
	const n, h = 50, 3e-3
	x, v, divergence := normals(n, 2, rng), mat.NewDense(n, 2, nil), make([]float64, n)
	m.Velocity(v, x, repeat(0.6, n), divergence)
	want := make([]float64, n)
	for j := range 2 {
		for _, sign := range []float64{1, -1} {
			moved := mat.DenseCopyOf(x)
			for i := range n {
				moved.Set(i, j, x.At(i, j)+sign*h)
			}
			m.Velocity(v, moved, repeat(0.6, n), nil)
			for i := range n {
				want[i] += sign * v.At(i, j) / (2 * h)
			}
		}
	}
	for i := range n {
		if !(math.Abs(divergence[i]-want[i]) < 1e-2*(1+math.Abs(want[i]))) {
			t.Fatalf("divergence %v, want %v", divergence[i], want[i])
		}
	}
}

// TestResume: a training that is saved and resumed equals an uninterrupted one, bit for bit, and Load has its average.
func TestResume(t *testing.T) {
	resume := func(name string, whole learner, again func(saved []checkpoint.Tensor, steps int) (learner, error)) {
		learn(t, whole, 5, 1)
		var saved []checkpoint.Tensor
		for _, x := range whole.State() {
			x.Data = slices.Clone(x.Data)
			saved = append(saved, x)
		}
		part, err := again(saved, 5)
		if err != nil {
			t.Fatal(err)
		}
		learn(t, whole, 5, 6)
		learn(t, part, 5, 6)
		for i, x := range whole.State() {
			if !slices.Equal(x.Data, part.State()[i].Data) {
				t.Errorf("%s: %s differs after resuming", name, x.Name)
			}
		}
		if _, err := again(saved[1:], 5); err == nil {
			t.Errorf("%s: a state without %s is resumed", name, saved[0].Name)
		}
	}
	c := tiny()
	c.Coupling, c.CouplingRows = OT, 32
	trainer := newTiny(t, c)
	resume("flow matching", trainer, func(saved []checkpoint.Tensor, steps int) (learner, error) { return Resume(c, saved, steps) })
	for _, objective := range ObjectiveName("").Choices() {
		trainer := newTinyMap(t, ObjectiveName(objective))
		cfg := trainer.Model().cfg
		resume(objective, trainer, func(saved []checkpoint.Tensor, steps int) (learner, error) { return ResumeFlowMap(cfg, saved, steps) })
		m, err := LoadFlowMap(cfg, trainer.State())
		if err != nil {
			t.Fatal(err)
		}
		a, b := m.Sample(300, rand.New(rand.NewPCG(1, 1))), trainer.Average().Sample(300, rand.New(rand.NewPCG(1, 1)))
		if !mat.Equal(a, b) {
			t.Errorf("%s: the loaded map samples other points", objective)
		}
	}
	m, err := Load(c, trainer.State())
	if err != nil {
		t.Fatal(err)
	}
	a, b := m.Sample(300, rand.New(rand.NewPCG(1, 1))), trainer.Average().Sample(300, rand.New(rand.NewPCG(1, 1)))
	if !mat.Equal(a, b) {
		t.Error("the loaded model samples other points")
	}
}

// TestFlowMapsLearn: after a short training the samples in one evaluation, and in four, are nearer to the data than
// noise is, by a factor of four in the energy distance.
func TestFlowMapsLearn(t *testing.T) {
	truth := triangle(Straight{}).sample(2000, rand.New(rand.NewPCG(2, 1)))
	noise := metrics.EnergyDistance(normals(2000, 2, rand.New(rand.NewPCG(4, 1))), truth).Value
	for _, objective := range ObjectiveName("").Choices() {
		trainer := newTinyMap(t, ObjectiveName(objective))
		learn(t, trainer, 800, 1)
		for _, k := range []int{1, 4} {
			s := trainer.Average().Sampling(k)
			if e := metrics.EnergyDistance(s.Sample(2000, rand.New(rand.NewPCG(1, 1))), truth); !(e.Value < noise/4) {
				t.Errorf("%s, %v: energy distance %v, that of noise is %v", objective, s, e, noise)
			}
		}
	}
}

// TestPosteriorVelocity: of a batch from the mixture, the velocities are near the exact ones: nearer than those of the points
// themselves by a factor of ten in the mean square, at the times where posteriors are wide.
func TestPosteriorVelocity(t *testing.T) {
	m, rng := triangle(Straight{}), rand.New(rand.NewPCG(1, 1))
	const n = 2000
	data, noise := m.sample(n, rng), normals(n, 2, rng)
	x, v, exact := mat.NewDense(n, 2, nil), mat.NewDense(n, 2, nil), mat.NewDense(n, 2, nil)
	times := repeat(0.7, n)
	for i := range n {
		for j := range 2 {
			x.Set(i, j, 0.3*data.At(i, j)+0.7*noise.At(i, j))
			v.Set(i, j, noise.At(i, j)-data.At(i, j))
		}
	}
	m.Velocity(exact, x, times, nil)
	off := func() float64 {
		var diff mat.Dense
		diff.Sub(v, exact)
		return mat.Norm(&diff, 2)
	}
	before := off()
	posteriorVelocity(v, x, data, times)
	if after := off(); !(after < before/math.Sqrt(10)) {
		t.Errorf("distance from the exact velocities %v, %v before", after, before)
	}
}

// TestInvalid: settings that contradict each other are errors, and misuse panics.
func TestInvalid(t *testing.T) {
	c := DefaultConfig()
	c.NFE = 41
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "nfe is 41") || !strings.Contains(err.Error(), "multiple of 2") {
		t.Errorf("got %v", err)
	}
	for name, f := range map[string]func(){
		"batch":      func() { newTiny(t, tiny()).Learn(mat.NewDense(3, 2, nil), rand.New(rand.NewPCG(1, 1))) },
		"assignment": func() { Assignment(mat.NewDense(2, 3, nil)) },
		"infinite":   func() { Assignment(mat.NewDense(1, 1, []float64{math.Inf(1)})) },
		"samples":    func() { newTinyMap(t, "meanflow").Model().Sample(0, rand.New(rand.NewPCG(1, 1))) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
