// Package odelikelihood takes the error of a diffusion model's likelihood apart: what the solver
// of its probability flow errs, and what the network does.
package odelikelihood

import (
	"context"
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
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "ode-likelihood",
	Claim: "The error of a likelihood by the probability flow is that of the solver, which falls as far as one wants with the tolerance, plus that of the network, which stays.",
	Test: "On 8gaussians log p is analytic and so is the denoiser. With the exact denoiser, and the exact law at the noisy end, all error is the solver's: it is taken at 2000 fresh points for tolerances from 1e-2 to 1e-7. " +
		"With the network of a default training the solver's part is the difference to its own answer at 1e-6, and the network's part the error that is left there; both are mean absolute errors of log p over the points.",
	Criterion: "With the exact denoiser the mean error falls with every tolerance and below 1e-6 nats at the last; with the network, at the default tolerance, the solver's part is below a tenth of the network's in every training.",
	Seeds:     3,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("error of log p: the solver's %v at its default tolerance, the network's %v", r.Of(theSolvers, ""), r.Of(theNetworks, ""))
	},
	Run: run,
}

var tolerances = []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7}

// finest is the tolerance at which a network's answer counts as without the solver's error: beyond
// it, float32 in the network decides.
const finest = 1e-6

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{}
	cfg := experiment.Config(s, &models.Diffusion)
	if err := r.Use("diffusion", &cfg); err != nil {
		return nil, err
	}
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		return nil, err
	}
	r.Shown = true
	for i, seed := range s.Seeds {
		x := ds.Sampler.Sample(s.Scale(2000, 20), train.NewStream(seed, "likelihood").Rand)
		m, _, err := experiment.Train[*diffusion.Model](ctx, s, &models.Diffusion, cfg, ds.Name, seed)
		if err != nil {
			return nil, err
		}
		last := math.Inf(1)
		for _, tolerance := range tolerances {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			e := known(ds.Sampler.(*datasets.Mixture), m.Schedule(), tolerance)
			mean, _ := e.against(x)
			r.Put(exactly(tolerance), "", "nats", mean)
			r.Put(fmt.Sprintf("evaluations a point, exact denoiser, tolerance %.0e", tolerance), "", "", e.evaluations(x))
			r.Shown = r.Shown && mean < last
			last = mean
		}
		r.Shown = r.Shown && last < 1e-6
		network, solver, kl := parts(m, ds, x)
		r.Put(divergence, "", "nats", kl)
		r.Put(theNetworks, "", "nats", network)
		r.Put(theSolvers, "", "nats", solver)
		r.Shown = r.Shown && solver < network/10
		s.Log("seed %d (%d of %d): exact denoiser %.1e nats off at tolerance %.0e; network %.5f nats, solver %.1e; KL %.5f",
			seed, i+1, len(s.Seeds), last, tolerances[len(tolerances)-1], network, solver, kl)
	}
	r.Answer = fmt.Sprintf("With the exact denoiser log p is off by %v at tolerance 1e-2, %v at 1e-4 and %v at 1e-7. With the network it is off by %v, which adds up to a KL(p‖q) of %v, and the solver at its default tolerance moves it by %v.",
		r.Of(exactly(1e-2), ""), r.Of(exactly(1e-4), ""), r.Of(exactly(1e-7), ""), r.Of(theNetworks, ""), r.Of(divergence, ""), r.Of(theSolvers, ""))
	return r, nil
}

func exactly(tolerance float64) string {
	return fmt.Sprintf("mean absolute error of log p, exact denoiser, tolerance %.0e", tolerance)
}

const (
	theNetworks = "the network's part: mean absolute error of log p at tolerance 1e-6"
	theSolvers  = "the solver's part: mean absolute change of log p from the default tolerance to 1e-6"
	divergence  = "KL(p‖q) at tolerance 1e-6"
)

// parts are the mean absolute error of log p that the network leaves at a fine tolerance, the mean
// that the default tolerance moves it, and the KL divergence at the fine one.
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

// exact is the probability flow of a mixture's exact denoiser, with the law that it must find.
type exact struct {
	flow  diffusion.ProbabilityFlow
	law   genlab.LogProber
	count *counter
}

// counter counts the points that a denoiser is asked about.
type counter struct {
	diffusion.Differentiable
	points int
}

func (c *counter) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	c.points += len(t)
	c.Differentiable.DenoiseTrace(dst, x, t, trace)
}

// known returns the exact flow of a mixture. Both axes are scaled alike, so that its parts stay
// round, by the root of the mean square of a coordinate. The noise that a flow begins with is
// counted to the truth.
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
		law:   &datasets.Mixture{Centres: m.Centres, Sigma: math.Hypot(m.Sigma, scale*diffusion.MinNoise)},
		count: count,
	}
}

// against is the mean and the greatest error of log p at the rows of x (n x 2), in nats.
func (e exact) against(x *mat.Dense) (mean, worst float64) {
	want := e.law.LogProb(x)
	errors := make([]float64, len(want))
	for i, l := range e.flow.LogProb(x) {
		errors[i] = math.Abs(l - want[i])
		worst = max(worst, errors[i])
	}
	return metrics.Mean(errors).Value, worst
}

// evaluations is the number of points that the denoiser was asked about for each row of x.
func (e exact) evaluations(x *mat.Dense) float64 {
	n, _ := x.Dims()
	return float64(e.count.points) / float64(n)
}
