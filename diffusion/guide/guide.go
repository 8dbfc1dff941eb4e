// Package guide has what can be wrapped around guided sampling of a diffusion model: a Langevin corrector, an interval of
// noise levels, and autoguidance. Each wraps a diffusion.Sampler or a diffusion.Denoiser and is one again.
//
//	s := m.Given(label).With(cfg).Sampling()
//	s.Sampler = guide.Corrected{Sampler: s.Sampler, Steps: 2, Size: 0.2}
//	x := s.Sample(1000, rng)
//
// # Definition
//
// Guided scores (1-w)·∇log p_t(x) + w·∇log p_t(x | c) are those of the densities p_t(x)^(1-w)·p_t(x | c)^w, at every
// noise level. These are not the noised versions of one distribution, so that no reverse process with these scores, an ODE or
// an SDE, samples from the last of them, p(x)^(1-w)·p(x | c)^w. Langevin dynamics does: it has each of them as its stationary
// distribution, and goes from one to the next as annealed sampling does.
//
// # What is not guaranteed
//
// The corrector's steps are finite and its chain is not run to convergence: the distribution is near the tilted one where
// its modes are connected at the noise levels that have time to mix (experiments/tilted and experiments/tilted-trained measure how near).
package guide

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
)

// Corrected is a sampler followed, at every noise level but the last, by steps of Langevin dynamics with the scores of its
// denoiser [song2021sde] (alg. 4),
//
//	x ← x + δ/2·(α·D(x) - x)/σ² + √δ·ξ,   δ = Size·σ².
//
// Each step takes one evaluation of the denoiser.
type Corrected struct {
	Sampler diffusion.Sampler
	Steps   int     // at each level, at least 1
	Size    float64 // in (0, 1]
}

func (c Corrected) String() string { return fmt.Sprintf("%v + %d Langevin", c.Sampler, c.Steps) }

// Begin implements [diffusion.Sampler].
func (c Corrected) Begin(d diffusion.Denoiser, sched diffusion.Schedule) diffusion.Step {
	return c.correct(c.Sampler.Begin(d, sched), d, sched)
}

// BeginOver implements [diffusion.Planner].
func (c Corrected) BeginOver(grid []float64, d diffusion.Denoiser, sched diffusion.Schedule) diffusion.Step {
	if p, ok := c.Sampler.(diffusion.Planner); ok {
		return c.correct(p.BeginOver(grid, d, sched), d, sched)
	}
	return c.Begin(d, sched)
}

func (c Corrected) correct(step diffusion.Step, d diffusion.Denoiser, sched diffusion.Schedule) diffusion.Step {
	if c.Steps < 1 || !(c.Size > 0 && c.Size <= 1) {
		panic(fmt.Sprintf("guide: %d Langevin steps of size %v: want at least 1, and a size in (0, 1]", c.Steps, c.Size))
	}
	var x0 mat.Dense
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		step(x, t, s, rng)
		alpha, sigma := sched.At(s)
		if sigma == 0 {
			return
		}
		n, columns := x.Dims()
		if have, _ := x0.Dims(); have != n {
			x0.Reset()
			x0.ReuseAs(n, columns)
		}
		noise := sigma * math.Sqrt(c.Size)
		for range c.Steps {
			d.Denoise(&x0, x, s)
			for i := range n {
				row, to := x.RawRowView(i), x0.RawRowView(i)
				for j := range row {
					row[j] += c.Size/2*(alpha*to[j]-row[j]) + noise*rng.NormFloat64()
				}
			}
		}
	}
}

// Within is a guided denoiser whose guidance is limited to an interval of noise levels [kynkaanniemi2024]: outside of it
// the denoiser is that of the context, without guidance.
type Within struct {
	Guided    *diffusion.Guided
	Schedule  diffusion.Schedule
	Low, High float64 // of σ/α, Low exclusive
}

// Denoise implements [diffusion.Denoiser].
func (w Within) Denoise(dst, x *mat.Dense, t float64) {
	if alpha, sigma := w.Schedule.At(t); sigma > w.Low*alpha && sigma <= w.High*alpha {
		w.Guided.Denoise(dst, x, t)
		return
	}
	w.Guided.With.Denoise(dst, x, t)
}

// Workers implements [diffusion.Parallel] as the guided denoiser does.
func (w Within) Workers(n int) []diffusion.Denoiser {
	var all []diffusion.Denoiser
	for _, g := range w.Guided.Workers(n) {
		all = append(all, Within{g.(*diffusion.Guided), w.Schedule, w.Low, w.High})
	}
	return all
}

func (w Within) String() string {
	return fmt.Sprintf("%v for noise of %g to %g", w.Guided, w.Low, w.High)
}

// Auto is autoguidance [karras2024]: an extrapolation from a smaller or younger model of the same distribution through a
// good one, which moves samples away from the errors that both make, and not towards a label.
func Auto(good, bad diffusion.Denoiser, scale float64) *diffusion.Guided {
	return &diffusion.Guided{With: good, Without: bad, Scale: scale}
}
