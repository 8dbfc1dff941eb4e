package datasets

import "math"

// rollScale is the divisor of the reference code, for curve and noise.
const rollScale = 5

// swissroll returns the spiral t(cos t, sin t)/5, t uniform on [3π/2, 9π/2], with noise of
// standard deviation 1/5.
func swissroll() *Dataset {
	const lo, length = 1.5 * math.Pi, 3 * math.Pi
	c := newCurves("swissroll", newNoise(1.0/rollScale, 0), curve{
		lo: lo, hi: lo + length,
		at: func(t float64) (x, y float64) {
			sin, cos := math.Sincos(t)
			return t * cos / rollScale, t * sin / rollScale
		},
		speed:    func(t float64) float64 { return math.Sqrt(1+t*t) / rollScale },
		density:  func(float64) float64 { return 1 / length },
		quantile: func(u float64) float64 { return lo + length*u },
	})
	return planar("swissroll",
		"spiral t(cos t, sin t)/5, t uniform on [3π/2, 9π/2], sigma 0.2: make_swiss_roll(noise 1) over 5 [pedregosa2011], [grathwohl2019]",
		c, nil, swissrollEntropy, swissrollHighQuality, square(3.75))
}
