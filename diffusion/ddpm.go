package diffusion

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// DDPM is ancestral sampling [ho2020]: each step draws from q(x_s | x_t, x_0) with the
// denoiser's mean for x_0 and that posterior's own variance.
type DDPM struct{}

func (DDPM) String() string { return "ddpm" }

// Begin implements Sampler.
func (DDPM) Begin(d Denoiser, sched Schedule) Step {
	var x0 mat.Dense
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		ratio := at / as
		between := sigmaT*sigmaT - ratio*ratio*sigmaS*sigmaS // variance that s to t adds
		c0 := as * between / (sigmaT * sigmaT)
		cx := ratio * sigmaS * sigmaS / (sigmaT * sigmaT)
		noise := sigmaS / sigmaT * math.Sqrt(between)
		denoise(d, &x0, x, t)
		combine(x, &x0, cx, c0)
		addNoise(x, noise, rng)
	}
}
