package nn

import (
	"fmt"
	"math"

	"genlab/checkpoint"
	"genlab/internal/kernel"
)

// AdamConfig are the constants of Adam with decoupled weight decay [kingma2015] [loshchilov2019].
type AdamConfig struct {
	Beta1, Beta2 float64
	Eps          float64
	WeightDecay  float64 // of matrices alone: a bias or a gain, a single row, is no weight
	Clip         float64 // largest Euclidean norm of the whole gradient; 0 = no limit
}

// DefaultAdam is [kingma2015]'s choice: no weight decay, no limit on the gradient.
var DefaultAdam = AdamConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}

// Adam is an optimiser over one set of parameters.
type Adam struct {
	cfg    AdamConfig
	params *Params
	m, v   []float32
	spans  []span // of all values; one where nothing decays
	steps  int
}

// span is a stretch of the values up to end that decays, or does not.
type span struct {
	end    int
	decays bool
}

// NewAdam returns an optimiser that has taken no step.
func NewAdam(ps *Params, cfg AdamConfig) *Adam {
	ps.seal()
	a := &Adam{cfg: cfg, params: ps, m: make([]float32, len(ps.flat)), v: make([]float32, len(ps.flat))}
	for _, p := range ps.list {
		decays := cfg.WeightDecay != 0 && p.Rows > 1
		if n := len(a.spans); n == 0 || a.spans[n-1].decays != decays {
			a.spans = append(a.spans, span{decays: decays})
		}
		a.spans[len(a.spans)-1].end = p.at + len(p.Value)
	}
	return a
}

// Steps is the number of updates made.
func (a *Adam) Steps() int { return a.steps }

// SetSteps tells how many updates the loaded state has seen.
func (a *Adam) SetSteps(n int) { a.steps = n }

// EMA is an exponential moving average of parameters: after each update,
// average <- decay·average + (1 - decay)·parameter. It steadies what a noisy optimiser leaves
// behind; samples are drawn from the average.
type EMA struct {
	Average *Params
	Decay   float64 // in [0, 1); 0 follows the parameters
}

// at returns the decay of a step counted from 1. Early on, (1 + n)/(10 + n) forgets the
// initial values faster.
func (e EMA) at(step int) float64 {
	return math.Min(e.Decay, float64(1+step)/float64(10+step))
}

// chunk is the number of values that one worker reduces or updates at a time. It is fixed, so
// that sums have one order.
const chunk = 4096

func chunks(n int) int { return (n + chunk - 1) / chunk }

func chunkOf(i, n int) (lo, hi int) { return i * chunk, min(n, (i+1)*chunk) }

// update is Adam's step over all parameters, with the average of them in the same pass.
type update struct {
	kernel.Adam
	spans           []span
	p, g, m, v, ema []float32
}

func (u *update) run(i, _ int) {
	lo, hi := chunkOf(i, len(u.p))
	for _, s := range u.spans {
		if s.end <= lo {
			continue
		}
		end := min(s.end, hi)
		u.part(lo, end, s.decays)
		if lo = end; lo == hi {
			return
		}
	}
}

func (u *update) part(lo, hi int, decays bool) {
	adam := u.Adam
	if !decays {
		adam.WeightDecay = 0
	}
	var ema []float32
	if u.ema != nil {
		ema = u.ema[lo:hi]
	}
	kernel.AdamStep(adam, u.p[lo:hi], u.g[lo:hi], u.m[lo:hi], u.v[lo:hi], ema)
	if u.EMA == 0 {
		copy(ema, u.p[lo:hi])
	}
}

func (a *Adam) prepare(u *update, lr, norm float64, g []float32, ema *EMA) {
	a.steps++
	u.Adam = kernel.Adam{
		LR: lr, Beta1: a.cfg.Beta1, Beta2: a.cfg.Beta2, Eps: a.cfg.Eps, WeightDecay: a.cfg.WeightDecay,
		Step: a.steps, GradScale: 1,
	}
	if a.cfg.Clip > 0 && norm > a.cfg.Clip {
		u.GradScale = a.cfg.Clip / norm
	}
	u.spans, u.p, u.g, u.m, u.v, u.ema = a.spans, a.params.flat, g, a.m, a.v, nil
	if ema != nil {
		ema.Average.seal()
		if len(ema.Average.flat) != len(u.p) {
			panic(fmt.Sprintf("nn: an average of %d values over parameters of %d", len(ema.Average.flat), len(u.p)))
		}
		u.ema, u.EMA = ema.Average.flat, ema.at(a.steps)
	}
}

// State returns the parameters under prefix/name.
func (ps *Params) State(prefix string) []checkpoint.Tensor {
	ps.seal()
	var s []checkpoint.Tensor
	for _, p := range ps.list {
		s = append(s, checkpoint.Tensor{Name: prefix + "/" + p.Name, Shape: []int{p.Rows, p.Cols}, Data: p.Value})
	}
	return s
}

// State returns the moments of each parameter under prefix/m/name and prefix/v/name. The
// number of steps is kept by the caller.
func (a *Adam) State(prefix string) []checkpoint.Tensor {
	var s []checkpoint.Tensor
	for _, p := range a.params.list {
		n := len(p.Value)
		s = append(s,
			checkpoint.Tensor{Name: prefix + "/m/" + p.Name, Shape: []int{p.Rows, p.Cols}, Data: a.m[p.at : p.at+n]},
			checkpoint.Tensor{Name: prefix + "/v/" + p.Name, Shape: []int{p.Rows, p.Cols}, Data: a.v[p.at : p.at+n]})
	}
	return s
}
