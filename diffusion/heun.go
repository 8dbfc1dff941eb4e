package diffusion

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Heun integrates the probability flow by Heun's second-order method [karras2022] (alg. 1), in
// y = x/α and u = σ/α, where dy/du = (y - D)/u. Each step takes two network evaluations, the last, to
// t = 0, one.
type Heun struct{}

func (Heun) String() string { return "heun" }

// fewHeunSteps is the number of steps below which UniformLogSNR suits Heun better than Karras: on 25gaussians, with
// 19 evaluations, 0.95 of the samples lie within 3 sigma instead of 0.48 (true: 0.989). With fewer than fewestHeunSteps, of
// 2 evaluations each, no spacing puts them there (0.02 with 9 evaluations).
const (
	fewHeunSteps    = 18
	fewestHeunSteps = 10
)

// Begin implements [Sampler].
func (Heun) Begin(den Denoiser, sched Schedule) Step {
	var d1, d2, y mat.Dense
	return func(x *mat.Dense, t, s float64, _ *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		ut, us := sigmaT/at, sigmaS/as
		denoise(den, &d1, x, t)
		if us == 0 {
			x.Copy(&d1)
			return
		}
		// Euler's step in y is x_s = as·(y + (us-ut)·(y - D)/ut) = as·(us/ut·y + (1 - us/ut)·D).
		resizeLike(&y, x)
		y.Copy(x)
		axpby(&y, &d1, as/at*us/ut, as*(1-us/ut))
		denoise(den, &d2, &y, s)
		// x_s = as·(y + (us-ut)/2·(slope at t + slope at s)), where the slope at s is that of Euler's
		// point y: (y - D)/us.
		half := (us - ut) / 2
		axpby(x, &d1, as/at*(1+half/ut), -as*half/ut)
		axpby(x, &y, 1, half/us)
		axpby(x, &d2, 1, -as*half/us)
	}
}
