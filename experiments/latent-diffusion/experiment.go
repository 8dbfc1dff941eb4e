// Package latentdiffusion puts diffusion in a latent space to the test, against the same diffusion of
// the data themselves.
package latentdiffusion

import (
	"context"
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
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "latent-diffusion",
	Claim: "Diffusion in the latent space of an autoencoder draws samples as good as diffusion of the data themselves for a quarter of the cost.",
	Test: "lift64:25gaussians, a plane in 64 dimensions, and dots16, pictures of 256 pixels, with labels; models of the default configuration of latent-diffusion: 50 steps of DDIM with guidance, 100 passes, and the decoder's. " +
		fmt.Sprintf("The control is diffusion of the data, with the same layers, features, guidance and sampler, twice as wide and as wide, for %g times the training FLOPs of the latent model with its autoencoder: its larger matrices are faster, and so it has no fewer seconds. ", moreTraining) +
		"Of 10,000 samples, labels drawn evenly: the energy distance of what the plane sees (Aᵀx, or a picture's centre of gravity), mode TV, and of 2000 the distance off the manifold (the plane; the nearest picture of dots), " +
		"whether a picture has the number of dots of its label in the label's quadrant, FLOPs and microseconds a sample on one core, and seconds of training. Rebuilt points, encoded and decoded, are what the latent model would draw if diffusion made no mistake.",
	Criterion: "On both, over the seeds, the latent model's energy distance is not above the control's that is twice as wide, or their intervals overlap; its FLOPs a sample are at most a quarter, and its seconds of training no more.",
	Seeds:     3,
	Brief:     brief,
	Run:       run,
}

// moreTraining is how many times the latent model's training FLOPs the control has.
const moreTraining = 2.0

// The models.
const (
	latent  = "latent"
	wide    = "data, twice as wide"
	narrow  = "data, as wide"
	rebuilt = "rebuilt"
)

// The figures, of each model.
const (
	distance = "energy distance"
	modeTV   = "mode TV"
	off      = "off the manifold"
	right    = "count and quadrant right"
	flops    = "FLOPs a sample"
	micros   = "time of a sample"
	seconds  = "training"
)

var data = []string{"lift64:25gaussians", "dots16"}

func of(figure, model string) string { return figure + ", " + model }

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{Shown: true}
	var lines []string
	for _, name := range data {
		ds, err := datasets.ByName(name)
		if err != nil {
			return nil, err
		}
		for _, seed := range s.Seeds {
			b := bench{ctx, s, r, ds, seed}
			if err := b.all(); err != nil {
				return nil, err
			}
		}
		a, b := r.Of(of(distance, latent), name), r.Of(of(distance, wide), name)
		less := float64(r.Of(of(flops, wide), name).Mean / r.Of(of(flops, latent), name).Mean)
		ours, theirs := r.Of(of(seconds, latent), name), r.Of(of(seconds, wide), name)
		r.Shown = r.Shown && (a.Mean <= b.Mean || experiment.Overlap(a, b)) && less >= 4 && ours.Mean <= theirs.Mean
		lines = append(lines, fmt.Sprintf("%s: energy distance %v after %v of training, against %v after %v at %.1f times the FLOPs a sample; of a control as wide, %v after %v; rebuilt points have %v. "+
			"The energy distance hardly sees how wide a mode is; mode TV does: %v, against %v and %v",
			name, a, ours, b, theirs, less, r.Of(of(distance, narrow), name), r.Of(of(seconds, narrow), name), r.Of(of(distance, rebuilt), name),
			r.Of(of(modeTV, latent), name), r.Of(of(modeTV, wide), name), r.Of(of(modeTV, narrow), name)))
	}
	r.Answer = strings.Join(lines, ". ") + "."
	return r, nil
}

func brief(r *experiment.Result) string {
	var parts []string
	for _, name := range data {
		parts = append(parts, fmt.Sprintf("%s: energy distance %v and mode TV %v, of the data's own diffusion %v and %v at %.1f × the FLOPs", name,
			r.Of(of(distance, latent), name), r.Of(of(modeTV, latent), name), r.Of(of(distance, wide), name), r.Of(of(modeTV, wide), name),
			r.Of(of(flops, wide), name).Mean/r.Of(of(flops, latent), name).Mean))
	}
	return strings.Join(parts, "; ")
}

// bench trains and measures the models of a data set and a seed.
type bench struct {
	ctx  context.Context
	s    experiment.Setup
	r    *experiment.Result
	ds   *datasets.Dataset
	seed uint64
}

