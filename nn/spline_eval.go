package nn

import (
	"fmt"
	"math"
)

// Forward returns the image of x and the log slope there, in float64; theta has Params() values.
func (s Spline) Forward(theta []float32, x float64) (y, logSlope float64) {
	if !(x > -s.Bound && x < s.Bound) {
		return x, 0
	}
	b := s.locate(theta, (x+s.Bound)/(2*s.Bound), false)
	xi := math.Min((b.at-b.x)/b.width, 1)
	y, logSlope = b.image(xi)
	return 2*s.Bound*y - s.Bound, logSlope
}

// Inverse returns the x whose image is y and the log slope of Forward there: the root of a quadratic
// in a form without cancellation ([durkan2019] eq. 6 to 8).
func (s Spline) Inverse(theta []float32, y float64) (x, logSlope float64) {
	if !(y > -s.Bound && y < s.Bound) {
		return y, 0
	}
	b := s.locate(theta, (y+s.Bound)/(2*s.Bound), true)
	mean, rise := b.height/b.width, b.at-b.y
	turn := rise * (b.d0 + b.d1 - 2*mean)
	qa, qb, qc := b.height*(mean-b.d0)+turn, b.height*b.d0-turn, -mean*rise
	xi := 2 * qc / (-qb - math.Sqrt(math.Max(0, qb*qb-4*qa*qc)))
	xi = math.Min(math.Max(xi, 0), 1)
	_, logSlope = b.image(xi)
	return 2*s.Bound*(b.x+xi*b.width) - s.Bound, logSlope
}

// bin is a piece of a spline, in units where [-Bound, Bound]² is the unit square.
type bin struct {
	at        float64 // what was looked for
	x, width  float64
	y, height float64
	d0, d1    float64 // slopes at the two ends
}

// image returns the value and the log slope at the fraction xi of the bin.
func (b bin) image(xi float64) (y, logSlope float64) {
	mean, q, r := b.height/b.width, xi*(1-xi), 1-xi
	den := mean + (b.d0+b.d1-2*mean)*q
	y = b.y + b.height*(mean*xi*xi+b.d0*q)/den
	return y, math.Log(mean*mean*(b.d1*xi*xi+2*mean*q+b.d0*r*r)) - 2*math.Log(den)
}

// locate returns the bin that contains a position in [0, 1] on the axis of x, or of y.
func (s Spline) locate(theta []float32, position float64, alongY bool) bin {
	k := s.Bins
	if len(theta) != s.Params() {
		panic(fmt.Sprintf("nn: %d parameters for a spline of %d", len(theta), s.Params()))
	}
	unitW, unitH := s.unit(theta[:k], s.MinWidth), s.unit(theta[k:2*k], s.MinHeight)
	b := bin{at: position, d0: 1, d1: 1}
	i := 0
	for ; ; i++ {
		b.width, b.height = unitW.of(theta[i]), unitH.of(theta[k+i])
		end := b.x + b.width
		if alongY {
			end = b.y + b.height
		}
		if i == k-1 || position < end {
			break
		}
		b.x, b.y = b.x+b.width, b.y+b.height
	}
	shift := s.slopeShift()
	if i > 0 {
		b.d0 = s.MinSlope + softplus(float64(theta[2*k+i-1])+shift)
	}
	if i < k-1 {
		b.d1 = s.MinSlope + softplus(float64(theta[2*k+i])+shift)
	}
	return b
}

// slopeShift is what is added to a free number so that zero gives slope 1.
func (s Spline) slopeShift() float64 { return math.Log(math.Expm1(1 - s.MinSlope)) }

// fractions maps unconstrained parameters to fractions of 1, by a softmax with a lower bound.
type fractions struct{ lowest, free, top float64 }

func (s Spline) unit(theta []float32, lowest float64) fractions {
	top, sum := theta[0], 0.0
	for _, v := range theta {
		top = max(top, v)
	}
	for _, v := range theta {
		sum += math.Exp(float64(v - top))
	}
	return fractions{lowest, (1 - float64(s.Bins)*lowest) / sum, float64(top)}
}

func (u fractions) of(theta float32) float64 { return u.lowest + u.free*math.Exp(float64(theta)-u.top) }

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
