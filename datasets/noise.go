package datasets

import "math"

// noise is a symmetric unimodal distribution along one axis: a Gaussian of standard deviation sigma
// plus, if half > 0, an independent uniform on [−half, half]. The difference of two normal tails
// below is accurate for half of the order of sigma or more.
type noise struct {
	sigma, half float64
	logSigma    float64   // log σ√(2π)
	table       []tangent // half > 0: logDensity at the multiples of sigma/perSigma
}

// tangent is a value and a derivative.
type tangent struct{ value, slope float64 }

const (
	// perSigma is the number of table entries a sigma. The error of cubic Hermite interpolation is
	// (1/64)⁴/384 of a fourth derivative of order 1, in sigma: 2e-10 of the density.
	perSigma = 64
	// tabled is the range of the table, in sigma.
	tabled = 64
)

func newNoise(sigma, half float64) noise {
	n := noise{sigma: sigma, half: half, logSigma: math.Log(sigma * math.Sqrt(2*math.Pi))}
	if half > 0 {
		n.table = make([]tangent, tabled*perSigma+1)
		for i := range n.table {
			u := float64(i) / perSigma * sigma
			v := n.tails(u)
			// The derivative of the density is (N(u+half) − N(u−half)) / (2 half).
			slope := (math.Exp(n.gauss(u+half)-v) - math.Exp(n.gauss(u-half)-v)) / (2 * half)
			n.table[i] = tangent{v, slope * sigma / perSigma}
		}
	}
	return n
}

// logDensity returns the log density at u:
//
//	half = 0:  log N(u; 0, σ²)
//	half > 0:  log [Φ((u+half)/σ) − Φ((u−half)/σ)] / (2 half)
//
// It decreases with |u|, and is finite until u² overflows.
func (n *noise) logDensity(u float64) float64 {
	if n.half == 0 {
		return n.gauss(u)
	}
	at := math.Abs(u) * perSigma / n.sigma
	if !(at < tabled*perSigma) {
		return n.tails(u)
	}
	i := int(at)
	a, b, t := n.table[i], n.table[i+1], at-float64(i)
	rise := b.value - a.value
	return a.value + t*(a.slope+t*(3*rise-2*a.slope-b.slope+t*(a.slope+b.slope-2*rise)))
}

// gauss returns the log density of the Gaussian part.
func (n *noise) gauss(u float64) float64 {
	u /= n.sigma
	return -u*u/2 - n.logSigma
}

// tails is logDensity for half > 0, not interpolated.
func (n *noise) tails(u float64) float64 {
	u = math.Abs(u) // so that both arguments are in the upper tail, where erfc has no cancellation
	a, b := (u-n.half)/(n.sigma*math.Sqrt2), (u+n.half)/(n.sigma*math.Sqrt2)
	if a < erfcxFrom {
		return math.Log((math.Erfc(a) - math.Erfc(b)) / (4 * n.half))
	}
	if math.IsInf(a, 1) {
		return -a
	}
	return -a*a + math.Log((erfcx(a)-math.Exp((a-b)*(a+b))*erfcx(b))/(4*n.half))
}

// logPeakBound returns a cheap upper bound of logDensity(u): the Gaussian at the nearest point of
// [u−half, u+half], over which logDensity averages.
func (n *noise) logPeakBound(u float64) float64 {
	return n.gauss(max(0, math.Abs(u)-n.half))
}

// variance is that of the sum of the two parts.
func (n *noise) variance() float64 { return n.sigma*n.sigma + n.half*n.half/3 }

// erfcxFrom is the argument from which erfcx replaces erfc: erfc is subnormal from 26, and the series
// is exact to rounding from 12.
const erfcxFrom = 12

// erfcx returns exp(z²) erfc(z) for z >= erfcxFrom by its asymptotic series
// 1/(z√π) Σ (−1)ᵏ (2k−1)!!/(2z²)ᵏ [dlmf, 7.12.1]; at z = 12 the tenth term is 6e-16.
func erfcx(z float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1; k <= 10; k++ {
		term *= -float64(2*k-1) / (2 * z * z)
		sum += term
	}
	return sum / (z * math.Sqrt(math.Pi))
}
