package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// DDIM is the family of samplers of [song2021ddim] (eq. 12). With Eta 0 each step is deterministic, an
// Euler step of the probability flow; with Eta 1 it has the distribution of [DDPM]'s.
type DDIM struct{ Eta float64 }

func (d DDIM) String() string {
	if d.Eta == 0 {
		return "ddim"
	}
	return fmt.Sprintf("ddim(eta=%g)", d.Eta)
}

// Begin implements [Sampler].
func (d DDIM) Begin(den Denoiser, sched Schedule) Step {
	var x0 mat.Dense
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		ratio := at / as
		noise := d.Eta * sigmaS / sigmaT * math.Sqrt(math.Max(0, sigmaT*sigmaT-ratio*ratio*sigmaS*sigmaS))
		keep := math.Sqrt(math.Max(0, sigmaS*sigmaS-noise*noise)) / sigmaT // of ε = (x - at·x0)/sigmaT
		denoise(den, &x0, x, t)
		axpby(x, &x0, keep, as-keep*at)
		addNoise(x, noise, rng)
	}
}
