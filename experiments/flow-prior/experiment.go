// Package flowprior puts the prior of a VAE to the test: a normal against a flow that learns with it.
package flowprior

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/datasets"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/train"
	"genlab/vae"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "flow-prior",
	Claim: "A VAE whose prior is a flow knows the data better than a wider VAE with a normal prior and as many parameters, for its prior is where its encoder puts the data.",
	Test: "25gaussians and moons; VAEs of the default configuration of flow-prior with the prior flow, and with the prior normal and wider networks of at most as many parameters. " +
		"At 4000 fresh points: the ELBO and the bound of 100 draws as nats below the truth's own log density, for the normal prior also log p by quadrature; and KL of the aggregate posterior from the prior.",
	Criterion: "On both, over the seeds, the bound of 100 draws with the flow, which log p is not below, lies above log p by quadrature with the normal prior, their intervals apart, " +
		"and KL(aggregate posterior ‖ prior) is at most half.",
	Seeds: 3,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("nats below the truth on 25gaussians: %v with the flow (a bound), %v with a normal; KL(aggregate posterior ‖ prior) %v and %v",
			r.Of(of(bound, hybrid.JointFlow), "25gaussians"), r.Of(of(logp, hybrid.NormalPrior), "25gaussians"),
			r.Of(of(aggregate, hybrid.JointFlow), "25gaussians"), r.Of(of(aggregate, hybrid.NormalPrior), "25gaussians"))
	},
	Run: run,
}

// The figures, of each prior.
const (
	elbo      = "ELBO, below the truth"
	bound     = "bound of 100 draws, below the truth"
	logp      = "log p, below the truth"
	aggregate = "KL(aggregate posterior ‖ prior)"
)

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{Shown: true}
	var lines []string
	for _, name := range []string{"25gaussians", "moons"} {
		ds, err := datasets.ByName(name)
		if err != nil {
			return nil, err
		}
		for _, seed := range s.Seeds {
			for _, law := range []hybrid.LatentPrior{hybrid.JointFlow, hybrid.NormalPrior} {
				cfg := experiment.Config(s, &models.FlowPrior)
				cfg.Prior = law
				if err := r.Use("flow-prior, "+string(law), &cfg); err != nil {
					return nil, err
				}
				m, _, err := experiment.Train[hybrid.SizedSampler](ctx, s, &models.FlowPrior, cfg, ds.Name, seed)
				if err != nil {
					return nil, err
				}
				measure(r, s, m.(*vae.Model), ds, law, seed)
			}
		}
		flow, control := r.Of(of(bound, hybrid.JointFlow), name), r.Of(of(logp, hybrid.NormalPrior), name)
		apart, halved := r.Of(of(aggregate, hybrid.JointFlow), name), r.Of(of(aggregate, hybrid.NormalPrior), name)
		r.Shown = r.Shown && flow.Mean < control.Mean && experiment.Apart(flow, control) && apart.Mean <= halved.Mean/2
		lines = append(lines, fmt.Sprintf("%s: the bound of 100 draws is %v below the truth with the flow, log p %v with a normal; KL(aggregate posterior ‖ prior) is %v and %v",
			name, flow, control, apart, halved))
	}
	r.Answer = strings.Join(lines, ". ") + "."
	return r, nil
}

func of(figure string, law hybrid.LatentPrior) string { return figure + ", " + string(law) }

// measure puts the figures of a model.
func measure(r *experiment.Result, s experiment.Setup, m *vae.Model, ds *datasets.Dataset, law hybrid.LatentPrior, seed uint64) {
	n := s.Scale(4000, 100)
	x := ds.Sampler.Sample(n, train.NewStream(seed, "likelihood").Rand)
	truth, rng := ds.Density.LogProb(x), train.NewStream(seed, "bound").Rand
	below := func(figure string, q []float64) {
		r.Put(of(figure, law), ds.Name, "nats", stat.Mean(truth, nil)-stat.Mean(q, nil))
	}
	below(elbo, m.Importance(1).LogBound(x, rng))
	below(bound, m.Importance(100).LogBound(x, rng))
	if law == hybrid.NormalPrior {
		if q, err := m.Quadrature(vae.CellSigmas); err == nil {
			below(logp, q.LogMarginal(x))
		}
	}
	z, others := x.Slice(0, n/4, 0, 2).(*mat.Dense), ds.Sampler.Sample(s.Scale(100000, 500), train.NewStream(seed, "aggregate").Rand)
	r.Put(of(aggregate, law), ds.Name, "nats", stat.Mean(m.AggregateRatios(z, others, rng), nil))
	r.Put(of("parameters", law), ds.Name, "", float64(m.Params()))
	s.Log("%s, %s, seed %d: %v, %v", ds.Name, law, seed, r.Of(of(bound, law), ds.Name), r.Of(of(aggregate, law), ds.Name))
}
