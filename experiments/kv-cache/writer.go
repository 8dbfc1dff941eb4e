package kvcache

import (
	"math"
	"math/rand/v2"
	"time"

	"genlab/autoregressive"
	"genlab/lab/experiment"
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

// pass is the median time, in µs, of a character after n without the cache.
func (w *writer) pass(n, rounds int) float64 {
	var times []float64
	for range rounds {
		begun := time.Now()
		w.fill(n)
		times = append(times, experiment.Microseconds(begun))
	}
	return experiment.Median(times)
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
