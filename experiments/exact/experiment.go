// Package exact puts exact likelihoods to the test: those of a flow and of an autoregressive model
// against the analytic density.
package exact

import (
	"context"
	"fmt"
	"math"
	"strings"

	"genlab"
	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/flow"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "exact",
	Claim: "A flow and an autoregressive model know their density exactly, and it comes close to the true one.",
	Test: "Both are trained with their default configurations. KL(p‖q) is taken at 100,000 fresh points, where log p is analytic. " +
		"Whether log q is a density, and the samples', is recomputed from outside: it is summed over a grid of 1200 × 1200 points around the data; " +
		"the mean of -log q over 20,000 of the model's own samples is compared with the entropy that the grid gives, " +
		"and their histogram over 400 bins with the masses of the bins, by Pearson's χ².",
	Criterion: "In every training KL(p‖q) is at most 0.02 nats for the flow and 0.03 for the autoregressive model, whose cells are a part of it; the density sums to 1 within 0.005, " +
		"the samples' mean of -log q agrees with the grid's entropy within three standard errors plus 0.005 nats, and χ² has a probability of at least 0.0001.",
	Seeds: 3,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("KL(p‖q) on 8gaussians: flow %v, autoregressive %v", r.Of("KL(p‖q), flow", "8gaussians"), r.Of("KL(p‖q), autoregressive", "8gaussians"))
	},
	Run: run,
}

// nearest is the largest KL(p‖q) that counts as close.
const (
	nearestFlow           = 0.02
	nearestAutoregressive = 0.03
)

// Data of the two, the first ones those of both.
var (
	flowData           = []string{"8gaussians", "checkerboard", "moons", "25gaussians", "circles", "pinwheel", "swissroll", "rings", "2spirals"}
	autoregressiveData = []string{"8gaussians", "checkerboard", "moons", "25gaussians", "ring8"}
)

// exact is a model with samples and a density.
type exact interface {
	genlab.Sampler
	genlab.LogProber
}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{Shown: true}
	flowConfig, arConfig := experiment.Config(s, &models.Flow), experiment.Config(s, &models.Autoregressive)
	if err := r.Use("flow", &flowConfig); err != nil {
		return nil, err
	}
	if err := r.Use("autoregressive", &arConfig); err != nil {
		return nil, err
	}
	var answers []string
	for _, subject := range []struct {
		label   string
		data    []string
		nearest float64
		train   func(*datasets.Dataset, uint64) (exact, float64, error)
	}{
		{"flow", flowData, nearestFlow, func(ds *datasets.Dataset, seed uint64) (exact, float64, error) {
			return experiment.Train[*flow.Model](ctx, s, &models.Flow, flowConfig, ds.Name, seed)
		}},
		{"autoregressive", autoregressiveData, nearestAutoregressive, func(ds *datasets.Dataset, seed uint64) (exact, float64, error) {
			return experiment.Train[*autoregressive.Points](ctx, s, &models.Autoregressive, arConfig, ds.Name, seed)
		}},
	} {
		names := subject.data[:s.Scale(len(subject.data), 1)]
		for _, seed := range s.Seeds {
			for _, name := range names {
				ds, err := datasets.ByName(name)
				if err != nil {
					return nil, err
				}
				m, _, err := subject.train(ds, seed)
				if err != nil {
					return nil, err
				}
				r.Shown = measure(r, s, subject.label, m, ds, seed, subject.nearest) && r.Shown
			}
		}
		var lines []string
		for _, name := range names {
			lines = append(lines, fmt.Sprintf("%s %v", name, r.Of("KL(p‖q), "+subject.label, name)))
		}
		answers = append(answers, subject.label+": "+strings.Join(lines, ", "))
	}
	r.Answer = "KL(p‖q), " + strings.Join(answers, "; ") + "."
	return r, nil
}

// measure adds the figures of one model and says whether they meet the criterion.
func measure(r *experiment.Result, s experiment.Setup, label string, m exact, ds *datasets.Dataset, seed uint64, nearest float64) bool {
	n, fresh := s.Scale(20000, 500), s.Scale(100000, 500)
	g := overGrid(m, ds, s.Scale(1200, 100))
	x := m.Sample(n, train.NewStream(seed, "sample").Rand)
	own, chance := metrics.NLL(m, x), g.chance(x)
	kl := metrics.KL(ds.Density, m, ds.Sampler.Sample(fresh, train.NewStream(seed, "likelihood").Rand))
	r.Put("KL(p‖q), "+label, ds.Name, "nats", kl.Value)
	r.Put("mass on the grid, "+label, ds.Name, "", g.mass)
	r.Put("-log q of own samples less the grid's entropy, "+label, ds.Name, "nats", own.Value-g.entropy)
	r.Put("probability of χ² of the samples' histogram, "+label, ds.Name, "", chance)
	s.Log("%s on %s, seed %d: KL %.5f ± %.5f, mass %.5f, entropy of samples %.4f ± %.4f, of the grid %.4f, χ² at %.3f",
		label, ds.Name, seed, kl.Value, kl.SE, g.mass, own.Value, own.SE, g.entropy, chance)
	return kl.Value <= nearest && math.Abs(g.mass-1) <= 0.005 && math.Abs(own.Value-g.entropy) <= 3*own.SE+0.005 && chance >= 1e-4
}
