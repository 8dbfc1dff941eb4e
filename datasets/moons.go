package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// moonsNoise is the noise of the data set called "moons".
const moonsNoise = 0.05

// Moons returns two interleaved half circles of radius 1,
//
//	(cos t, sin t)  and  (1 − cos t, 1/2 − sin t),  t uniform on [0, π],
//
// with Gaussian noise of standard deviation noise. It panics unless 1e-3 <= noise <= 10. For a noise
// other than 0.05 it computes the entropy (a fraction of a second at 0.01), and HighQuality is NaN.
func Moons(noise float64) *Dataset {
	if !(noise >= 1e-3 && noise <= 10) {
		panic(fmt.Sprintf("datasets: Moons with noise %g, want 0.001 to 10", noise))
	}
	c := moonsCurves(noise)
	label := func(k int) string { return []string{"upper moon", "lower moon"}[k] }
	d := planar("moons", fmt.Sprintf("2 half circles of radius 1, sigma %g: make_moons [pedregosa2011]", noise),
		c, label, moonsEntropy, moonsHighQuality, [4]float64{-1 - 5*noise, 2 + 5*noise, -0.5 - 5*noise, 1 + 5*noise})
	if noise != moonsNoise {
		d.Entropy, d.HighQuality = c.entropy(), math.NaN()
	}
	return d
}

func moonsCurves(sigma float64) *curves {
	moon := func(at func(t float64) (x, y float64)) curve {
		return curve{
			lo: 0, hi: math.Pi,
			at:       at,
			speed:    func(float64) float64 { return 1 },
			density:  func(float64) float64 { return 1 / math.Pi },
			quantile: func(u float64) float64 { return math.Pi * u },
		}
	}
	return newCurves("moons", newNoise(sigma, 0),
		moon(func(t float64) (x, y float64) {
			sin, cos := math.Sincos(t)
			return cos, sin
		}),
		moon(func(t float64) (x, y float64) {
			sin, cos := math.Sincos(t)
			return 1 - cos, 0.5 - sin
		}),
	)
}

// entropy returns −∫ p log p by the trapezoidal rule on a square grid of step 3σ/4, up to 6.5 sigma
// from the curves. The aliasing error for a function as smooth as a Gaussian of that σ is
// exp(−2π²/0.75²) = 6e-16.
func (c *curves) entropy() float64 {
	step, margin := 0.75*c.noise.sigma, 6.5*c.noise.sigma
	r := int(math.Ceil(margin/step)) + 1 // a panel's midpoint is within a sigma of all of it
	seen := map[[2]int]bool{}
	var grid []float64
	for _, q := range c.panels {
		qi, qj := int(math.Round(q.x/step)), int(math.Round(q.y/step))
		for i := qi - r; i <= qi+r; i++ {
			for j := qj - r; j <= qj+r; j++ {
				if at := [2]int{i, j}; !seen[at] {
					seen[at] = true
					grid = append(grid, float64(i)*step, float64(j)*step)
				}
			}
		}
	}
	h := 0.0
	for _, l := range c.LogProb(mat.NewDense(len(grid)/2, 2, grid)) {
		h -= l * math.Exp(l) * step * step
	}
	return h
}
