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
	"genlab/experiments"
	"genlab/internal/affine"
	"genlab/internal/metrics"
	"genlab/internal/train"
)

// Experiment is the claim and its test.
var Experiment = experiments.Experiment{
	Name:  "ode-likelihood",
	Claim: "The error of a likelihood by the probability flow is that of the solver, which falls as far as one wants with the tolerance, plus that of the network, which stays.",
	Test: "On 8gaussians log p is analytic and so is the denoiser. With the exact denoiser, and the exact law at the noisy end, all error is the solver's: it is taken at 2000 fresh points for tolerances from 1e-2 to 1e-7. " +
		"With the network of a default training the solver's part is the difference to its own answer at 1e-6, and the network's part the KL that is left there.",
	Criterion: "With the exact denoiser the mean error falls with every tolerance and below 1e-6 nats at the last; with the network, at the default tolerance, the solver's part is below a tenth of the network's in every training.",
	Seeds:     3,
	Run:       run,
}

var tolerances = []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7}

// finest is the tolerance at which a network's answer counts as without the solver's error: beyond
// it, float32 in the network decides.
const finest = 1e-6

func run(ctx context.Context, s experiments.Setup) (*experiments.Result, error) {
	r := &experiments.Result{}
	cfg := experiments.Diffusion.Config(s)
	if err := r.Use("diffusion", &cfg); err != nil {
		return nil, err
	}
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		return nil, err
	}
	r.Shown = true
	for i, seed := range s.Seeds {
		x := ds.Law.Sample(s.Scale(2000, 20), train.NewStream(seed, "likelihood").Rand)
		m, _, err := experiments.Diffusion.Train(ctx, s, cfg, ds, seed)
		if err != nil {
			return nil, err
		}
		last := math.Inf(1)
		for _, tolerance := range tolerances {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			e := known(ds.Law.(*datasets.Mixture), m.Schedule(), tolerance)
			mean, _ := e.against(x)
			r.Put(exactly(tolerance), "", "nats", mean)
			r.Put(fmt.Sprintf("evaluations a point, exact denoiser, tolerance %.0e", tolerance), "", "", e.evaluations(x))
			r.Shown = r.Shown && mean < last
			last = mean
		}
		r.Shown = r.Shown && last < 1e-6
		network, solver := parts(m, ds, x)
		r.Put(theNetworks, "", "nats", network)
		r.Put(theSolvers, "", "nats", solver)
		r.Shown = r.Shown && solver < network/10
		s.Log("seed %d (%d of %d): exact denoiser %.1e nats off at tolerance %.0e; network %.5f nats, solver %.1e",
			seed, i+1, len(s.Seeds), last, tolerances[len(tolerances)-1], network, solver)
	}
	r.Answer = fmt.Sprintf("With the exact denoiser log p is off by %v at tolerance 1e-2, %v at 1e-4 and %v at 1e-7. With the network, KL(p‖q) is %v, of which the solver at its default tolerance moves %v.",
		r.Of(exactly(1e-2), ""), r.Of(exactly(1e-4), ""), r.Of(exactly(1e-7), ""), r.Of(theNetworks, ""), r.Of(theSolvers, ""))
	return r, nil
}

func exactly(tolerance float64) string {
	return fmt.Sprintf("mean absolute error of log p, exact denoiser, tolerance %.0e", tolerance)
}

const (
	theNetworks = "the network's part: KL(p‖q) without the solver's error"
	theSolvers  = "the solver's part: mean absolute change of log p from the default tolerance to 1e-6"
)

// parts are the network's KL at a fine tolerance, and the mean that the default tolerance moves
// log p.
func parts(m *diffusion.Model, ds *datasets.Dataset, x *mat.Dense) (network, solver float64) {
	usual, fine := m.Flow(), m.Flow()
	fine.Tolerance = finest
	q := fine.LogProb(x)
	p := ds.Density.LogProb(x)
	kl, moved := make([]float64, len(q)), make([]float64, len(q))
	for i, l := range usual.LogProb(x) {
		kl[i], moved[i] = p[i]-q[i], math.Abs(l-q[i])
	}
	return metrics.Mean(kl).Value, metrics.Mean(moved).Value
}

// exact is the probability flow of a mixture's exact denoiser, with the law that it must find.
type exact struct {
	flow  diffusion.Flow
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

// start is the time that a flow takes the data to be at; its noise is counted to the truth.
const start = 1. / 1000

// known returns the exact flow of a mixture. Both axes are scaled alike, so that its parts stay
// round, by the root of the mean square of a coordinate.
func known(m *datasets.Mixture, sched diffusion.Schedule, tolerance float64) exact {
	var square float64
	for _, c := range m.Centres {
		square += (c[0]*c[0] + c[1]*c[1]) / 2 / float64(len(m.Centres))
	}
	scale := math.Sqrt(square + m.Sigma*m.Sigma)
	means, weights := mat.NewDense(len(m.Centres), 2, nil), make([]float64, len(m.Centres))
	for k, c := range m.Centres {
		means.SetRow(k, []float64{c[0] / scale, c[1] / scale})
		weights[k] = 1 / float64(len(weights))
	}
	// at is the law of x_t, in units of the data times a factor.
	at := func(t, factor float64) *datasets.Mixture {
		alpha, sigma := sched.At(t)
		law := &datasets.Mixture{Sigma: factor * math.Hypot(alpha*m.Sigma/scale, sigma)}
		for k := range m.Centres {
			law.Centres = append(law.Centres, [2]float64{factor * alpha * means.At(k, 0), factor * alpha * means.At(k, 1)})
		}
		return law
	}
	alpha, _ := sched.At(start)
	count := &counter{Differentiable: diffusion.Mixture{Schedule: sched, Means: means, Weights: weights, Sigma: m.Sigma / scale}}
	return exact{
		flow: diffusion.Flow{Denoiser: count, Schedule: sched, Tolerance: tolerance, End: at(1, 1),
			Scale: affine.Map{Shift: []float64{0, 0}, Scale: []float64{scale, scale}}},
		law: at(start, scale/alpha), count: count,
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
