package hybrid

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/standardize"
	"genlab/vae"
)

var (
	_ genlab.Learner = (*FlowPrior)(nil)
	_ genlab.Sampler = (*LatentModel)(nil)
)

func smallFlowPrior(prior LatentPrior) FlowPriorConfig {
	c := DefaultFlowPrior()
	c.Prior, c.FlowLayers, c.FlowHidden, c.FlowBins, c.PriorSteps = prior, 2, 16, 8, 150
	c.VAE.Steps, c.VAE.Warmup, c.VAE.Hidden, c.VAE.Batch, c.VAE.EMA = 250, 20, 32, 128, 0.97
	return c
}

func moons(t testing.TB) (*datasets.Dataset, standardize.Map) {
	t.Helper()
	ds, err := datasets.ByName("moons")
	if err != nil {
		t.Fatal(err)
	}
	scale, err := standardize.Fit(ds.Sampler.Sample(5000, pcg(1, 3)))
	if err != nil {
		t.Fatal(err)
	}
	return ds, scale
}

// trainedFlowPrior is a small model of the moons.
func trainedFlowPrior(t testing.TB, c FlowPriorConfig) SizedSampler {
	t.Helper()
	ds, scale := moons(t)
	tr, err := NewFlowPrior(c, scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	learn(t, tr, ds.Sampler, c.VAE.Batch, c.Steps(), pcg(4, 4), pcg(5, 5))
	m, err := LoadFlowPrior(c, tr.State())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// marginal is log p by quadrature, for the tests of densities.
type marginal struct{ *vae.Quadrature }

func (m marginal) LogProb(x mat.Matrix) []float64 { return m.LogMarginal(x) }

// TestFlowPriorIsADistribution: with a flow for a prior the quadrature integrates to one and agrees
// with the samples, and the bounds lie below it and come near.
func TestFlowPriorIsADistribution(t *testing.T) {
	for _, prior := range []LatentPrior{JointFlow, TwoStageFlow} {
		m := trainedFlowPrior(t, smallFlowPrior(prior)).(*vae.Model)
		gentest.Sampler(t, m, 2)
		q, err := m.Quadrature(vae.CellSigmas)
		if err != nil {
			t.Fatal(err)
		}
		box := gentest.Box{XMin: -2.5, XMax: 3.5, YMin: -2, YMax: 2.5}
		gentest.Density(t, marginal{q}, box, 2e-3)
		gentest.Agree(t, m, marginal{q}, box, 20_000, pcg(3, 3))
		x := m.Sample(3000, pcg(6, 6))
		logp := q.LogMarginal(x)
		for k, near := range map[int]float64{1: 0.5, 100: 0.05} {
			gap := slices.Clone(logp)
			for i, b := range m.Importance(k).LogBound(x, pcg(7, 7)) {
				gap[i] -= b
			}
			mean, sd := stat.MeanStdDev(gap, nil)
			if mean < -5*sd/math.Sqrt(3000) || mean > near {
				t.Errorf("%s: the bound of %d draws is %v below log p", prior, k, mean)
			}
		}
	}
}

// TestFlowPriorMeetsTheEncoder: both flows bring prior and aggregate posterior together.
func TestFlowPriorMeetsTheEncoder(t *testing.T) {
	ds, _ := moons(t)
	x, others := ds.Sampler.Sample(1000, pcg(8, 8)), ds.Sampler.Sample(5000, pcg(8, 9))
	apart := func(prior LatentPrior) float64 {
		return stat.Mean(trainedFlowPrior(t, smallFlowPrior(prior)).(*vae.Model).AggregateRatios(x, others, pcg(9, 9)), nil)
	}
	control := apart(NormalPrior)
	for _, prior := range []LatentPrior{JointFlow, TwoStageFlow} {
		if kl := apart(prior); kl > control/2 {
			t.Errorf("%s: KL(q(z) || p(z)) is %v, that of a normal %v", prior, kl, control)
		}
	}
}

// TestControlHasAsManyParameters: within 5 %, and no more.
func TestControlHasAsManyParameters(t *testing.T) {
	_, scale := moons(t)
	c := DefaultFlowPrior()
	count := func(prior LatentPrior) float64 {
		c.Prior = prior
		tr, err := NewFlowPrior(c, scale, pcg(1, 1))
		if err != nil {
			t.Fatal(err)
		}
		m, err := LoadFlowPrior(c, tr.State())
		if err != nil {
			t.Fatal(err)
		}
		return float64(m.Params())
	}
	joint, later, control := count(JointFlow), count(TwoStageFlow), count(NormalPrior)
	if joint != later || control > joint || control < 0.95*joint {
		t.Errorf("%v parameters with a flow, %v with one after, %v in the control", joint, later, control)
	}
}

// TestFlowPriorTypes: a diffusion model in the latent space leaves samples and nothing else.
func TestFlowPriorTypes(t *testing.T) {
	m := trainedFlowPrior(t, smallFlowPrior(TwoStageDiffusion))
	gentest.Sampler(t, m, 2)
	for _, capability := range []reflect.Type{reflect.TypeFor[genlab.LogProber](), reflect.TypeFor[genlab.LogBounder]()} {
		if reflect.TypeOf(m).Implements(capability) {
			t.Errorf("%T is a %v", m, capability)
		}
	}
	if reflect.TypeFor[*vae.Model]().Implements(reflect.TypeFor[genlab.LogProber]()) {
		t.Error("a VAE passes for an exact density")
	}
}

// TestFlowPriorResumesBitwise: the prior that learns later begins after 20 steps. A state without a
// VAE is refused.
func TestFlowPriorResumesBitwise(t *testing.T) {
	ds, scale := moons(t)
	for _, prior := range []LatentPrior{JointFlow, TwoStageFlow, TwoStageDiffusion, NormalPrior} {
		c := smallFlowPrior(prior)
		c.VAE.Steps, c.PriorSteps = 20, 20
		stops := []int{13, 20}
		if c.Steps() > 30 {
			stops = append(stops, 30)
		}
		training[*FlowPrior]{
			begin: func() *FlowPrior {
				tr, err := NewFlowPrior(c, scale, pcg(1, 1))
				if err != nil {
					t.Fatal(err)
				}
				return tr
			},
			resume: func(saved []checkpoint.Tensor, steps int) (*FlowPrior, error) {
				return ResumeFlowPrior(c, saved, steps)
			},
			dist: ds.Sampler, batch: 128, steps: c.Steps(),
		}.resumesBitwise(t, stops, func(_ int, saved []checkpoint.Tensor, _, _ *FlowPrior) {
			if _, err := LoadFlowPrior(c, checkpoint.Under("later", saved)); err == nil {
				t.Error("a state without a VAE was loaded")
			}
		})
	}
}

func TestFlowPriorValidateNamesTheField(t *testing.T) {
	for want, change := range map[string]func(*FlowPriorConfig){
		"hidden is 0":      func(c *FlowPriorConfig) { c.VAE.Hidden = 0 },
		"flow-layers is 0": func(c *FlowPriorConfig) { c.FlowLayers = 0 },
		"flow-bins is 1":   func(c *FlowPriorConfig) { c.FlowBins = 1 },
		"latent is 1":      func(c *FlowPriorConfig) { c.VAE.Latent = 1 },
		"prior-steps is 0": func(c *FlowPriorConfig) { c.PriorSteps = 0 },
		`unknown prior "flwo": did you mean "flow"`: func(c *FlowPriorConfig) { c.Prior = "flwo" },
	} {
		c := DefaultFlowPrior()
		if change(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), want) {
			t.Errorf("%v, want %s", c.Validate(), want)
		}
	}
	if err := DefaultFlowPrior().Validate(); err != nil {
		t.Error(err)
	}
}
