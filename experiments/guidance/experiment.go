// Package guidance puts the trade of classifier-free guidance to the test: labels that are kept
// better, against samples that vary less.
package guidance

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "guidance",
	Claim: "Classifier-free guidance above a scale of 1 makes samples keep their label better and vary less.",
	Test: "A conditional diffusion model (8000 steps of batch 256, else the defaults) for each distribution and seed, sampled by Heun's method in 35 evaluations, 4000 points with all labels equally often, at scales from 0 to 5. " +
		"Scored are the share of points whose nearest mode is their label's (accuracy), and precision, recall and coverage of all points against the truth's (k = 5).",
	Criterion: "In every training, from a scale of 1, which is none, to 3 accuracy rises and recall and coverage fall.",
	Seeds:     3,
	Brief: func(r *experiment.Result) string {
		var parts []string
		for _, d := range []string{"8gaussians", "pinwheel"} {
			var accuracy, recall []string
			for _, scale := range []float64{1, 1.5, 3} {
				accuracy = append(accuracy, fmt.Sprintf("%.3f", float64(r.Of(name("accuracy", scale), d).Mean)))
				recall = append(recall, fmt.Sprintf("%.3f", float64(r.Of(name("recall", scale), d).Mean)))
			}
			parts = append(parts, fmt.Sprintf("%s: accuracy %s, recall %s", d, strings.Join(accuracy, " → "), strings.Join(recall, " → ")))
		}
		return "scales 1 → 1.5 → 3, " + strings.Join(parts, "; ")
	},
	Run: run,
}

// scales of guidance; 1 is none.
var scales = []float64{0, 0.5, 1, 1.5, 2, 3, 5}

const none, mild, strong = 1, 1.5, 3

// laws are the data: parts that overlap hardly, a little, and much.
func laws() ([]*datasets.Dataset, error) {
	noisy := datasets.Moons(0.3)
	noisy.Name = "moons, noise 0.3"
	all := []*datasets.Dataset{}
	for _, name := range []string{"8gaussians", "pinwheel"} {
		ds, err := datasets.ByName(name)
		if err != nil {
			return nil, err
		}
		all = append(all, ds)
	}
	return append(all, noisy), nil
}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{}
	cfg := experiment.Config(s, &models.Diffusion)
	cfg.Conditional, cfg.Sampler, cfg.Eta, cfg.NFE = true, "heun", 0, 35
	if !s.Smoke {
		cfg.Steps, cfg.Batch = 8000, 256
	}
	if err := r.Use("diffusion", &cfg); err != nil {
		return nil, err
	}
	all, err := laws()
	if err != nil {
		return nil, err
	}
	all = all[:s.Scale(len(all), 1)]
	var first []*diffusion.Model // of each law's seeds
	for _, ds := range all {
		for i, seed := range s.Seeds {
			m, _, err := experiment.Train[*diffusion.Model](ctx, s, &models.Diffusion, cfg, ds.Name, seed)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				first = append(first, m)
			}
			if err := measure(ctx, r, s, m, ds, seed); err != nil {
				return nil, err
			}
		}
	}
	r.Shown, r.Answer = answer(r, all)
	r.Pictures, err = pictures(r, s, first, all)
	return r, err
}

// inTurn is a context of n labels, all of them equally often.
func inTurn(n, classes int) *mat.Dense {
	labels := mat.NewDense(n, 1, nil)
	for i := range n {
		labels.Set(i, 0, float64(i%classes))
	}
	return labels
}

// draw samples n points with labels in turn, and says how many passes each took.
func draw(m *diffusion.Model, ds *datasets.Dataset, scale float64, n int, seed uint64) (x *mat.Dense, passes int) {
	c := m.Config()
	c.Guidance = scale
	l := m.Given(inTurn(n, len(ds.Labels))).With(c)
	return l.Sample(n, train.NewStream(seed, "sample").Rand), l.NetworkEvaluations()
}

// kept is the share of points whose nearest mode is their label's.
func kept(x *mat.Dense, ds *datasets.Dataset, label func(i int) int) metrics.Estimate {
	n, _ := x.Dims()
	right := make([]float64, n)
	for i := range n {
		if mode, _ := ds.Modes.Nearest(x.At(i, 0), x.At(i, 1)); mode == label(i) {
			right[i] = 1
		}
	}
	return metrics.Mean(right)
}

// The figures of a scale, in their order.
var figures = []string{"accuracy", "precision", "recall", "coverage"}

func name(figure string, scale float64) string { return fmt.Sprintf("%s, scale %g", figure, scale) }

const (
	ofTruth = ", a second sample of the truth"
	passes  = "network passes a point"
)

// measure adds the figures of one training.
func measure(ctx context.Context, r *experiment.Result, s experiment.Setup, m *diffusion.Model, ds *datasets.Dataset, seed uint64) error {
	n := s.Scale(4000, 200)
	rng := train.NewStream(seed, "evaluation").Rand
	truth := ds.Sampler.Sample(n, rng)
	oracle, labels := ds.Sampler.(datasets.Labelled).SampleLabelled(n, rng)
	put := func(x *mat.Dense, label func(i int) int, title func(figure string) string) []float64 {
		precision, recall, _, coverage := metrics.PrecisionRecall(truth, x, 5)
		values := []float64{kept(x, ds, label).Value, precision.Value, recall.Value, coverage.Value}
		for i, v := range values {
			r.Put(title(figures[i]), ds.Name, "", v)
		}
		return values
	}
	put(oracle, func(i int) int { return labels[i] }, func(f string) string { return f + ofTruth })
	for _, scale := range scales {
		if err := ctx.Err(); err != nil {
			return err
		}
		x, taken := draw(m, ds, scale, n, seed)
		v := put(x, func(i int) int { return i % len(ds.Labels) }, func(f string) string { return name(f, scale) })
		r.Put(name(passes, scale), ds.Name, "", float64(taken))
		s.Log("%s, seed %d, scale %g: accuracy %.4f, precision %.4f, recall %.4f, coverage %.4f", ds.Name, seed, scale, v[0], v[1], v[2], v[3])
	}
	return nil
}

// answer says whether the criterion holds, and by which figures.
func answer(r *experiment.Result, all []*datasets.Dataset) (shown bool, text string) {
	shown = true
	var parts []string
	for _, ds := range all {
		of := func(figure string, scale float64) experiment.Figure { return r.Of(name(figure, scale), ds.Name) }
		for i := range of("accuracy", none).Values {
			at := func(figure string, scale float64) float64 { return float64(of(figure, scale).Values[i]) }
			shown = shown && at("accuracy", strong) > at("accuracy", none) &&
				at("recall", strong) < at("recall", none) && at("coverage", strong) < at("coverage", none)
		}
		row := func(figure string) string {
			var along []string
			for _, scale := range []float64{0, none, mild, strong} {
				along = append(along, fmt.Sprint(of(figure, scale)))
			}
			return figure + " " + strings.Join(along, " → ")
		}
		parts = append(parts, fmt.Sprintf("%s: %s, %s", ds.Name, row("accuracy"), row("recall")))
	}
	return shown, "At scales 0 (no label) → 1 (no guidance) → 1.5 → 3, " + strings.Join(parts, "; ") + "."
}
