// Package seeds tests how much the result of a default training depends on its seed.
package seeds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gan"
	"genlab/internal/plot"
	"genlab/lab/evaluate"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/vae"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "seeds",
	Claim: "Default trainings are reliable: among twenty seeds, the worst model of a paradigm is not much worse than the median one.",
	Test: "Each paradigm is trained with its default configuration on four distributions with every seed. Its main metric is the NLL above the entropy's estimate on the same fresh points, " +
		"KL(p‖q), for the autoregressive model and the flow (20,000 points) and for diffusion (5000 points, by the probability-flow ODE); the same difference of the ELBO for the VAE (20,000 points); and the sliced Wasserstein-2 distance " +
		"of 20,000 samples to 20,000 fresh points for the GAN, which has no likelihood.",
	Criterion: "For every paradigm and distribution, the main metric of the worst seed is at most twice that of the median seed.",
	Seeds:     20,
	Data:      data,
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		all := spreads(r)
		slices.SortFunc(all, func(a, b spread) int { return cmp.Compare(b.ratio(), a.ratio()) })
		var most []string
		for _, s := range all[:min(3, len(all))] {
			most = append(most, fmt.Sprintf("%.2g (%s on %s, seed %d)", s.ratio(), s.paradigm, s.data, s.worst))
		}
		return "largest ratios of worst seed to median: " + strings.Join(most, ", ")
	},
	Captions: map[string]string{picture: "Main metric of every seed, in ascending order. A reliable recipe gives a flat line; a jump at the right end is a training that failed"},
}

var data = []string{"8gaussians", "25gaussians", "moons", "checkerboard"}

const picture = "seeds.png"

// paradigm trains a model and returns its main metric.
type paradigm struct {
	of     registry.Info
	metric string
	unit   string
	value  func(t *experiment.Trial) (float64, error)
}

func (p paradigm) name() string { return p.metric + ", " + p.of.Name }

// likelihood is a paradigm judged by KL(p‖q), or by the same difference of a bound, at so many points.
func likelihood[M any, C registry.Config](spec *registry.Spec[C], metric string, points int, density func(M) genlab.Sampler) paradigm {
	return paradigm{spec.Info, metric, "nats", func(t *experiment.Trial) (float64, error) {
		m, err := trained[M](t, spec)
		if err != nil {
			return 0, err
		}
		x := t.Dataset.Sampler.Sample(t.Scale(points, 100), t.Rand("likelihood"))
		logq, _ := evaluate.LogDensity(density(m), x, t.Rand("bound"))
		return metrics.PairedMean(t.Dataset.Density.LogProb(x), logq).Value, nil
	}}
}

func trained[M any, C registry.Config](t *experiment.Trial, spec *registry.Spec[C]) (M, error) {
	m, _, err := experiment.Train[M](t, spec.Name, spec, experiment.Config(t.Setup, spec, ""))
	return m, err
}

func itself[M genlab.Sampler](m M) genlab.Sampler { return m }

var paradigms = []paradigm{
	likelihood(&models.Autoregressive, "KL(p‖q)", 20000, itself[*autoregressive.Points]),
	likelihood(&models.VAE, "ELBO below log p", 20000, itself[*vae.Model]),
	{models.GAN.Info, "sliced W2", "", func(t *experiment.Trial) (float64, error) {
		m, err := trained[*gan.Model](t, &models.GAN)
		if err != nil {
			return 0, err
		}
		n := t.Scale(20000, 100)
		truth := t.Dataset.Sampler.Sample(n, t.Rand("evaluation"))
		return metrics.SlicedW2(m.Sample(n, t.Rand("sample")), truth, 100, t.Rand("directions")).Value, nil
	}},
	likelihood(&models.Diffusion, "KL(p‖q)", 5000, func(m *diffusion.Model) genlab.Sampler { return ode{m, m.ProbabilityFlow()} }),
	likelihood(&models.Flow, "KL(p‖q)", 20000, itself[*flow.Model]),
}

// ode is a diffusion model with the density of its probability flow.
type ode struct {
	*diffusion.Model
	flow diffusion.ProbabilityFlow
}

