package datasets

import "math"

// twoSpirals returns the pair of spirals of the reference code,
//
//	±(−n cos n + U₂/2, n sin n + U₃/2)/3 + 0.1 e,  n = 3π √U₁,
//
// Uᵢ uniform on [0, 1], e a standard normal on the plane. The jitter U/6 is a shift by 1/12
// and a uniform on [−1/12, 1/12]: the shift is part of the curve, the rest part of the noise, whose
// standard deviation along an axis is then √(0.1² + 1/432) = 0.111. With n as the parameter
// its density is 2n/(3π)².
func twoSpirals() *Dataset {
	const (
		turns  = 3 * math.Pi
		scale  = 3.0
		jitter = 0.5 / scale
	)
	branch := func(sign float64) curve {
		return curve{
			lo: 0, hi: turns,
			at: func(n float64) (x, y float64) {
				sin, cos := math.Sincos(n)
				return sign * (jitter/2 - n*cos/scale), sign * (jitter/2 + n*sin/scale)
			},
			speed:    func(n float64) float64 { return math.Sqrt(1+n*n) / scale },
			density:  func(n float64) float64 { return 2 * n / (turns * turns) },
			quantile: func(u float64) float64 { return turns * math.Sqrt(u) },
		}
	}
	c := newCurves("2spirals", newNoise(0.1, jitter/2), branch(1), branch(-1))
	label := func(k int) string { return []string{"first spiral", "second spiral"}[k] }
	return planar("2spirals", "±(-n cos n + U/2, n sin n + U/2)/3, n = 3π√U (U independent), sigma 0.1 [grathwohl2019]",
		c, label, twoSpiralsEntropy, twoSpiralsHighQuality, square(4))
}
