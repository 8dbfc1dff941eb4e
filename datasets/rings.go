package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Rings is an equal mixture of circles around the origin, uniform in the angle, with Gaussian noise.
// The integral over the angle is a Bessel function,
//
//	p(x) = 1/K Σₖ 1/(2πσ²) exp(−(|x|² + Rₖ²)/2σ²) I₀(|x| Rₖ/σ²).
//
// It implements [genlab.Sampler], [genlab.LogProber], [Labelled] and [ModeMap]: component k and mode k
// are the circle of Radii[k].
type Rings struct {
	Radii []float64 // in the order of the labels
	Sigma float64   // standard deviation of the noise along each axis
}

// SampleLabelled returns n samples (n x 2) and the component of each. It panics if n < 1.
func (r *Rings) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	return sampleComponents(n, len(r.Radii), rng, func(k int) (x, y float64) {
		sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
		return r.Radii[k]*cos + r.Sigma*rng.NormFloat64(), r.Radii[k]*sin + r.Sigma*rng.NormFloat64()
	})
}

// Sample returns n samples (n x 2). It panics if n < 1.
func (r *Rings) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := r.SampleLabelled(n, rng)
	return x
}

// LogProb returns log p of each row of x (n x 2), in nats. It panics on another width.
func (r *Rings) LogProb(x mat.Matrix) []float64 {
	s2 := r.Sigma * r.Sigma
	norm := math.Log(2*math.Pi*s2) + math.Log(float64(len(r.Radii)))
	return rows(x, func(x, y float64) float64 {
		rho := math.Hypot(x, y)
		if !(rho < math.Inf(1)) {
			return -rho
		}
		logp := math.Inf(-1)
		for _, radius := range r.Radii {
			d := (rho - radius) / r.Sigma
			logp = logAdd(logp, logI0e(rho*radius/s2)-d*d/2)
		}
		return logp - norm
	})
}

// logAdd returns log(exp(a) + exp(b)).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(a, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// Len returns the number of circles.
func (r *Rings) Len() int { return len(r.Radii) }

// Nearest returns the nearest circle, and whether it is at most 3 sigma away.
func (r *Rings) Nearest(x, y float64) (mode int, within bool) {
	rho, best := math.Hypot(x, y), math.Inf(1)
	for k, radius := range r.Radii {
		if d := math.Abs(rho - radius); d < best {
			mode, best = k, d
		}
	}
	return mode, best <= 3*r.Sigma
}

func (r *Rings) String() string {
	return fmt.Sprintf("circles of radii %v, sigma %.4g", r.Radii, r.Sigma)
}

func (r *Rings) label(k int) string { return fmt.Sprintf("radius %g", r.Radii[k]) }

func circles() *Dataset {
	r := &Rings{Radii: []float64{3, 1.5}, Sigma: 0.24}
	return planar("circles",
		"2 circles of radii 3 and 1.5, sigma 0.24: make_circles(factor 0.5, noise 0.08) times 3 [pedregosa2011], [grathwohl2019]",
		r, r.label, circlesEntropy, circlesHighQuality, square(4.25))
}

func rings() *Dataset {
	r := &Rings{Radii: []float64{0.75, 1.5, 2.25, 3}, Sigma: 0.08}
	return planar("rings", "4 circles of radii 0.75, 1.5, 2.25 and 3, equal weights, sigma 0.08 [grathwohl2019]",
		r, r.label, ringsEntropy, ringsHighQuality, square(3.5))
}
