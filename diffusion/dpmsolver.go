package diffusion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// DPMSolver is multistep DPM-Solver++ [lu2022pp]: one network evaluation per step. It interpolates the
// last Order denoised points by a polynomial in λ = log(α/σ) and integrates it exactly against the linear
// part of the flow. The first steps, and the last to t = 0, have lower orders; unless the grid
// starts with short steps, the global error is of second order.
type DPMSolver struct {
	Order int // 2 or 3
}

func (d DPMSolver) String() string { return fmt.Sprintf("dpmsolver%dm", d.Order) }

// Begin implements [Sampler].
func (d DPMSolver) Begin(den Denoiser, sched Schedule) Step {
	var x0 [3]mat.Dense   // denoised points of the last steps, the latest first
	var lambda [3]float64 // of those times
	known := 0
	return func(x *mat.Dense, t, s float64, _ *rand.Rand) {
		at, sigmaT := sched.At(t)
		as, sigmaS := sched.At(s)
		x0[0], x0[1], x0[2] = x0[2], x0[0], x0[1] // reuses the oldest's memory
		lambda[0], lambda[1], lambda[2] = math.Log(at/sigmaT), lambda[0], lambda[1]
		known = min(known+1, d.Order)
		denoise(den, &x0[0], x, t)
		if sigmaS == 0 {
			x.Copy(&x0[0])
			return
		}
		h := math.Log(as/sigmaS) - lambda[0]
		c0, c1, c2 := weights(h, lambda, known)
		axpby(x, &x0[0], sigmaS/sigmaT, as*c0)
		if known > 1 {
			axpby(x, &x0[1], 1, as*c1)
		}
		if known > 2 {
			axpby(x, &x0[2], 1, as*c2)
		}
	}
}

// weights returns the coefficients of the denoised points in ∫ e^(λ-λ_s) D(λ) dλ over a step h, where D
// interpolates the known ones.
func weights(h float64, lambda [3]float64, known int) (c0, c1, c2 float64) {
	phi1 := -math.Expm1(-h) // ∫ e^(λ-λ_s)
	if known == 1 {
		return phi1, 0, 0
	}
	h1 := lambda[0] - lambda[1]
	phi2 := h - phi1 // ∫ e^(λ-λ_s)·(λ - λ_t)
	if known == 2 {
		return phi1 + phi2/h1, -phi2 / h1, 0
	}
	h2 := lambda[0] - lambda[2]
	phi3 := h*h - 2*phi2 // ∫ e^(λ-λ_s)·(λ - λ_t)²
	// Lagrange's polynomials over 0, -h1, -h2.
	c1 = -(phi3 + phi2*h2) / (h1 * (h2 - h1))
	c2 = (phi3 + phi2*h1) / (h2 * (h2 - h1))
	return phi1 - c1 - c2, c1, c2
}
