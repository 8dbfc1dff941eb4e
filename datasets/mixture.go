package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Mixture is an equal mixture of isotropic Gaussians,
//
//	p(x) = 1/K Σₖ N(x; cₖ, σ²I).
//
// It implements [genlab.Sampler], [genlab.LogProber], [Labelled] and [ModeMap]: component k, mode k
// and centre k are the same.
type Mixture struct {
	Centres [][2]float64 // K of them, in the order of the labels
	Sigma   float64      // standard deviation (not the variance) along each axis
}

// SampleLabelled returns n samples (n x 2) and the component of each. It panics if n < 1.
func (m *Mixture) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	return sampleComponents(n, len(m.Centres), rng, func(k int) (x, y float64) {
		return m.Centres[k][0] + m.Sigma*rng.NormFloat64(), m.Centres[k][1] + m.Sigma*rng.NormFloat64()
	})
}

// Sample returns n samples (n x 2). It panics if n < 1.
func (m *Mixture) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := m.SampleLabelled(n, rng)
	return x
}

// LogProb returns log p of each row of x (n x 2), in nats. It panics on another width.
func (m *Mixture) LogProb(x mat.Matrix) []float64 {
	norm := math.Log(2*math.Pi*m.Sigma*m.Sigma) + math.Log(float64(len(m.Centres)))
	return rows(x, func(x, y float64) float64 {
		_, lowest := m.nearest(x, y)
		if !(lowest < math.Inf(1)) {
			return -lowest
		}
		sum := 0.0
		for _, c := range m.Centres {
			sum += math.Exp(lowest - m.cost(c, x, y)) // 1 for the nearest centre
		}
		return math.Log(sum) - lowest - norm
	})
}

// cost returns half the squared distance to c in units of sigma.
func (m *Mixture) cost(c [2]float64, x, y float64) float64 {
	dx, dy := (x-c[0])/m.Sigma, (y-c[1])/m.Sigma
	return (dx*dx + dy*dy) / 2
}

func (m *Mixture) nearest(x, y float64) (k int, cost float64) {
	k, cost = 0, m.cost(m.Centres[0], x, y)
	for i, c := range m.Centres[1:] {
		if q := m.cost(c, x, y); q < cost {
			k, cost = i+1, q
		}
	}
	return k, cost
}

// Len returns the number of centres.
func (m *Mixture) Len() int { return len(m.Centres) }

// Nearest returns the nearest centre, and whether it is at most 3 sigma away.
func (m *Mixture) Nearest(x, y float64) (mode int, within bool) {
	k, cost := m.nearest(x, y)
	return k, cost <= 3*3/2.0
}

func (m *Mixture) String() string {
	return fmt.Sprintf("mixture of %d Gaussians, sigma %.4g", len(m.Centres), m.Sigma)
}

func (m *Mixture) label(k int) string {
	return fmt.Sprintf("(%.3g, %.3g)", m.Centres[k][0]+0, m.Centres[k][1]+0)
}

// circle returns n points on a circle, counter-clockwise from angle 0, 2π/n apart. (The often used
// linspace(0, 2π, n) repeats its first point.)
func circle(n int, radius float64) [][2]float64 {
	points := make([][2]float64, n)
	for k := range points {
		// Rounded to 1e-15 of the radius, so that the points on the axes are exactly there.
		s, c := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		points[k] = [2]float64{radius * snap(c), radius * snap(s)}
	}
	return points
}

// snap returns the nearest multiple of 1e-15.
func snap(v float64) float64 { return math.Round(v*1e15) / 1e15 }

func eightGaussians() *Dataset {
	const scale = 1.414 // the reference code's √2
	m := &Mixture{Centres: circle(8, 4/scale), Sigma: 0.5 / scale}
	return planar("8gaussians", "8 Gaussians on a circle of radius 4/1.414, sigma 0.5/1.414 [grathwohl2019]",
		m, m.label, eightGaussiansEntropy, eightGaussiansHighQuality, square(4.5))
}

func ring8() *Dataset {
	m := &Mixture{Centres: circle(8, 1), Sigma: 0.01}
	return planar("ring8", "8 Gaussians on a circle of radius 1, sigma 0.01 [lin2018], [srivastava2017]",
		m, m.label, m.apartEntropy(), disc3, square(1.25))
}

func grid25() *Dataset {
	m := &Mixture{Sigma: 0.05}
	for _, x := range []float64{-4, -2, 0, 2, 4} {
		for _, y := range []float64{-4, -2, 0, 2, 4} {
			m.Centres = append(m.Centres, [2]float64{x, y})
		}
	}
	return planar("25gaussians", "25 Gaussians on the grid {-4,-2,0,2,4}², sigma 0.05 [lin2018], [srivastava2017]",
		m, m.label, m.apartEntropy(), disc3, square(5))
}

// apartEntropy returns the entropy of a mixture whose components do not overlap: log K + log(2πeσ²).
func (m *Mixture) apartEntropy() float64 {
	return math.Log(float64(len(m.Centres))) + math.Log(2*math.Pi*math.E*m.Sigma*m.Sigma)
}

// disc3 is the probability that a Gaussian on the plane is within 3 sigma of its centre, 1 − exp(−9/2).
const disc3 = 0.988891003461758
