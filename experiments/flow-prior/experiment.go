// Package flowprior tests the prior of a VAE: a standard normal against a jointly trained flow.
package flowprior

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/vae"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "flow-prior",
	Claim: "A VAE with a flow prior has a higher likelihood than a wider VAE with a standard normal prior and as many parameters, because its prior matches the aggregate posterior.",
	Test: "On 25gaussians and moons: VAEs with the default configuration of flow-prior, either with a flow prior, or with a standard normal prior and wider networks of at most as many parameters. " +
		"Metrics, at 4000 fresh points: the ELBO, the importance-weighted bound with 100 samples and, for the normal prior, log p by quadrature, in nats below the true log-density; and the KL divergence of the aggregate posterior from the prior.",
	Criterion: "On both datasets, in the mean over the seeds, the bound with the flow prior (a lower bound on its log p) is above log p by quadrature with the normal prior, with disjoint intervals, " +
		"and KL(aggregate posterior ‖ prior) is at most half as large.",
	Seeds:  5,
	Data:   data,
	Run:    run,
	Answer: answer,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("nats below the true log-density of 25gaussians: %v with the flow prior (bound), %v with the normal prior; KL(aggregate posterior ‖ prior) %v and %v",
			r.Of(name(bound, hybrid.JointFlow), "25gaussians"), r.Of(name(logp, hybrid.NormalPrior), "25gaussians"),
			r.Of(name(aggregate, hybrid.JointFlow), "25gaussians"), r.Of(name(aggregate, hybrid.NormalPrior), "25gaussians"))
	},
	Labels: []string{"log p, below the truth", "log p by quadrature, below the true log p", "below the truth", "below the true log p", "bound of 100 draws", "bound with 100 samples", ", flow", ", flow prior", ", normal", ", normal prior"},
}

var data = []string{"25gaussians", "moons"}

// Names of the measurements, before the prior's.
const (
	elbo      = "ELBO, below the truth"
	bound     = "bound of 100 draws, below the truth"
	logp      = "log p, below the truth"
	aggregate = "KL(aggregate posterior ‖ prior)"
)

func name(metric string, prior hybrid.LatentPrior) string { return metric + ", " + string(prior) }

func run(t *experiment.Trial) error {
	for _, prior := range []hybrid.LatentPrior{hybrid.JointFlow, hybrid.NormalPrior} {
		cfg := experiment.Config(t.Setup, &models.FlowPrior, "")
		cfg.Prior = prior
		trained, _, err := experiment.Train[hybrid.SizedSampler](t, "flow-prior, "+string(prior), &models.FlowPrior, cfg)
		if err != nil {
			return err
		}
		m, n := trained.(*vae.Model), t.Scale(4000, 100)
		x := t.Dataset.Sampler.Sample(n, t.Rand("likelihood"))
		logP, rng := stat.Mean(t.Dataset.Density.LogProb(x), nil), t.Rand("bound")
		below := func(metric string, q []float64) { t.Put(name(metric, prior), "nats", logP-stat.Mean(q, nil)) }
		below(elbo, m.Importance(1).LogBound(x, rng))
		below(bound, m.Importance(100).LogBound(x, rng))
		if prior == hybrid.NormalPrior {
			q, err := m.Quadrature(vae.CellSigmas)
			if err != nil {
				return err
			}
			below(logp, q.LogMarginal(x))
		}
		z, others := x.Slice(0, n/4, 0, 2).(*mat.Dense), t.Dataset.Sampler.Sample(t.Scale(100000, 500), t.Rand("aggregate"))
		t.Put(name(aggregate, prior), "nats", stat.Mean(m.AggregateRatios(z, others, rng), nil))
		t.Put(name("parameters", prior), "", float64(m.Params()))
	}
	return nil
}

func answer(r *experiment.Result) (supported bool, text string) {
	supported = true
	var lines []string
	for _, data := range data {
		flow, control := r.Of(name(bound, hybrid.JointFlow), data), r.Of(name(logp, hybrid.NormalPrior), data)
		flowKL, controlKL := r.Of(name(aggregate, hybrid.JointFlow), data), r.Of(name(aggregate, hybrid.NormalPrior), data)
		supported = supported && flow.Mean < control.Mean && experiment.Disjoint(flow, control) && flowKL.Mean <= controlKL.Mean/2
		lines = append(lines, fmt.Sprintf("On %s the bound with the flow prior is %v below the true log-density, and log p with the normal prior is %v below it; KL(aggregate posterior ‖ prior) is %v and %v.",
			data, flow, control, flowKL, controlKL))
	}
	return supported, strings.Join(lines, " ")
}
