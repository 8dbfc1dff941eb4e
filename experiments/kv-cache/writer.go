package kvcache

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"genlab/autoregressive"
)

// writer continues one sequence.
type writer struct {
	cache  *autoregressive.Cache
	logits []float32
}

var one = []int{0} // the sequence

// fill makes n characters the prefix.
func (w *writer) fill(n int) {
	w.cache.Reset(0)
	w.cache.Extend(one, make([]int, n), w.logits)
}

// costs are the median times, in µs, of the characters after each of the prefixes, in a number of
// texts that are written with the cache from beginning to end. Of a place they are those of the
// eight around it. A character that follows a pass over its prefix would cost more: the pass leaves
// other things in the processor's memory.
func (w *writer) costs(prefixes []int, rounds int) []float64 {
	const around = 8
	times := make([][]float64, len(prefixes))
	for range rounds {
		w.cache.Reset(0)
		for at := range prefixes[len(prefixes)-1] + around/2 {
			begun := time.Now()
			w.cache.Extend(one, one, w.logits)
			spent := microseconds(begun)
			for i, n := range prefixes {
				if at >= n-around/2 && at < n+around/2 {
					times[i] = append(times[i], spent)
				}
			}
		}
	}
	costs := make([]float64, len(prefixes))
	for i := range costs {
		costs[i] = median(times[i])
	}
	return costs
}

// pass is the median time, in µs, of a character after n without the cache.
func (w *writer) pass(n, rounds int) float64 {
	var times []float64
	for range rounds {
		begun := time.Now()
		w.fill(n)
		times = append(times, microseconds(begun))
	}
	return median(times)
}

// write draws n characters, and returns them and the seconds they took.
func (w *writer) write(n int, cached bool, rng *rand.Rand) (text []int, seconds float64) {
	begun := time.Now()
	w.cache.Reset(0)
	text = []int{0} // what they follow
	for range n {
		if cached {
			w.cache.Extend(one, text[len(text)-1:], w.logits)
		} else {
			w.cache.Reset(0)
			w.cache.Extend(one, text, w.logits)
		}
		text = append(text, draw(w.logits[:len(letters)], rng.Float64()))
	}
	return text[1:], time.Since(begun).Seconds()
}

// draw is the symbol at which the cumulative probability passes u.
func draw(logits []float32, u float64) int {
	var total float64
	for _, l := range logits {
		total += math.Exp(float64(l))
	}
	for i, l := range logits {
		if u -= math.Exp(float64(l)) / total; u < 0 {
			return i
		}
	}
	return len(logits) - 1
}

func microseconds(since time.Time) float64 { return float64(time.Since(since).Nanoseconds()) / 1000 }

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
