package nn

import (
	"fmt"
	"math"

	"genlab/checkpoint"
	"genlab/internal/kernel"
)

// AdamConfig holds the hyper-parameters of Adam with decoupled weight decay [kingma2015]
// [loshchilov2019], and of the other optimisers, whose momentum is Beta1.
type AdamConfig struct {
	Beta1, Beta2 float64
	Eps          float64
	WeightDecay  float64 // of matrices alone: a bias or a gain, a single row, is no weight
	Clip         float64 // largest Euclidean norm of the whole gradient; 0 = no limit
}

// DefaultAdam has the values of [kingma2015], without weight decay and gradient clipping.
var DefaultAdam = AdamConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}

// Adam is the [Optimizer] Adam, or AdamW if its configuration has a weight decay.
type Adam struct {
	cfg    AdamConfig
	params *Params
	m, v   []float32
	spans  []span // of all values; one where nothing decays
	steps  int
}

// span is a range of the values, up to end, with or without weight decay, or not updated by Adam.
type span struct {
	end             int
	decays, skipped bool
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

// Steps returns the number of updates made.
func (a *Adam) Steps() int { return a.steps }

// SetSteps sets the number of updates made.
func (a *Adam) SetSteps(n int) { a.steps = n }

// EMA is an exponential moving average of parameters: after each update,
// average <- decay·average + (1 - decay)·parameter. It averages out the noise of the optimiser; models
// sample with the EMA weights.
type EMA struct {
	Average *Params
	Decay   float64 // in [0, 1); 0 follows the parameters
}

// at returns the decay of a step n counted from 1, at most (1 + n)/(10 + n), so that the initial
// weights are forgotten early.
func (e EMA) at(step int) float64 {
	return math.Min(e.Decay, float64(1+step)/float64(10+step))
}

// of returns the values of the average and the decay of a step; nil without an EMA.
func (e *EMA) of(ps *Params, step int) ([]float32, float64) {
	if e == nil {
		return nil, 0
	}
	e.Average.seal()
	if len(e.Average.flat) != len(ps.flat) {
		panic(fmt.Sprintf("nn: an average of %d values over parameters of %d", len(e.Average.flat), len(ps.flat)))
	}
	return e.Average.flat, e.at(step)
}

// chunk is the number of values that a worker reduces or updates at a time. It is fixed, so that the
// order of summation is.
const chunk = 4096

func chunks(n int) int { return (n + chunk - 1) / chunk }

func chunkOf(i, n int) (lo, hi int) { return i * chunk, min(n, (i+1)*chunk) }

// update is a step of Adam over all parameters, with the EMA in the same pass.
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
		if !s.skipped {
			u.part(lo, end, s.decays)
		}
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

// update implements [Optimizer] in one pass over the parameters and their EMA.
func (a *Adam) update(s *Step, lr float64, ema *EMA) {
	a.steps++
	u := &s.update
	u.Adam = kernel.Adam{
		LR: lr, Beta1: a.cfg.Beta1, Beta2: a.cfg.Beta2, Eps: a.cfg.Eps, WeightDecay: a.cfg.WeightDecay,
		Step: a.steps, GradScale: s.clipping(a.cfg.Clip),
	}
	u.spans, u.p, u.g, u.m, u.v = a.spans, a.params.flat, s.grad, a.m, a.v
	u.ema, u.EMA = ema.of(a.params, a.steps)
	s.overChunks(s.runUpdate)
}

func (a *Adam) of() *Params { return a.params }

// State returns the parameters under prefix/name.
func (ps *Params) State(prefix string) []checkpoint.Tensor {
	ps.seal()
	var s []checkpoint.Tensor
	for _, p := range ps.list {
		s = append(s, checkpoint.Tensor{Name: prefix + "/" + p.Name, Shape: []int{p.Rows, p.Cols}, Data: p.Value})
	}
	return s
}

// State returns the moments of each parameter under prefix/m/name and prefix/v/name.
func (a *Adam) State(prefix string) []checkpoint.Tensor {
	var s []checkpoint.Tensor
	for _, p := range a.params.list {
		s = append(s, p.tensor(prefix+"/m", a.m), p.tensor(prefix+"/v", a.v))
	}
	return s
}

// tensor returns the part of a parameter in values with the layout of all parameters.
func (p *Param) tensor(prefix string, values []float32) checkpoint.Tensor {
	return checkpoint.Tensor{Name: prefix + "/" + p.Name, Shape: []int{p.Rows, p.Cols}, Data: values[p.at : p.at+p.Rows*p.Cols]}
}