// LogProb implements [genlab.LogProber].
func (o ode) LogProb(x mat.Matrix) []float64 { return o.flow.LogProb(x) }

func run(t *experiment.Trial) error {
	for _, p := range paradigms {
		v, err := p.value(t)
		if err != nil {
			return err
		}
		t.Put(p.name(), p.unit, v)
	}
	png, err := strips(t.Result)
	t.Picture(picture, png)
	return err
}

// spread is the distribution of a paradigm's main metric over the seeds.
type spread struct {
	paradigm, data string
	values         []float64 // ascending
	worst          uint64    // seed
}

func (s spread) median() float64 { return experiment.Median(slices.Clone(s.values)) }

func (s spread) max() float64 { return s.values[len(s.values)-1] }

func (s spread) ratio() float64 { return s.max() / s.median() }

// spreads returns those of every paradigm on every distribution that was measured.
func spreads(r *experiment.Result) (all []spread) {
	for _, p := range paradigms {
		for _, d := range data {
			s := spread{paradigm: p.of.Name, data: d}
			most := math.Inf(-1)
			for i, v := range r.Of(p.name(), d).Values {
				s.values = append(s.values, float64(v))
				if !(float64(v) <= most) {
					most, s.worst = float64(v), r.Seeds[i]
				}
			}
			if slices.Sort(s.values); len(s.values) > 0 {
				all = append(all, s)
			}
		}
	}
	return all
}

// factor is how many times the median's value the worst seed may have.
const factor = 2

func answer(r *experiment.Result) (supported bool, text string) {
	all := spreads(r)
	supported = len(all) == len(paradigms)*len(data)
	var worse []string
	for _, s := range all {
		if !(s.ratio() <= factor) {
			supported = false
			worse = append(worse, fmt.Sprintf("%s on %s (median %.3g, seed %d has %.3g)", s.paradigm, s.data, s.median(), s.worst, s.max()))
		}
	}
	if len(worse) == 0 {
		return supported, fmt.Sprintf("In all %d combinations the worst seed is within twice the median.", len(all))
	}
	return supported, fmt.Sprintf("The worst seed is within twice the median in %d of %d combinations, not for %s.", len(all)-len(worse), len(all), strings.Join(worse, "; "))
}

// Table returns median, best and worst seed of every paradigm and distribution in Markdown.
func Table(r *experiment.Result) string {
	var b strings.Builder
	b.WriteString("| paradigm | dataset | metric | best seed | median | worst seed | worst / median |\n|---|---|---|---|---|---|---|\n")
	for _, p := range paradigms {
		for _, s := range spreads(r) {
			if s.paradigm != p.of.Name {
				continue
			}
			metric := p.metric
			if p.unit != "" {
				metric += ", " + p.unit
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %.3g | %.3g | %.3g (seed %d) | %.2f |\n",
				s.paradigm, s.data, metric, s.values[0], s.median(), s.max(), s.worst, s.ratio())
		}
	}
	fmt.Fprintf(&b, "\n%d seeds. Measured on %s.\n", len(r.Seeds), r.Date)
	return b.String()
}

// strips draws the values of all seeds, in ascending order, a chart for each distribution.
func strips(r *experiment.Result) ([]byte, error) {
	var charts []plot.Chart
	all := spreads(r)
	for _, d := range data {
		chart := plot.Chart{Axes: plot.Axes{Title: d, X: "seeds, in ascending order of the metric", Y: "main metric", LogY: true}}
		for i, p := range paradigms {
			for _, s := range all {
				if s.paradigm != p.of.Name || s.data != d {
					continue
				}
				rank := make([]float64, len(s.values))
				for k := range rank {
					rank[k] = float64(k + 1)
				}
				chart.Series = append(chart.Series, plot.Series{Name: p.name(), X: rank, Y: s.values, Colour: p.of.Colour, Marks: true, Shape: plot.Shape(i), Smooth: 1})
			}
		}
		if len(chart.Series) == len(paradigms) {
			charts = append(charts, chart)
		}
	}
	return plot.Charts("Main metric of every seed", "lower is better; nats above the entropy, and the sliced Wasserstein-2 distance of the GAN", min(2, len(charts)), charts)
}
