package datasets

import "math"

// logI0e returns log(exp(−z) I₀(z)) for z >= 0, I₀ the modified Bessel function.
//
// Below 20 it sums the ascending series Σ (z²/4)ᵏ/(k!)² [dlmf, 10.25.2], all of whose terms
// are positive; above, the asymptotic one [dlmf, 10.40.1], whose smallest term is of the order
// of exp(−2z) there.
func logI0e(z float64) float64 {
	sum, term := 1.0, 1.0
	if z < 20 {
		for k := 1.0; term > 1e-17*sum; k++ {
			term *= z * z / (4 * k * k)
			sum += term
		}
		return math.Log(sum) - z
	}
	for k := 1.0; term > 1e-17; k++ {
		term *= (2*k - 1) * (2*k - 1) / (8 * k * z)
		sum += term
	}
	return math.Log(sum) - math.Log(2*math.Pi*z)/2
}
