package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// UniPC is the unified predictor-corrector of [zhao2023] for data prediction, with B(h) = e^h - 1: a multistep
// [DPMSolver] of the given order as predictor, in its midpoint form at order 2, and a corrector that takes the same
// step again through the point that the predictor reached, at no further evaluation. The corrector has one node
// more, so that its global error has an order above that of the predictor, up to the first steps and the last to t = 0.
type UniPC struct{ Order int } // 2 or 3, of the predictor

func (u UniPC) String() string {
	if u.Order == 2 {
		return "unipc"
	}
	return fmt.Sprintf("unipc%d", u.Order)
}

// Begin implements [Sampler].
func (u UniPC) Begin(den Denoiser, sched Schedule) Step { return u.BeginOver(nil, den, sched) }

// BeginOver implements [Planner].
func (u UniPC) BeginOver(grid []float64, den Denoiser, sched Schedule) Step {
	var x0 history
	var before mat.Dense // x at the last time, corrected
	var last struct {    // step, from before to x
		keep, alpha, h float64
		nodes          [maxNodes]float64 // of the corrector: the end of the step, and those of the predictor
		known          int               // of the predictor
	}
	return func(x *mat.Dense, t, s float64, _ *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		denoise(den, x0.add(math.Log(at/sigmaT), u.Order), x, t)
		if sigmaS == 0 {
			x.Copy(x0.point(0))
			return
		}
		if last.known > 0 {
			// The corrected x is before, stepped again with the denoised point at its end.
			c := exponentialWeights(last.h, last.nodes[:last.known+1])
			if last.known == 1 {
				half := -math.Expm1(-last.h) / 2
				c = [maxNodes]float64{half, half}
			}
			x.Copy(&before)
			x0.extend(x, last.keep, last.alpha, c[:last.known+1])
		}
		resizeLike(&before, x)
		before.Copy(x)
		last.h = math.Log(as/sigmaS) - x0.lambda[0]
		known := x0.order(last.h, nearEnd(grid, t))
		last.known = known
		last.keep, last.alpha, last.nodes[0] = sigmaS/sigmaT, as, last.h
		copy(last.nodes[1:], x0.offsets(known))
		c := exponentialWeights(last.h, x0.offsets(known))
		if known == 2 {
			c = midpointWeights(last.h, -x0.nodes[1])
		}
		x0.extend(x, last.keep, last.alpha, c[:known])
	}
}
