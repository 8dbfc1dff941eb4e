package hybrid

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion/matching"
	"genlab/metrics"
)

var _ genlab.Learner = (*Rectified)(nil)

func smallRectified() RectifiedConfig {
	c := DefaultRectified()
	c.Flow.Steps, c.Flow.Batch, c.Flow.Hidden, c.Flow.Warmup, c.Flow.EMA = 20, 64, 32, 5, 0.9
	c.Rounds, c.RoundSteps, c.PairNFE = 2, 40, 8
	return c
}

// TestRectifiedResumes: bit for bit in the first stage, between stages, within a pool of pairs and at its end, and the
// loaded model is the trainer's average.
func TestRectifiedResumes(t *testing.T) {
	ds, scale := moons(t)
	cfg := smallRectified()
	training[*Rectified]{
		begin: func() *Rectified {
			r, err := NewRectified(cfg, scale, pcg(1, 1))
			if err != nil {
				t.Fatal(err)
			}
			return r
		},
		resume: resuming(ResumeRectified, cfg),
		dist:   ds.Sampler, batch: cfg.Flow.Batch, steps: cfg.Steps(),
	}.resumesBitwise(t, []int{7, 20, 30, 52, 61}, func(at int, _ []checkpoint.Tensor, whole, again *Rectified) {
		loaded, err := LoadRectified(cfg, again.State())
		if err != nil {
			t.Fatal(err)
		}
		samePredictions(t, at, whole.Average(), loaded)
	})
}

// TestRectificationStraightens: a round makes the trajectories of a flow straighter, by a factor of three at
// least, and keeps its distribution: one step of Euler's method then is nearer to the data than before.
func TestRectificationStraightens(t *testing.T) {
	ds, scale := moons(t)
	cfg := smallRectified()
	cfg.Flow.Steps, cfg.Flow.Batch, cfg.Flow.EMA, cfg.Flow.FeatureScale = 500, 128, 0.97, 1
	cfg.Rounds, cfg.RoundSteps = 1, 500
	r, err := NewRectified(cfg, scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	data, noise := pcg(1, 0), pcg(2, 0)
	learn(t, r, ds.Sampler, cfg.Flow.Batch, cfg.Flow.Steps, data, noise)
	before := r.Average()
	learn(t, r, ds.Sampler, cfg.Flow.Batch, cfg.RoundSteps, data, noise)
	after := r.Average()
	curved, straight := metrics.Mean(before.Straightness(500, pcg(3, 3))), metrics.Mean(after.Straightness(500, pcg(3, 3)))
	if !(straight.Value < curved.Value/3) {
		t.Errorf("straightness %v after the round, %v before", straight, curved)
	}
	truth := ds.Sampler.Sample(2000, pcg(4, 4))
	one := func(m *matching.Model) float64 {
		c := m.Config()
		c.Sampler, c.NFE = "euler", 1
		return metrics.EnergyDistance(m.SamplingWith(c).Sample(2000, pcg(5, 5)), truth).Value
	}
	if a, b := one(after), one(before); !(a < b/3) {
		t.Errorf("energy distance %v in one step after the round, %v before", a, b)
	}
}

// TestRectifiedPairs: the pairs of a round are those that the last model makes, and float32 holds them.
func TestRectifiedPairs(t *testing.T) {
	ds, scale := moons(t)
	cfg := smallRectified()
	r, err := NewRectified(cfg, scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	learn(t, r, ds.Sampler, cfg.Flow.Batch, cfg.Flow.Steps, pcg(1, 0), pcg(2, 0))
	round, err := newRectification(cfg, r.Average())
	if err != nil {
		t.Fatal(err)
	}
	round.pair(pcg(7, 7))
	if n, _ := round.data.Dims(); n != pairBatches*cfg.Flow.Batch || mat.Equal(round.data, round.noise) {
		t.Errorf("%d pairs of the same points", n)
	}
	for _, v := range round.data.RawMatrix().Data {
		if v != float64(float32(v)) || math.IsNaN(v) {
			t.Fatalf("data %v", v)
		}
	}
}

// TestRectifiedConfig: invalid settings are errors that name them.
func TestRectifiedConfig(t *testing.T) {
	for want, change := range map[string]func(*RectifiedConfig){
		"rounds is 0":        func(c *RectifiedConfig) { c.Rounds = 0 },
		"pair-nfe is 7":      func(c *RectifiedConfig) { c.PairNFE = 7 },
		"nfe is 7":           func(c *RectifiedConfig) { c.Flow.NFE = 7 },
		"hidden is 0":        func(c *RectifiedConfig) { c.Flow.Hidden = 0 },
		"round-steps is 0, ": func(c *RectifiedConfig) { c.RoundSteps = 0 },
	} {
		c := DefaultRectified()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
