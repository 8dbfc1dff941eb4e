package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// DDIM is the family of [song2021ddim] (eq. 12). Eta 0 follows the probability flow without
// noise, with one Euler step of it; Eta 1 has DDPM's law.
type DDIM struct{ Eta float64 }

func (d DDIM) String() string {
	if d.Eta == 0 {
		return "ddim"
	}
	return fmt.Sprintf("ddim(eta=%g)", d.Eta)
}

// Begin implements Sampler.
func (d DDIM) Begin(den Denoiser, sched Schedule) Step {
	var x0 mat.Dense
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		ratio := at / as
		noise := d.Eta * sigmaS / sigmaT * math.Sqrt(math.Max(0, sigmaT*sigmaT-ratio*ratio*sigmaS*sigmaS))
		keep := math.Sqrt(math.Max(0, sigmaS*sigmaS-noise*noise)) / sigmaT // of ε = (x - at·x0)/sigmaT
		denoise(den, &x0, x, t)
		combine(x, &x0, keep, as-keep*at)
		addNoise(x, noise, rng)
	}
}
