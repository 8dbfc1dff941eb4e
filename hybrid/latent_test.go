package hybrid

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/standardize"
)

var (
	_ genlab.Learner = (*LatentDiffusion)(nil)
	_ genlab.Sampler = (*LatentDiffusionModel)(nil)
)

func smallLatent() LatentConfig {
	c := DefaultLatent(2)
	c.Latents.Teacher.Steps, c.Latents.Teacher.Batch, c.Latents.Teacher.Hidden = 30, 64, 32
	c.Latents.Teacher.Warmup, c.Latents.Teacher.EMA, c.Latents.Teacher.NFE = 5, 0.9, 10
	c.AutoencoderSteps, c.AutoencoderBatch, c.AutoencoderHidden = 20, 48, 32
	return c
}

// newLatent is a trainer on the lifted moons.
func newLatent(t testing.TB, c LatentConfig) (*LatentDiffusion, *datasets.Dataset, genlab.Sampler) {
	t.Helper()
	ds, err := datasets.ByName("lift64:moons")
	if err != nil {
		t.Fatal(err)
	}
	dist, classes := ds.Sampler, 0
	if c.Latents.Teacher.Conditional {
		with, err := ds.WithLabels()
		if err != nil {
			t.Fatal(err)
		}
		dist, classes = with, len(ds.Labels)
	}
	scale, err := standardize.Fit(ds.Sampler.Sample(5000, pcg(1, 3)))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewLatentDiffusion(c, scale, classes, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return tr, ds, dist
}

// trainedLatent is a model after all its steps.
func trainedLatent(t testing.TB, c LatentConfig) (*LatentDiffusionModel, *datasets.Dataset) {
	t.Helper()
	tr, ds, dist := newLatent(t, c)
	learn(t, tr, dist, c.Latents.Teacher.Batch, c.Steps(), pcg(4, 4), pcg(5, 5))
	m, err := LoadLatentDiffusion(c, tr.State())
	if err != nil {
		t.Fatal(err)
	}
	return m, ds
}

// TestLatentDiffusionTypes: samples and nothing else, whole from the first step.
func TestLatentDiffusionTypes(t *testing.T) {
	tr, _, _ := newLatent(t, smallLatent())
	fresh, err := LoadLatentDiffusion(smallLatent(), tr.State())
	if err != nil {
		t.Fatal(err)
	}
	gentest.Sampler(t, fresh, 64)
	m, _ := trainedLatent(t, smallLatent())
	gentest.Sampler(t, m, 64)
	for _, capability := range []reflect.Type{reflect.TypeFor[genlab.LogProber](), reflect.TypeFor[genlab.LogBounder]()} {
		if reflect.TypeOf(m).Implements(capability) {
			t.Errorf("%T is a %v", m, capability)
		}
	}
}

// TestLatentDiffusionIsOnItsPlane: trained for a while, rebuilt points and samples are as far from
// the plane as the data's noise, within a tenth; an autoencoder of 20 steps is not.
func TestLatentDiffusionIsOnItsPlane(t *testing.T) {
	c := smallLatent()
	far := func() (rebuilt, drawn float64) {
		m, ds := trainedLatent(t, c)
		off := func(x *mat.Dense) float64 { return stat.Mean(ds.View.(datasets.Manifold).OffManifold(x), nil) }
		due := off(ds.Sampler.Sample(1000, pcg(6, 6)))
		return off(m.Reconstruct(ds.Sampler.Sample(1000, pcg(7, 7)), pcg(8, 8))) / due, off(m.Sample(1000, pcg(9, 9))) / due
	}
	if rebuilt, drawn := far(); math.Abs(rebuilt-1) < 0.1 || math.Abs(drawn-1) < 0.1 {
		t.Errorf("after 20 steps rebuilt points are %v, samples %v times as far from the plane as data", rebuilt, drawn)
	}
	c.AutoencoderSteps, c.Latents.Teacher.Steps = 700, 300
	if rebuilt, drawn := far(); !(math.Abs(rebuilt-1) <= 0.1) || !(math.Abs(drawn-1) <= 0.1) {
		t.Errorf("rebuilt points are %v, samples %v times as far from the plane as data", rebuilt, drawn)
	}
}

// TestLatentDistribution: the label asked for is the label drawn, all have equal shares where none is, and network evaluations
// count guidance, which a student has taken over.
func TestLatentDistribution(t *testing.T) {
	c := smallLatent()
	c.Latents.StudentSteps, c.Latents.Evaluations = 40, 2
	m, _ := trainedLatent(t, c)
	zero := mat.NewDense(1, 1, nil)
	for _, w := range []struct {
		guidance float64
		student  int
		want     int
	}{{1, 0, 10}, {1.5, 0, 20}, {1.5, 40, 2}} {
		way := c.Latents
		way.Teacher.Guidance, way.StudentSteps = w.guidance, w.student
		for _, label := range []mat.Matrix{nil, zero} {
			if dist, evaluations := m.LatentDistribution(way, label); evaluations != w.want || dist.Params() != m.Latents.Student.Params() {
				t.Errorf("guidance %v, a student of %d steps: %d evaluations, want %d", w.guidance, w.student, evaluations, w.want)
			}
		}
	}
	dist, _ := m.LatentDistribution(c.Latents, zero)
	again, _ := m.LatentDistribution(c.Latents, mat.NewDense(5, 1, nil))
	if !mat.Equal(dist.Sample(5, pcg(1, 1)), again.Sample(5, pcg(1, 1))) {
		t.Error("one label for all rows and for each give other draws")
	}
}

// TestUniformLabels: the labels that are drawn have equal shares, within 5 standard errors.
func TestUniformLabels(t *testing.T) {
	const n = 3000
	var asked []float64
	uniformLabels{3, func(labels mat.Matrix) genlab.Sampler {
		asked = mat.Col(nil, 0, labels)
		return datasets.Moons(0.1).Sampler
	}}.Sample(n, pcg(1, 1))
	counts := map[float64]float64{}
	for _, label := range asked {
		counts[label]++
	}
	for label := range 3 {
		if c := counts[float64(label)]; len(asked) != n || !(math.Abs(c-n/3) <= 5*math.Sqrt(n*2./9)) {
			t.Errorf("label %d is asked for %v times of %d", label, c, len(asked))
		}
	}
}

// TestLatentDiffusionResumesBitwise: in each phase, between them, and with a student.
func TestLatentDiffusionResumesBitwise(t *testing.T) {
	c := smallLatent()
	c.Latents.StudentSteps = 20
	_, _, dist := newLatent(t, c)
	training[*LatentDiffusion]{
		begin: func() *LatentDiffusion { tr, _, _ := newLatent(t, c); return tr },
		resume: func(saved []checkpoint.Tensor, steps int) (*LatentDiffusion, error) {
			return ResumeLatentDiffusion(c, saved, steps)
		},
		dist: dist, batch: 64, steps: c.Steps(),
	}.resumesBitwise(t, []int{7, 20, 33, 50, 61}, nil)
}

// TestLatentFLOPs: of a network whose matrices can be counted.
func TestLatentFLOPs(t *testing.T) {
	c := smallLatent()
	c.AutoencoderLayers, c.Latents.Teacher.Layers, c.Latents.Teacher.Features, c.Latents.Teacher.TimeFeatures = 1, 1, 4, 6
	m, _ := trainedLatent(t, c)
	decoder := 2 * (2*32 + 32*128 + 2*64)     // and the map beside it
	pass := 2 * ((2+2*4+6+2)*32 + 32*2 + 2*4) // point, features, level, label; the features' own
	encoder := 2 * (64*32 + 32*4 + 64*2)
	if got := m.FLOPs(); got != decoder+20*pass {
		t.Errorf("a sample takes %d, want %d", got, decoder+20*pass)
	}
	want := 3*20*48*float64(encoder+decoder) + 30*64*float64(3*pass+encoder)
	if got := m.TrainingFLOPs(); got != want {
		t.Errorf("training took %v, want %v", got, want)
	}
}

func TestLatentValidateNamesTheField(t *testing.T) {
	for want, change := range map[string]func(*LatentConfig){
		"latent is 0":               func(c *LatentConfig) { c.Latent = 0 },
		"nfe is 0":                  func(c *LatentConfig) { c.Latents.Teacher.NFE = 0 },
		"autoencoder-batch is 1024": func(c *LatentConfig) { c.AutoencoderBatch = 1024 },
		"autoencoder-hidden is 0":   func(c *LatentConfig) { c.AutoencoderHidden = 0 },
		"student-steps is -1":       func(c *LatentConfig) { c.Latents.StudentSteps = -1 },
		"guidance is 1.5, but only": func(c *LatentConfig) { c.Latents.Teacher.Conditional = false },
		"autoencoder-steps is 0":    func(c *LatentConfig) { c.AutoencoderSteps = 0 },
	} {
		c := DefaultLatent(2)
		if change(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), want) {
			t.Errorf("%v, want %s", c.Validate(), want)
		}
	}
	for _, d := range []int{2, 64, 256} {
		if err := DefaultLatent(d).Validate(); err != nil {
			t.Errorf("the defaults for %d coordinates: %v", d, err)
		}
	}
}
