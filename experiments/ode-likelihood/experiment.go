// Package odelikelihood splits the error of a diffusion model's likelihood into the ODE solver's and the
// network's.
package odelikelihood

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/standardize"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "ode-likelihood",
	Claim: "The error of the probability-flow likelihood is the sum of the solver's error, which becomes arbitrarily small with the tolerance, and the network's error, which remains.",
	Test: "On 8gaussians, both log p and the optimal denoiser are known. With this exact denoiser, and the exact distribution at t = 1, the only error is the solver's; it is measured at 2000 fresh points for tolerances from 1e-2 to 1e-7. " +
		"With the network of a default training, the solver's error is the difference from the result at tolerance 1e-8, and the network's error is what remains at 1e-8; both are mean absolute errors of log p over the points.",
	Criterion: "With the exact denoiser, the mean error decreases from each tolerance to the next and is below 1e-6 nats at the smallest; with the network, at the default tolerance, the solver's error is below a tenth of the network's in every training.",
	Seeds:     5,
	Data:      []string{"8gaussians"},
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("mean absolute error of log p: solver %v at its default tolerance, network %v", r.Of(solverError, ""), r.Of(networkError, ""))
	},
	Labels: []string{"the network's part: mean absolute error of log p at tolerance 1e-8", "network: mean absolute error of log p at tolerance 1e-8",
		"the solver's part: mean absolute change of log p from the default tolerance to 1e-8", "solver: mean absolute change of log p from the default tolerance to 1e-8", "evaluations a point", "evaluations per point"},
}

var tolerances = []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7}

// finest is the tolerance at which the solver's error with a network is neglected: below it the float32
// arithmetic of the network dominates.
const finest = 1e-8

// Names of the measurements.
const (
	networkError = "the network's part: mean absolute error of log p at tolerance 1e-8"
	solverError  = "the solver's part: mean absolute change of log p from the default tolerance to 1e-8"
	divergence   = "KL(p‖q) at tolerance 1e-8"
)

func exactError(tolerance float64) string {
	return fmt.Sprintf("mean absolute error of log p, exact denoiser, tolerance %.0e", tolerance)
}

func run(t *experiment.Trial) error {
	t.Column = ""
	m, _, err := experiment.Train[*diffusion.Model](t, "diffusion", &models.Diffusion, experiment.Config(t.Setup, &models.Diffusion, ""))
	if err != nil {
		return err
	}
	x := t.Dataset.Sampler.Sample(t.Scale(2000, 20), t.Rand("likelihood"))
	for _, tolerance := range tolerances {
		e := known(t.Dataset.Sampler.(*datasets.Mixture), m.Schedule(), tolerance)
		mean, _ := e.errors(x)
		t.Put(exactError(tolerance), "nats", mean)
		t.Put(fmt.Sprintf("evaluations a point, exact denoiser, tolerance %.0e", tolerance), "", e.evaluations(x))
	}
	network, solver, kl := parts(m, t.Dataset, x)
	t.Put(divergence, "nats", kl)
	t.Put(networkError, "nats", network)
	t.Put(solverError, "nats", solver)
	return nil
}

func answer(r *experiment.Result) (supported bool, text string) {
	var falling []experiment.Measurement // from the finest tolerance to the coarsest
	for i := len(tolerances) - 1; i >= 0; i-- {
		falling = append(falling, r.Of(exactError(tolerances[i]), ""))
	}
	network, solver := r.Of(networkError, ""), r.Of(solverError, "")
	supported = experiment.Increasing(falling...) && falling[0].Max() < 1e-6 &&
		experiment.Every(func(v []float64) bool { return v[0] < v[1]/10 }, solver, network)
	return supported, fmt.Sprintf("With the exact denoiser the mean absolute error of log p is %v at tolerance 1e-2, %v at 1e-4 and %v at 1e-7. With the network it is %v, at a KL(p‖q) of %v; at its default tolerance the solver contributes %v.",
		r.Of(exactError(1e-2), ""), r.Of(exactError(1e-4), ""), r.Of(exactError(1e-7), ""), network, r.Of(divergence, ""), solver)
}

// parts returns the mean absolute error of log p at the finest tolerance, the mean absolute change of log
// p from the default tolerance to it, and the KL divergence at the finest.
func parts(m *diffusion.Model, ds *datasets.Dataset, x *mat.Dense) (network, solver, kl float64) {
	usual, fine := m.ProbabilityFlow(), m.ProbabilityFlow()
	fine.Tolerance = finest
	q := fine.LogProb(x)
	p := ds.Density.LogProb(x)
	loss, off, moved := make([]float64, len(q)), make([]float64, len(q)), make([]float64, len(q))
	for i, l := range usual.LogProb(x) {
		loss[i], off[i], moved[i] = p[i]-q[i], math.Abs(p[i]-q[i]), math.Abs(l-q[i])
	}
	return metrics.Mean(off).Value, metrics.Mean(moved).Value, metrics.Mean(loss).Value
}

// exact is the probability flow of a mixture's exact denoiser, with the distribution that it must give.
type exact struct {
	flow  diffusion.ProbabilityFlow
	want  genlab.LogProber
	count *counter
}

// counter counts the evaluations of a denoiser.
type counter struct {
	diffusion.Differentiable
	points int
}

func (c *counter) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	c.points += len(t)
	c.Differentiable.DenoiseTrace(dst, x, t, trace)
}

// known returns the exact flow of a mixture. Both axes are scaled by the root mean square of a
// coordinate, so that the components stay isotropic. The wanted distribution includes the noise that the
// flow starts with.
func known(m *datasets.Mixture, sched diffusion.Schedule, tolerance float64) exact {
	var square float64
	for _, c := range m.Centres {
		square += (c[0]*c[0] + c[1]*c[1]) / 2 / float64(len(m.Centres))
	}
	scale := math.Sqrt(square + m.Sigma*m.Sigma)
	alpha, sigma := sched.At(1)
	means, weights := mat.NewDense(len(m.Centres), 2, nil), make([]float64, len(m.Centres))
	end := &datasets.Mixture{Sigma: math.Hypot(alpha*m.Sigma/scale, sigma)}
	for k, c := range m.Centres {
		means.SetRow(k, []float64{c[0] / scale, c[1] / scale})
		weights[k] = 1 / float64(len(weights))
		end.Centres = append(end.Centres, [2]float64{alpha * c[0] / scale, alpha * c[1] / scale})
	}
	count := &counter{Differentiable: diffusion.Mixture{Schedule: sched, Means: means, Weights: weights, Sigma: m.Sigma / scale}}
	return exact{
		flow: diffusion.ProbabilityFlow{Denoiser: count, Schedule: sched, Tolerance: tolerance, End: end,
			Scale: standardize.Map{Shift: []float64{0, 0}, Scale: []float64{scale, scale}}},
		want:  &datasets.Mixture{Centres: m.Centres, Sigma: math.Hypot(m.Sigma, scale*diffusion.MinNoise)},
		count: count,
	}
}

// errors returns the mean and the largest absolute error of log p at the rows of x (n x 2), in nats.
func (e exact) errors(x *mat.Dense) (mean, worst float64) {
	want := e.want.LogProb(x)
	errors := make([]float64, len(want))
	for i, l := range e.flow.LogProb(x) {
		errors[i] = math.Abs(l - want[i])
		worst = max(worst, errors[i])
	}
	return metrics.Mean(errors).Value, worst
}

// evaluations returns the number of evaluations of the denoiser for each row of x.
func (e exact) evaluations(x *mat.Dense) float64 {
	n, _ := x.Dims()
	return float64(e.count.points) / float64(n)
}
