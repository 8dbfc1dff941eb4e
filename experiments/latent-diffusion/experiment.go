// Package latentdiffusion tests diffusion in the latent space of an autoencoder against diffusion in data
// space.
package latentdiffusion

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/standardize"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "latent-diffusion",
	Claim: "Diffusion in the latent space of an autoencoder gives samples as good as diffusion in data space, at a quarter of the cost.",
	Test: "The datasets are lift64:25gaussians (a plane in 64 dimensions) and dots16 (images of 256 pixels), both with labels. Models have the default configuration of latent-diffusion: 50 steps of DDIM with guidance, which take 100 network evaluations, and one evaluation of the decoder. " +
		fmt.Sprintf("The controls are diffusion models in data space with the same layers, features, guidance and sampler, and either twice the width or the same width. They are trained with %g times the FLOPs of the latent model and its autoencoder, so that their training time is at least as long although their larger matrices are faster. ", moreTraining) +
		"Metrics, from 10,000 samples with equally frequent labels: the energy distance in the plane (of Aᵀx, or of an image's centre of gravity), mode TV, the distance to the manifold (the plane, or the nearest image of dots; from 2000 samples), " +
		"whether an image has the number of dots and the quadrant of its label, FLOPs and time per sample on one core, and training time. Reconstructions (true points encoded and decoded) are what the latent model would sample if its diffusion were exact.",
	Criterion: fmt.Sprintf("On both datasets, the latent model's energy distance is not larger than that of the control twice as wide by %g: the 95 %% confidence interval of the difference, over paired seeds, is below it. In the mean over the seeds, it takes at most a quarter of the FLOPs per sample and no more training time.", margin),
	Seeds:     5,
	Data:      data,
	SmokeAll:  true,
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		var parts []string
		for _, d := range data {
			of := func(metric, model string) experiment.Measurement { return r.Of(name(metric, model), d) }
			parts = append(parts, fmt.Sprintf("%s: energy distance %v and mode TV %v, in data space %v and %v at %.1f × the FLOPs", d,
				of(distance, latent), of(modeTV, latent), of(distance, wide), of(modeTV, wide), of(flops, wide).Mean/of(flops, latent).Mean))
		}
		return strings.Join(parts, "; ")
	},
	Labels: []string{wide, "data space, twice as wide", narrow, "data space, same width", latent, "latent space", rebuilt, "reconstructions", off, "distance to the manifold",
		right, "number and quadrant correct", flops, "FLOPs per sample", micros, "time per sample"},
}

var data = []string{"lift64:25gaussians", "dots16"}

// moreTraining is the ratio of the controls' training FLOPs to those of the latent model.
const moreTraining = 2.0

// margin is what the latent model's energy distance may be larger by.
const margin = 0.002

// The models, and what else is scored.
const (
	latent  = "latent"
	wide    = "data, twice as wide"
	narrow  = "data, as wide"
	rebuilt = "rebuilt"
)

// The metrics.
const (
	distance = "energy distance"
	modeTV   = "mode TV"
	off      = "off the manifold"
	right    = "count and quadrant right"
	flops    = "FLOPs a sample"
	micros   = "time of a sample"
	training = "training"
)

func name(metric, model string) string { return metric + ", " + model }

// trial has the samples of a trial in common.
type trial struct {
	*experiment.Trial
	n      int
	labels *mat.Dense
}

func run(of *experiment.Trial) error {
	n := of.Scale(10000, 300)
	t := trial{of, n, experiment.LabelsInTurn(n, len(of.Dataset.Labels))}
	cfg := experiment.Config(t.Setup, &models.LatentDiffusion, t.Dataset.Name)
	if t.Smoke {
		cfg.AutoencoderSteps, cfg.Latents.Teacher.Steps, cfg.Latents.Teacher.NFE = 20, 20, 10
	}
	m, seconds, err := experiment.Train[*hybrid.LatentDiffusionModel](of, "latent-diffusion, "+t.Dataset.Name, &models.LatentDiffusion, cfg)
	if err != nil {
		return err
	}
	latents, _ := m.LatentDistribution(cfg.Latents, t.labels)
	t.measure(latent, m.WithLatents(latents), m.FLOPs(), seconds)
	rng := t.Rand("rebuilt")
	t.score(rebuilt, m.Reconstruct(t.Dataset.Sampler.Sample(n, rng), rng))
	for _, c := range []struct {
		model  string
		factor int
	}{{wide, 2}, {narrow, 1}} {
		if err := t.control(c.model, cfg.Latents.Teacher, c.factor, moreTraining*m.TrainingFLOPs()); err != nil {
			return err
		}
	}
	return nil
}

