package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// ModeMap assigns the points of the plane to the modes of a distribution.
type ModeMap interface {
	// Len returns the number of modes.
	Len() int
	// Nearest returns the mode that a point belongs to, in [0, Len()), and whether the point is
	// within 3 standard deviations of it.
	Nearest(x, y float64) (mode int, within bool)
}

// hitSample is the number of samples over which papers count the modes that were hit, and
// coveredShare the fraction of its expected mass from which a mode counts as covered [lin2018].
const (
	hitSample    = 2500
	coveredShare = 0.01
)

// ModeReport describes the mode coverage of a sample.
type ModeReport struct {
	Total       int      // modes of the true distribution
	Hit         Estimate // modes with at least 1 of the first 2500 samples within 3 sigma
	Covered     Estimate // modes with at least 1 % of their expected mass within 3 sigma
	HighQuality Estimate // fraction of the samples within 3 sigma of their mode
	TV          Estimate // total variation distance, ½ Σ |p̂ − p| over the modes and "no mode", in [0, 1]
}

// Modes counts the samples x (n x 2) by mode. The weights of the modes sum to 1; nil means equal
// weights. highQuality is P(within 3 sigma) under the true distribution, the same for each mode,
// such as 1 - exp(-4.5) = 0.98889 for isotropic Gaussians: the expected mass of a mode is
// weight·highQuality, that of "no mode" 1 - highQuality. If it is not known (NaN), the expected mass
// of a mode is its weight, and TV is NaN.
//
// A row that is not finite belongs to no mode. The standard errors treat the counts as Poisson (TV:
// as multinomial, each |difference| as a folded normal). They do not account for modes that no
// sample hit, and are conservative for modes with few samples. It panics if x has no row or another
// number of columns than 2, if there is no mode, or if the weights or highQuality are not
// probabilities.
func Modes(x mat.Matrix, m ModeMap, weights []float64, highQuality float64) ModeReport {
	n, d := x.Dims()
	total := m.Len()
	switch {
	case d != 2:
		panic(fmt.Sprintf("metrics: Modes of %d columns, want 2", d))
	case n < 1 || total < 1:
		panic(fmt.Sprintf("metrics: %d samples over %d modes, at least 1 of each is needed", n, total))
	case highQuality < 0 || highQuality > 1:
		panic(fmt.Sprintf("metrics: P(within) = %v, want a probability", highQuality))
	}
	known := !math.IsNaN(highQuality)
	if !known {
		highQuality = 1
	}
	expected := expectedMass(weights, total, highQuality)
	count := make([]int, total+1) // the last is "no mode"
	hit := make([]bool, total)
	bad := 0
	for i := range n {
		a, b := x.At(i, 0), x.At(i, 1)
		if !finite(a) || !finite(b) {
			bad++
			count[total]++
			continue
		}
		mode, within := m.Nearest(a, b)
		if !within {
			count[total]++
			continue
		}
		count[mode]++
		if i < hitSample {
			hit[mode] = true
		}
	}

	of := func(value, variance float64, n int) Estimate {
		return Estimate{Value: value, SE: math.Sqrt(variance), N: n, NonFinite: bad}
	}
	r := ModeReport{Total: total}
	var hits, hitVar, covered, coveredVar float64
	for mode, h := range hit {
		if h {
			hits++
		}
		if enough := coveredShare * expected[mode] * float64(n); count[mode] > 0 && float64(count[mode]) >= enough {
			covered++
			p := atLeast(math.Ceil(enough), float64(count[mode]))
			coveredVar += p * (1 - p)
		}
		p := -math.Expm1(-float64(count[mode]) * float64(min(n, hitSample)) / float64(n))
		hitVar += p * (1 - p)
	}
	r.Hit = of(hits, hitVar, min(n, hitSample))
	r.Covered = of(covered, coveredVar, n)
	high := 1 - float64(count[total])/float64(n)
	r.HighQuality = of(high, high*(1-high)/float64(n), n)
	tv, tvVar := math.NaN(), math.NaN()
	if known {
		tv, tvVar = totalVariation(count, expected, n)
	}
	r.TV = of(tv, tvVar, n)
	return r
}

// expectedMass returns the mass of each mode within 3 sigma and, last, that of no mode.
func expectedMass(weights []float64, total int, highQuality float64) []float64 {
	if weights != nil && len(weights) != total {
		panic(fmt.Sprintf("metrics: %d weights for %d modes", len(weights), total))
	}
	expected := make([]float64, total+1)
	sum := 0.0
	for i := range total {
		w := 1 / float64(total)
		if weights != nil {
			w = weights[i]
		}
		if !(w >= 0) {
			panic(fmt.Sprintf("metrics: weight %v of mode %d", w, i))
		}
		sum += w
		expected[i] = w * highQuality
	}
	if math.Abs(sum-1) > 1e-6 {
		panic(fmt.Sprintf("metrics: weights of %d modes sum to %v, want 1", total, sum))
	}
	expected[total] = 1 - highQuality
	return expected
}

// atLeast returns P(K >= k) for a Poisson count of the given mean.
func atLeast(k, mean float64) float64 {
	if k <= 1 {
		return -math.Expm1(-mean)
	}
	return 1 - distuv.Poisson{Lambda: mean}.CDF(k-1)
}

// totalVariation returns ½ Σ |count/n - expected| and its variance. Each difference is approximately
// normal; the absolute value of one near 0 has a smaller variance and a smaller correlation with the
// others, since its sign is uncertain.
func totalVariation(count []int, expected []float64, n int) (tv, variance float64) {
	signed := 0.0
	for k, c := range count {
		p := float64(c) / float64(n)
		gap := p - expected[k]
		tv += math.Abs(gap) / 2
		sigma2 := p * (1 - p) / float64(n)
		if sigma2 == 0 {
			continue
		}
		mean2 := max(gap*gap-sigma2, 0) // gap² overstates the square of its expectation by sigma²
		z := math.Sqrt(mean2 / sigma2)
		sign := math.Copysign(math.Erf(z/math.Sqrt2), gap)
		folded := math.Sqrt(sigma2)*math.Sqrt(2/math.Pi)*math.Exp(-z*z/2) + math.Sqrt(mean2)*math.Abs(sign)
		variance += mean2 + sigma2 - folded*folded + sq(sign*p)/float64(n)
		signed += sign * p
	}
	return tv, max(variance-signed*signed/float64(n), 0) / 4
}
