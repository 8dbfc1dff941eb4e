package experiment

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
)

// Microseconds returns the time elapsed since a moment, in µs.
func Microseconds(since time.Time) float64 { return float64(time.Since(since).Nanoseconds()) / 1000 }

// Median returns the median of some values, the higher of two in the middle.
func Median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return v[len(v)/2]
}

// TimeRatio returns the time of a over that of b: medians of five measurements of each, in turn, so that both run on the
// same machine in the same state.
func TimeRatio(a, b func()) float64 {
	var times [2][]float64
	for range 5 {
		for i, f := range []func(){a, b} {
			begun := time.Now()
			f()
			times[i] = append(times[i], Microseconds(begun))
		}
	}
	return Median(times[0]) / Median(times[1])
}

// PrefixesUpTo returns the prefix lengths that are measured: the powers of two from 16, the numbers half
// way between them, and the longest.
func PrefixesUpTo(longest int) (list []int) {
	for n := 16; n < longest; n *= 2 {
		list = append(list, n)
		if half := n * 3 / 2; half < longest {
			list = append(list, half)
		}
	}
	return append(list, longest)
}

// margin is how far from a prefix length a character may be to count as one after it.
const margin = 4

// LongestPrefix returns the longest prefix that CharacterCosts can measure in a context.
func LongestPrefix(context int) int { return context + 1 - margin }

// CharacterCosts returns the median time, in µs, of a character after each prefix length, over texts
// that are generated with the cache from beginning to end; logits has the cache's classes. The median is
// over the eight characters around the length. Filling the cache by one evaluation of the whole prefix
// would overstate the time, since that leaves other data in the processor's caches.
func CharacterCosts(c *autoregressive.Cache, logits []float32, prefixes []int, texts int) []float64 {
	one := []int{0} // the sequence, and its every character
	times := make([][]float64, len(prefixes))
	for range texts {
		c.Reset(0)
		for at := range prefixes[len(prefixes)-1] + margin {
			begun := time.Now()
			c.Extend(one, one, logits)
			spent := Microseconds(begun)
			for i, n := range prefixes {
				if at >= n-margin && at < n+margin {
					times[i] = append(times[i], spent)
				}
			}
		}
	}
	costs := make([]float64, len(prefixes))
	for i := range costs {
		costs[i] = Median(times[i])
	}
	return costs
}

// Line is A + B·x, with the coefficient of determination R².
type Line struct{ A, B, R2 float64 }

// FitLine fits a line by least squares; x holds at least two different numbers.
func FitLine(x []int, y []float64) Line {
	design := mat.NewDense(len(x), 2, nil)
	var mean float64
	for i, v := range x {
		design.SetRow(i, []float64{1, float64(v)})
		mean += y[i] / float64(len(y))
	}
	var c mat.VecDense
	if err := c.SolveVec(design, mat.NewVecDense(len(y), y)); err != nil {
		panic(err) // fewer than two different x
	}
	var left, all float64
	for i, v := range x {
		left += math.Pow(y[i]-c.AtVec(0)-c.AtVec(1)*float64(v), 2)
		all += math.Pow(y[i]-mean, 2)
	}
	return Line{c.AtVec(0), c.AtVec(1), 1 - left/all}
}