// control trains the same diffusion in data space, wider by a factor, with a budget of FLOPs, and measures
// it.
func (t trial) control(model string, cfg diffusion.Config, factor int, budget float64) error {
	cfg.Hidden *= factor
	m, err := diffusion.NewConditional(cfg, standardize.Identity(t.Dataset.Dim()), len(t.Dataset.Labels), t.Rand("init"))
	if err != nil {
		return err
	}
	cfg.Steps = max(1, int(budget/m.TrainingFLOPs()*float64(cfg.Steps)))
	if t.Smoke {
		cfg.Steps = min(cfg.Steps, 20)
	}
	m, seconds, err := experiment.Train[*diffusion.Model](t.Trial, model+", "+t.Dataset.Name, &models.Diffusion, cfg)
	if err != nil {
		return err
	}
	given := m.Given(t.labels)
	t.measure(model, given, given.NetworkEvaluations()*m.FLOPs(), seconds)
	return nil
}

// measure samples from a model given the labels, and stores the cost and the score.
func (t trial) measure(model string, q genlab.Sampler, cost int, seconds float64) {
	q.Sample(t.n, t.Rand("sample")) // the first use allocates buffers
	cores := runtime.GOMAXPROCS(1)
	begun := time.Now()
	x := q.Sample(t.n, t.Rand("sample"))
	t.Put(name(micros, model), "µs", float64(time.Since(begun).Microseconds())/float64(t.n))
	runtime.GOMAXPROCS(cores)
	t.Put(name(flops, model), "", float64(cost))
	t.Put(name(training, model), "s", seconds)
	t.score(model, x)
	if dots, ok := t.Dataset.View.(datasets.Dots); ok {
		correct := 0
		for i, seen := range dots.Classify(x) {
			if seen == int(t.labels.At(i, 0)) {
				correct++
			}
		}
		t.Put(name(right, model), "", float64(correct)/float64(t.n))
	}
}

// score stores the metrics of samples.
func (t trial) score(model string, x *mat.Dense) {
	rows := t.Score(x)
	t.Put(name(distance, model), "", rows["energy_distance"].Value)
	t.Put(name(modeTV, model), "", rows["mode_tv"].Value)
	if v, ok := t.Dataset.View.(datasets.Manifold); ok {
		n, d := x.Dims()
		t.Put(name(off, model), "", stat.Mean(v.OffManifold(x.Slice(0, min(n, t.Scale(2000, 100)), 0, d)), nil))
	}
}

func answer(r *experiment.Result) (supported bool, text string) {
	supported = true
	var lines []string
	for _, d := range data {
		of := func(metric, model string) experiment.Measurement { return r.Of(name(metric, model), d) }
		ours, theirs := of(distance, latent), of(distance, wide)
		ratio := of(flops, wide).Mean / of(flops, latent).Mean
		supported = supported && experiment.Differ(ours, theirs).Below(margin) && ratio >= 4 && of(training, latent).Mean <= of(training, wide).Mean
		lines = append(lines, fmt.Sprintf("%s: energy distance %v after %v of training, against %v after %v for the control twice as wide, at %.1f times the FLOPs per sample, and %v after %v for the control of the same width; reconstructions have %v. "+
			"The energy distance is hardly sensitive to the width of a mode, but mode TV is; it is %v, against %v and %v.",
			d, ours, of(training, latent), theirs, of(training, wide), ratio, of(distance, narrow), of(training, narrow), of(distance, rebuilt), of(modeTV, latent), of(modeTV, wide), of(modeTV, narrow)))
	}
	return supported, strings.Join(lines, " ")
}