func (b bench) all() error {
	cfg := hybrid.DefaultLatent(b.ds.Dim())
	if b.s.Smoke {
		models.LatentDiffusion.Tiny(&cfg)
	}
	if err := b.r.Use("latent-diffusion, "+b.ds.Name, &cfg); err != nil {
		return err
	}
	m, spent, err := experiment.Train[*hybrid.LatentDiffusionModel](b.ctx, b.s, &models.LatentDiffusion, cfg, b.ds.Name, b.seed)
	if err != nil {
		return err
	}
	labels := b.labels()
	law, _ := m.LatentDistribution(cfg.Latents, labels)
	b.measure(latent, m.Through(law), labels, m.FLOPs(), spent)
	rng := train.NewStream(b.seed, "rebuilt").Rand
	b.score(rebuilt, m.Rebuild(b.ds.Sampler.Sample(b.samples(), rng), rng))
	for _, control := range []struct {
		model string
		times int
	}{{wide, 2}, {narrow, 1}} {
		if err := b.control(control.model, cfg.Latents.Teacher, control.times, moreTraining*m.TrainingFLOPs()); err != nil {
			return err
		}
	}
	return nil
}

// control trains the same diffusion of the data, so many times as wide, for a number of FLOPs, and
// measures it.
func (b bench) control(model string, cfg diffusion.Config, times int, budget float64) error {
	cfg.Hidden *= times
	m, err := diffusion.NewConditional(cfg, standardize.Identity(b.ds.Dim()), len(b.ds.Labels), train.NewStream(b.seed, "init").Rand)
	if err != nil {
		return err
	}
	cfg.Steps = max(1, int(budget/m.TrainingFLOPs()*float64(cfg.Steps)))
	if err := b.r.Use(model+", "+b.ds.Name, &cfg); err != nil {
		return err
	}
	m, spent, err := experiment.Train[*diffusion.Model](b.ctx, b.s, &models.Diffusion, cfg, b.ds.Name, b.seed)
	if err != nil {
		return err
	}
	labels := b.labels()
	given := m.Given(labels)
	b.measure(model, given, labels, given.Passes()*m.FLOPs(), spent)
	return nil
}

func (b bench) samples() int { return b.s.Scale(10000, 300) }

// labels are as many as samples, all equally often.
func (b bench) labels() *mat.Dense {
	x := mat.NewDense(b.samples(), 1, nil)
	for i := range b.samples() {
		x.Set(i, 0, float64(i%len(b.ds.Labels)))
	}
	return x
}

// measure draws from a model given labels and puts its figures.
func (b bench) measure(model string, q genlab.Sampler, labels *mat.Dense, cost int, spent float64) {
	q.Sample(b.samples(), train.NewStream(b.seed, "sample").Rand) // the first use builds buffers
	cores := runtime.GOMAXPROCS(1)
	start := time.Now()
	x := q.Sample(b.samples(), train.NewStream(b.seed, "sample").Rand)
	b.put(micros, model, "µs", float64(time.Since(start).Microseconds())/float64(b.samples()))
	runtime.GOMAXPROCS(cores)
	b.put(flops, model, "", float64(cost))
	b.put(seconds, model, "s", spent)
	b.score(model, x)
	if dots, ok := b.ds.View.(datasets.Dots); ok {
		b.put(right, model, "", share(dots, x, labels))
	}
}

// share is that of the pictures with the number of dots and the quadrant of their labels.
func share(dots datasets.Dots, x, labels *mat.Dense) float64 {
	n, _ := x.Dims()
	good := 0
	for i, seen := range dots.Classify(x) {
		if seen == int(labels.At(i, 0)) {
			good++
		}
	}
	return float64(good) / float64(n)
}

// score puts what samples are worth.
func (b bench) score(model string, x *mat.Dense) {
	rows := experiment.Score(x, b.ds, b.seed)
	b.put(distance, model, "", rows["energy_distance"].Value)
	b.put(modeTV, model, "", rows["mode_tv"].Value)
	if v, ok := b.ds.View.(datasets.Manifold); ok {
		n, d := x.Dims()
		b.put(off, model, "", stat.Mean(v.OffManifold(x.Slice(0, min(n, b.s.Scale(2000, 100)), 0, d)), nil))
	}
	b.s.Log("%s, seed %d, %s: energy distance %.5f, mode TV %.4f", b.ds.Name, b.seed, model, rows["energy_distance"].Value, rows["mode_tv"].Value)
}

func (b bench) put(figure, model, unit string, v float64) {
	b.r.Put(of(figure, model), b.ds.Name, unit, v)
}
