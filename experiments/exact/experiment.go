// Package exact puts exact likelihoods to the test: those of a flow and of an autoregressive model
// against the analytic density.
package exact

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/experiments"
	"genlab/internal/metrics"
	"genlab/internal/train"
)

// Experiment is the claim and its test.
var Experiment = experiments.Experiment{
	Name:  "exact",
	Claim: "A flow and an autoregressive model know their density exactly, and it comes close to the true one.",
	Test: "Both are trained with their default configurations. The density is summed over a grid of 1200 × 1200 points around the data; " +
		"the mean of -log q over 20,000 of the model's own samples is compared with the entropy that the grid gives; KL(p‖q) is taken at 20,000 fresh points where log p is analytic.",
	Criterion: "In every training the density sums to 1 within 0.005, the samples' mean of -log q agrees with the grid's entropy within four standard errors plus 0.005 nats, and KL(p‖q) is at most 0.05 nats.",
	Seeds:     3,
	Run:       run,
}

var data = []string{"8gaussians", "moons", "checkerboard"}

// exact is a model with samples and a density.
type exact interface {
	genlab.Sampler
	genlab.LogProber
}

func run(ctx context.Context, s experiments.Setup) (*experiments.Result, error) {
	r := &experiments.Result{Shown: true}
	flowConfig, arConfig := experiments.Flow.Config(s), experiments.Autoregressive.Config(s)
	if err := r.Use("flow", &flowConfig); err != nil {
		return nil, err
	}
	if err := r.Use("autoregressive", &arConfig); err != nil {
		return nil, err
	}
	names := data[:s.Scale(len(data), 1)]
	var lines []string
	for _, name := range names {
		ds, err := datasets.ByName(name)
		if err != nil {
			return nil, err
		}
		for _, seed := range s.Seeds {
			f, _, err := experiments.Flow.Train(ctx, s, flowConfig, ds, seed)
			if err != nil {
				return nil, err
			}
			a, _, err := experiments.Autoregressive.Train(ctx, s, arConfig, ds, seed)
			if err != nil {
				return nil, err
			}
			r.Shown = measure(r, s, "flow", f, ds, seed) && r.Shown
			r.Shown = measure(r, s, "autoregressive", a, ds, seed) && r.Shown
		}
		lines = append(lines, fmt.Sprintf("%s %v and %v", name, r.Of("KL(p‖q), flow", name), r.Of("KL(p‖q), autoregressive", name)))
	}
	r.Answer = "KL(p‖q) of the flow and of the autoregressive model: " + strings.Join(lines, "; ") + "."
	return r, nil
}

// measure adds the figures of one model and says whether they meet the criterion.
func measure(r *experiments.Result, s experiments.Setup, label string, m exact, ds *datasets.Dataset, seed uint64) bool {
	n := s.Scale(20000, 500)
	mass, entropy := overGrid(m, ds, s.Scale(1200, 100))
	own := metrics.NLL(m, m.Sample(n, train.NewStream(seed, "sample").Rand))
	kl := metrics.KL(ds.Density, m, ds.Law.Sample(n, train.NewStream(seed, "likelihood").Rand))
	r.Put("mass on the grid, "+label, ds.Name, "", mass)
	r.Put("-log q of own samples less the grid's entropy, "+label, ds.Name, "nats", own.Value-entropy)
	r.Put("KL(p‖q), "+label, ds.Name, "nats", kl.Value)
	s.Log("%s on %s, seed %d: mass %.5f, entropy of samples %.4f ± %.4f, of the grid %.4f, KL %.5f ± %.5f",
		label, ds.Name, seed, mass, own.Value, own.SE, entropy, kl.Value, kl.SE)
	return math.Abs(mass-1) <= 0.005 && math.Abs(own.Value-entropy) <= 4*own.SE+0.005 && kl.Value <= 0.05
}

// overGrid returns the mass of a density and its entropy in nats, by its values at the centres
// of side x side cells of a rectangle a quarter larger than the data's picture.
func overGrid(q genlab.LogProber, ds *datasets.Dataset, side int) (mass, entropy float64) {
	xmin, xmax, ymin, ymax := ds.Box()
	wide, high := 1.25*(xmax-xmin), 1.25*(ymax-ymin)
	left, low := (xmin+xmax-wide)/2, (ymin+ymax-high)/2
	cell := wide * high / float64(side*side)
	x := mat.NewDense(side, 2, nil)
	var terms []float64
	for i := range side {
		for j := range side {
			x.Set(j, 0, left+wide*(float64(i)+0.5)/float64(side))
			x.Set(j, 1, low+high*(float64(j)+0.5)/float64(side))
		}
		for _, l := range q.LogProb(x) {
			if p := math.Exp(l) * cell; p > 0 {
				mass += p
				terms = append(terms, -p*l)
			}
		}
	}
	return mass, floats.Sum(terms)
}
