package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// wheel is the pinwheel: K arms, arm k the image of a Gaussian under a shear in the angle,
//
//	f = (1 + 0.3 e₁, 0.1 e₂),  a = 2πk/K + exp(f₁)/4,
//	x = 2 (f₁ cos a + f₂ sin a, −f₁ sin a + f₂ cos a).
//
// In polar coordinates f = r(cos t, sin t) the map is x = 2r(cos s, sin s) with
//
//	s = t − a = t − 2πk/K − exp(r cos t)/4,
//
// so r = |x|/2 is known and t is a root of one equation in one unknown. The determinant of
// the map is 4 ∂s/∂t = 4(1 + f₂ exp(f₁)/4), and
//
//	p(x) = 1/K Σₖ Σ_roots N(f) / |4 + f₂ exp(f₁)|.
//
// Component k and mode k are arm k.
type wheel struct{ arms int }

const (
	wheelMean  = 1.0 // of f₁
	wheelLong  = 0.3 // standard deviation of f₁
	wheelShort = 0.1 // of f₂
	wheelTwist = 0.25
	// wheelWound is the r (23 standard deviations out) beyond which the map has too many roots to
	// find: p is then the mean over the angle.
	wheelWound = 8
)

// SampleLabelled returns n samples (n x 2) and the arm of each.
func (w wheel) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	return sampleComponents(n, w.arms, rng, func(k int) (x, y float64) {
		return w.at(k, wheelMean+wheelLong*rng.NormFloat64(), wheelShort*rng.NormFloat64())
	})
}

// at maps the features of arm k to the plane.
func (w wheel) at(k int, f1, f2 float64) (x, y float64) {
	sin, cos := math.Sincos(w.angle(k) + wheelTwist*math.Exp(f1))
	return 2 * (f1*cos + f2*sin), 2 * (-f1*sin + f2*cos)
}

func (w wheel) angle(k int) float64 { return 2 * math.Pi * float64(k) / float64(w.arms) }

// Sample returns n samples (n x 2).
func (w wheel) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := w.SampleLabelled(n, rng)
	return x
}

// LogProb returns log p of each row of x (n x 2), in nats.
func (w wheel) LogProb(x mat.Matrix) []float64 {
	return rows(x, func(x, y float64) float64 { return w.logProb(x, y, func(int) bool { return true }) })
}

// logProb returns the log density at a point summed over some arms.
func (w wheel) logProb(x, y float64, some func(arm int) bool) float64 {
	norm := math.Log(float64(w.arms) * 2 * math.Pi * wheelLong * wheelShort)
	r := math.Hypot(x, y) / 2
	switch {
	case !(r < math.Inf(1)):
		return -r
	case r > wheelWound:
		return w.logMean(r) - norm
	}
	logp := math.Inf(-1)
	w.preimages(x, y, func(arm int, f1, f2 float64) {
		if some(arm) {
			logp = logAdd(logp, -mahalanobis2(f1, f2)/2-math.Log(math.Abs(4+4*wheelTwist*f2*math.Exp(f1))))
		}
	})
	return logp - norm
}

// mahalanobis2 returns the squared Mahalanobis distance of f from the mean of the features.
func mahalanobis2(f1, f2 float64) float64 {
	a, b := (f1-wheelMean)/wheelLong, f2/wheelShort
	return a*a + b*b
}

// logMean returns the log density at radius 2r averaged over the angle, up to the constant: K times
// the mean over t of exp(−mahalanobis2/2)/4, by Laplace's approximation at its peak t = 0.
func (w wheel) logMean(r float64) float64 {
	curvature := r*r/(wheelShort*wheelShort) - r*(r-wheelMean)/(wheelLong*wheelLong)
	return math.Log(float64(w.arms)/4) - mahalanobis2(r, 0)/2 - math.Log(2*math.Pi*curvature)/2
}

// preimages calls f with every (arm, features) that the map takes to (x, y).
func (w wheel) preimages(x, y float64, f func(arm int, f1, f2 float64)) {
	r, s := math.Hypot(x, y)/2, math.Atan2(y, x)
	// The angle of the image, without the arm's own: s(t) = t − exp(r cos t)/4.
	image := func(t float64) float64 { return t - wheelTwist*math.Exp(r*math.Cos(t)) }
	// s′(t) = 1 + (r/4) sin t exp(r cos t) is negative at most between two points of (−π, 0),
	// around its minimum, where r sin²t = cos t.
	slope := func(t float64) float64 { return 1 + wheelTwist*r*math.Sin(t)*math.Exp(r*math.Cos(t)) }
	pieces := []float64{-math.Pi, math.Pi} // s is monotone between neighbours
	if r > 0 {
		if lowest := -math.Acos((math.Sqrt(1+4*r*r) - 1) / (2 * r)); slope(lowest) < 0 {
			pieces = []float64{-math.Pi, root(slope, -math.Pi, lowest), root(slope, lowest, 0), math.Pi}
		}
	}
	for i, lo := range pieces[:len(pieces)-1] {
		hi := pieces[i+1]
		from, to := image(lo), image(hi)
		for k := range w.arms {
			// Every s + angle + 2πj in the half-open range of the piece is taken once.
			target := s + w.angle(k)
			low, high := min(from, to), max(from, to)
			for j := math.Ceil((low - target) / (2 * math.Pi)); target+2*math.Pi*j < high; j++ {
				goal := target + 2*math.Pi*j
				t := root(func(t float64) float64 { return image(t) - goal }, lo, hi)
				sin, cos := math.Sincos(t)
				f(k, r*cos, r*sin)
			}
		}
	}
}

// root returns a root of f, which has one change of sign on [a, b], by regula falsi with the
// Illinois rule: an end that stays is given half its value, which makes the order 1.44.
func root(f func(float64) float64, a, b float64) float64 {
	fa, fb := f(a), f(b)
	for range 100 {
		if fa == 0 || math.Abs(b-a) < 1e-15 {
			return a
		}
		c := b - fb*(b-a)/(fb-fa)
		fc := f(c)
		if fc == 0 || c == b {
			return c
		}
		if (fc < 0) != (fb < 0) {
			a, fa = b, fb
		} else {
			fa /= 2
		}
		b, fb = c, fc
	}
	return b
}

// Len returns the number of arms.
func (w wheel) Len() int { return w.arms }

// Nearest returns the arm for which the point's features are nearest to their mean, in
// standard deviations, and whether they are within 3 of it.
func (w wheel) Nearest(x, y float64) (mode int, within bool) {
	// Beyond wheelWound some arm has features near (r, 0) at every angle: which one is arbitrary.
	if r := math.Hypot(x, y) / 2; !(r <= wheelWound) {
		x, y = x*wheelWound/r, y*wheelWound/r
	}
	best := math.Inf(1)
	w.preimages(x, y, func(k int, f1, f2 float64) {
		if d := mahalanobis2(f1, f2); d < best {
			mode, best = k, d
		}
	})
	return mode, best <= 3*3
}

func (w wheel) String() string { return fmt.Sprintf("pinwheel of %d arms", w.arms) }

func pinwheel() *Dataset {
	w := wheel{arms: 5}
	return planar("pinwheel",
		"5 arms, each a Gaussian of sigmas 0.3 and 0.1 rotated by exp(f₁)/4, times 2 [grathwohl2019], [johnson2016]",
		w, func(k int) string { return fmt.Sprintf("arm %d", k) }, pinwheelEntropy, pinwheelHighQuality, square(4.25))
}
