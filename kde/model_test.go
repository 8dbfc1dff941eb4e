package kde

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/metrics"
	"genlab/standardize"
	"genlab/train"
)

// fitted trains on moons.
func fitted(t *testing.T, cfg Config) *Trainer {
	t.Helper()
	data := datasets.Moons(0.1).Sampler
	scale, err := standardize.Fit(data.Sample(2000, gentest.Rand(1)))
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewTrainer(cfg, scale)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range train.Run(t.Context(), k, data, k.Options(), train.NewStreams(1)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func small() Config {
	c := DefaultConfig()
	c.Centres, c.Steps = 500, 40
	return c
}

// TestProperties: the density integrates to 1, samples agree with it, and rows are independent.
func TestProperties(t *testing.T) {
	m := fitted(t, small()).Model()
	box := gentest.Box{XMin: -3, XMax: 4, YMin: -3, YMax: 3}
	gentest.Sampler(t, m, 2)
	gentest.LogProber(t, m, m.Sample(20, gentest.Rand(6)))
	gentest.Density(t, m, box, 1e-4)
	gentest.Agree(t, m, m, box, 20_000, gentest.Rand(2))
	if m.Params() != 1001 {
		t.Errorf("%d parameters", m.Params())
	}
}

// TestBandwidth: the fitted bandwidth beats those a quarter smaller and a third larger, and the estimate a Gaussian.
func TestBandwidth(t *testing.T) {
	m := fitted(t, small()).Model()
	x := datasets.Moons(0.1).Sampler.Sample(5000, gentest.Rand(3))
	nll := func(factor float64) float64 {
		other := *m
		other.h2 *= factor * factor
		return metrics.NLL(&other, x).Value
	}
	best := nll(1)
	for _, factor := range []float64{0.75, 1.33} {
		if nll(factor) < best {
			t.Errorf("%v of the bandwidth is better: %v, was %v", factor, nll(factor), best)
		}
	}
	entropy := datasets.Moons(0.1).Entropy
	if kl := best - entropy; kl < 0 || kl > 0.15 {
		t.Errorf("%v nats above the entropy", kl)
	}
}

// TestRowsThatComeAgain: of 400 rows, each of which is seen many times, the bandwidth is that of fresh points.
func TestRowsThatComeAgain(t *testing.T) {
	data := datasets.Moons(0.1).Sampler
	rows := data.Sample(400, gentest.Rand(7))
	scale, err := standardize.Fit(rows)
	if err != nil {
		t.Fatal(err)
	}
	fit := func(batch func() *mat.Dense) *Model {
		cfg := small()
		cfg.Centres, cfg.Batch = 400, 400
		k, err := NewTrainer(cfg, scale)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Learn(rows, nil); err != nil {
			t.Fatal(err)
		}
		for range cfg.Steps {
			if _, err := k.Learn(batch(), nil); err != nil {
				t.Fatal(err)
			}
		}
		return k.Model()
	}
	rng := gentest.Rand(8)
	again, fresh := fit(func() *mat.Dense { return rows }), fit(func() *mat.Dense { return data.Sample(400, rng) })
	if a, f := again.Bandwidth(), fresh.Bandwidth(); !(math.Abs(a/f-1) <= 0.15) {
		t.Errorf("bandwidth %v, of fresh points %v", a, f)
	}
}

// TestExpectation: without memory a step of expectation maximisation on fixed points never lowers their
// likelihood.
func TestExpectation(t *testing.T) {
	m := *fitted(t, small()).Model()
	m.h2 = 1
	x := datasets.Moons(0.1).Sampler.Sample(500, gentest.Rand(4))
	z := mat.DenseCopyOf(x)
	m.scale.FromData(z)
	before := math.Inf(1)
	for range 30 {
		after := metrics.NLL(&m, x).Value
		if after > before+1e-12 {
			t.Fatalf("the NLL rises from %v to %v", before, after)
		}
		before, m.h2 = after, m.expected(z)
	}
}

// TestSavedBeforeTheFirstStep: a state without centres is one that a checkpoint can hold and training can resume from.
func TestSavedBeforeTheFirstStep(t *testing.T) {
	k, err := NewTrainer(small(), standardize.Identity(2))
	if err != nil {
		t.Fatal(err)
	}
	b, err := checkpoint.Encode(&checkpoint.Checkpoint{Model: "kde", Tensors: k.State()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(small(), c.Tensors, 0); err != nil {
		t.Error(err)
	}
}

// TestSavedAndResumed: a model that was loaded is the model, and a training resumed in the middle ends
// with the same state.
func TestSavedAndResumed(t *testing.T) {
	whole := fitted(t, small())
	for _, at := range []int{1, 20} { // among the centres, and after them
		data := datasets.Moons(0.1).Sampler
		first, err := NewTrainer(small(), whole.model.scale)
		if err != nil {
			t.Fatal(err)
		}
		streams := train.NewStreams(1)
		for p := range train.Run(t.Context(), first, data, first.Options(), streams) {
			if p.Step == at {
				break
			}
		}
		second, err := Resume(small(), first.State(), at)
		if err != nil {
			t.Fatal(err)
		}
		o := second.Options()
		o.Done = at
		for _, err := range train.Run(t.Context(), second, data, o, streams) {
			if err != nil {
				t.Fatal(err)
			}
		}
		m, err := Load(small(), second.State())
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(m.Sample(50, gentest.Rand(5)), whole.model.Sample(50, gentest.Rand(5))) {
			t.Errorf("resumed after %d steps it is another model", at)
		}
	}
	if _, err := Load(small(), whole.State()[:2]); err == nil {
		t.Error("a state without a bandwidth loads")
	}
	if _, err := NewTrainer(Config{Steps: 1, Batch: 10, Centres: 10}, whole.model.scale); err == nil {
		t.Error("there is no batch for the bandwidth")
	}
}

// TestFarOut: -Inf or a number.
func TestFarOut(t *testing.T) { gentest.FarPoints(t, 2, 0, fitted(t, small()).Model().LogProb) }
