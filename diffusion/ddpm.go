package diffusion

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// DDPM is ancestral sampling [ho2020]: each step samples q(x_s | x_t, x_0 = D(x_t, t)), with the
// variance of that posterior.
type DDPM struct{}

func (DDPM) String() string { return "ddpm" }

// Begin implements [Sampler].
func (DDPM) Begin(d Denoiser, sched Schedule) Step {
	var x0 mat.Dense
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		ratio := at / as
		added := sigmaT*sigmaT - ratio*ratio*sigmaS*sigmaS // variance of x_t given x_s
		c0 := as * added / (sigmaT * sigmaT)
		cx := ratio * sigmaS * sigmaS / (sigmaT * sigmaT)
		noise := sigmaS / sigmaT * math.Sqrt(added)
		denoise(d, &x0, x, t)
		axpby(x, &x0, cx, c0)
		addNoise(x, noise, rng)
	}
}
