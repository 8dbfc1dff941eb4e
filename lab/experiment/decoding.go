package experiment

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
)

// Microseconds since a time.
func Microseconds(since time.Time) float64 { return float64(time.Since(since).Nanoseconds()) / 1000 }

// Median is the middle one of some values, and the higher of two.
func Median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return v[len(v)/2]
}

// PrefixesUpTo are the powers of two from 16, and the numbers half way between them.
func PrefixesUpTo(longest int) (list []int) {
	for n := 16; n < longest; n *= 2 {
		list = append(list, n)
		if half := n * 3 / 2; half < longest {
			list = append(list, half)
		}
	}
	return append(list, longest)
}

// beside is how far from its prefix a character may be that counts as one after it.
const beside = 4

// LongestPrefix is the longest of the prefixes that CharacterCosts can take in a context.
func LongestPrefix(context int) int { return context + 1 - beside }

// CharacterCosts are the median times, in µs, of the characters after each of the prefixes, in a
// number of texts that are written with the cache from beginning to end; logits has the cache's
// classes. Of a place they are those of the eight around it. A character that follows a pass over
// its prefix would cost more: the pass leaves other things in the processor's memory.
func CharacterCosts(c *autoregressive.Cache, logits []float32, prefixes []int, texts int) []float64 {
	one := []int{0} // the sequence, and the character that it has everywhere
	times := make([][]float64, len(prefixes))
	for range texts {
		c.Reset(0)
		for at := range prefixes[len(prefixes)-1] + beside {
			begun := time.Now()
			c.Extend(one, one, logits)
			spent := Microseconds(begun)
			for i, n := range prefixes {
				if at >= n-beside && at < n+beside {
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

// Line is A + B·x with the share of the variance of y that it explains.
type Line struct{ A, B, R2 float64 }

// FitLine is least squares; x holds two numbers or more that differ.
func FitLine(x []int, y []float64) Line {
	design := mat.NewDense(len(x), 2, nil)
	var mean float64
	for i, v := range x {
		design.SetRow(i, []float64{1, float64(v)})
		mean += y[i] / float64(len(y))
	}
	var c mat.VecDense
	if err := c.SolveVec(design, mat.NewVecDense(len(y), y)); err != nil {
		panic(err) // two that differ are always there
	}
	var left, all float64
	for i, v := range x {
		left += math.Pow(y[i]-c.AtVec(0)-c.AtVec(1)*float64(v), 2)
		all += math.Pow(y[i]-mean, 2)
	}
	return Line{c.AtVec(0), c.AtVec(1), 1 - left/all}
}
