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
// It is a Sampler, a LogProber, a Labelled and a ModeMap: part k is mode k is centre k.
type Mixture struct {
	Centres [][2]float64 // K of them, in the order of the labels
	Sigma   float64      // standard deviation (not the variance) along each axis
}

// SampleLabelled returns n draws (n x 2) and the index of each one's centre.
func (m *Mixture) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	mustSample(n)
	x, labels = mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		k := rng.IntN(len(m.Centres))
		c := m.Centres[k]
		x.SetRow(i, []float64{c[0] + m.Sigma*rng.NormFloat64(), c[1] + m.Sigma*rng.NormFloat64()})
		labels[i] = k
	}
	return x, labels
}

// Sample returns n draws (n x 2).
func (m *Mixture) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := m.SampleLabelled(n, rng)
	return x
}

// LogProb returns log p of each row of x (n x 2), in nats.
func (m *Mixture) LogProb(x mat.Matrix) []float64 {
	norm := math.Log(2*math.Pi*m.Sigma*m.Sigma) + math.Log(float64(len(m.Centres)))
	return rows(x, func(x, y float64) float64 {
		_, least := m.nearest(x, y)
		if !(least < math.Inf(1)) {
			return -least
		}
		sum := 0.0
		for _, c := range m.Centres {
			sum += math.Exp(least - m.cost(c, x, y)) // the nearest centre gives 1
		}
		return math.Log(sum) - least - norm
	})
}

// cost is half the squared distance to c in units of sigma.
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

func (m *Mixture) labels() []string {
	names := make([]string, len(m.Centres))
	for i, c := range m.Centres {
		names[i] = fmt.Sprintf("(%.3g, %.3g)", c[0]+0, c[1]+0)
	}
	return names
}

// circle returns n points on a circle, counter-clockwise from angle 0. The step is 2π/n: the
// well-known linspace(0, 2π, n) meets its own start and leaves n−1 different points.
func circle(n int, radius float64) [][2]float64 {
	points := make([][2]float64, n)
	for k := range points {
		// Rounded to 1e-15 of the radius, so that the points on the axes are exactly there.
		s, c := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		points[k] = [2]float64{radius * snap(c), radius * snap(s)}
	}
	return points
}

// snap is the nearest multiple of 1e-15.
func snap(v float64) float64 { return math.Round(v*1e15) / 1e15 }

func eightGaussians() *Dataset {
	const scale = 1.414 // the reference code's √2
	m := &Mixture{Centres: circle(8, 4/scale), Sigma: 0.5 / scale}
	return &Dataset{
		Name:        "8gaussians",
		Summary:     "8 Gaussians on a circle of radius 4/1.414, sigma 0.5/1.414 [grathwohl2019]",
		Sampler:     m,
		Density:     m,
		Entropy:     eightGaussiansEntropy,
		Modes:       m,
		Labels:      m.labels(),
		HighQuality: eightGaussiansHighQuality,
		box:         square(4.5),
	}
}

func ring8() *Dataset {
	m := &Mixture{Centres: circle(8, 1), Sigma: 0.01}
	return &Dataset{
		Name:        "ring8",
		Summary:     "8 Gaussians on a circle of radius 1, sigma 0.01 [lin2018], [srivastava2017]",
		Sampler:     m,
		Density:     m,
		Entropy:     m.apartEntropy(),
		Modes:       m,
		Labels:      m.labels(),
		HighQuality: disc3,
		box:         square(1.25),
	}
}

func grid25() *Dataset {
	m := &Mixture{Sigma: 0.05}
	for _, x := range []float64{-4, -2, 0, 2, 4} {
		for _, y := range []float64{-4, -2, 0, 2, 4} {
			m.Centres = append(m.Centres, [2]float64{x, y})
		}
	}
	return &Dataset{
		Name:        "25gaussians",
		Summary:     "25 Gaussians on the grid {-4,-2,0,2,4}², sigma 0.05 [lin2018], [srivastava2017]",
		Sampler:     m,
		Density:     m,
		Entropy:     m.apartEntropy(),
		Modes:       m,
		Labels:      m.labels(),
		HighQuality: disc3,
		box:         square(5),
	}
}

// apartEntropy is the entropy of a mixture whose parts do not overlap: log K + log(2πeσ²).
func (m *Mixture) apartEntropy() float64 {
	return math.Log(float64(len(m.Centres))) + math.Log(2*math.Pi*math.E*m.Sigma*m.Sigma)
}

// disc3 is the mass of a Gaussian on the plane within 3 sigma of its centre, 1 − exp(−9/2).
const disc3 = 0.988891003461758
