package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// ModeMap tells the modes of a distribution on the plane apart.
type ModeMap interface {
	// Len is the number of modes.
	Len() int
	// Nearest returns the mode that a point belongs to, in [0, Len()), and whether it lies
	// within 3 standard deviations of that mode.
	Nearest(x, y float64) (mode int, within bool)
}

// touchSample is the number of samples that the papers count touched modes over, and dueShare
// the part of its due mass with which a mode counts as present [lin2018].
const (
	touchSample = 2500
	dueShare    = 0.01
)

// ModeReport says how a sample covers the modes of the truth.
type ModeReport struct {
	Total       int      // modes of the truth
	Hit         Estimate // modes with at least 1 sample within 3 sigma, over the first 2500 samples
	Covered     Estimate // modes that have at least 1 % of their due mass within 3 sigma
	HighQuality Estimate // share of samples within 3 sigma of their mode; the truth has the ceiling
	TV          Estimate // ½ Σ |share - due| over the modes and "off any mode", in [0, 1]
}

// Modes counts the samples x (n x 2) by mode. The weights of the modes sum to 1, nil means equal
// ones; ceiling is P(within) under the truth, the same in each mode, such as 1 - exp(-4.5) =
// 0.98889 for round Gaussian blobs: a mode is due weight·ceiling, "off any mode" 1 - ceiling.
// Where the ceiling is not known (NaN) a mode is due its weight, and TV is NaN.
//
// A row that is not finite is a sample off any mode. The standard errors treat the counts of
// the modes as Poisson (TV: multinomial, each |difference| as a folded normal); where no sample
// touched a mode they know nothing of a rarer one, and where few did they are conservative. It panics if x does not have 2 coordinates or
// no row, if there is no mode, or if the weights or the ceiling are not probabilities.
func Modes(x mat.Matrix, m ModeMap, weights []float64, ceiling float64) ModeReport {
	n, d := x.Dims()
	total := m.Len()
	switch {
	case d != 2:
		panic(fmt.Sprintf("metrics: Modes of %d coordinates, want 2", d))
	case n < 1 || total < 1:
		panic(fmt.Sprintf("metrics: %d samples over %d modes, at least 1 of each is needed", n, total))
	case ceiling < 0 || ceiling > 1:
		panic(fmt.Sprintf("metrics: P(within) = %v, it lies in [0, 1]", ceiling))
	}
	known := !math.IsNaN(ceiling)
	if !known {
		ceiling = 1
	}
	due := expectedMass(weights, total, ceiling)
	count := make([]int, total+1) // the last is "off any mode"
	touched := make([]bool, total)
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
		if i < touchSample {
			touched[mode] = true
		}
	}

	of := func(value, variance float64, n int) Estimate {
		return Estimate{Value: value, SE: math.Sqrt(variance), N: n, NonFinite: bad}
	}
	r := ModeReport{Total: total}
	var touch, touchVar, present, presentVar float64
	for mode, hit := range touched {
		if hit {
			touch++
		}
		if enough := dueShare * due[mode] * float64(n); count[mode] > 0 && float64(count[mode]) >= enough {
			present++
			p := atLeast(math.Ceil(enough), float64(count[mode]))
			presentVar += p * (1 - p)
		}
		expected := float64(count[mode]) * float64(min(n, touchSample)) / float64(n)
		p := -math.Expm1(-expected)
		touchVar += p * (1 - p)
	}
	r.Hit = of(touch, touchVar, min(n, touchSample))
	r.Covered = of(present, presentVar, n)
	high := 1 - float64(count[total])/float64(n)
	r.HighQuality = of(high, high*(1-high)/float64(n), n)
	tv, tvVar := math.NaN(), math.NaN()
	if known {
		tv, tvVar = totalVariation(count, due, n)
	}
	r.TV = of(tv, tvVar, n)
	return r
}

// expectedMass returns each mode's mass within 3 sigma and, last, the mass off any mode.
func expectedMass(weights []float64, total int, ceiling float64) []float64 {
	if weights != nil && len(weights) != total {
		panic(fmt.Sprintf("metrics: %d weights for %d modes", len(weights), total))
	}
	due := make([]float64, total+1)
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
		due[i] = w * ceiling
	}
	if math.Abs(sum-1) > 1e-6 {
		panic(fmt.Sprintf("metrics: weights of %d modes sum to %v, want 1", total, sum))
	}
	due[total] = 1 - ceiling
	return due
}

// atLeast is P(K >= k) of a Poisson count of the given mean.
func atLeast(k, mean float64) float64 {
	if k <= 1 {
		return -math.Expm1(-mean)
	}
	return 1 - distuv.Poisson{Lambda: mean}.CDF(k-1)
}

// totalVariation returns ½ Σ |count/n - due| and its variance. Each difference is about normal;
// the absolute value of one that is not clearly off 0 varies less, and correlates less with
// the others: its sign is uncertain.
func totalVariation(count []int, due []float64, n int) (tv, variance float64) {
	signed := 0.0
	for k, c := range count {
		p := float64(c) / float64(n)
		gap := p - due[k]
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
