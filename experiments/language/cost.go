package language

import (
	"time"

	"genlab/autoregressive"
	"genlab/lab/experiment"
	"genlab/train"
)

// measure puts what a character of a model costs.
func measure(r *experiment.Result, s experiment.Setup, size string, m *autoregressive.Text, seed uint64) {
	context := m.Config().Context
	for _, n := range together {
		cost := write(m, n, context, s.Scale(max(7, 64/n), 1), seed)
		r.Put(of(decoding(n), size), text, "µs", cost)
		r.Put(of(speed(n), size), text, "", 1e6/cost)
		s.Log("%s, seed %d: %.2f µs a character, %d together", size, seed, cost, n)
	}
	c := m.NewCache(1)
	prefixes := experiment.PrefixesUpTo(experiment.LongestPrefix(context))
	l := experiment.FitLine(prefixes, experiment.CharacterCosts(c, make([]float32, len(m.Alphabet())+1), prefixes, s.Scale(100, 2)))
	r.Put(of(fixed, size), text, "µs", l.A)
	r.Put(of(slope, size), text, "ns", 1000*l.B)
	r.Put(of(explained, size), text, "", l.R2)
	r.Put(of(kept, size), text, "bytes", float64(c.Bytes())/float64(context+1))
	r.Put(of(full, size), text, "kB", float64(c.Bytes())/1000)
	s.Log("%s, seed %d: %.1f µs + %.1f ns a character of prefix (R² %.3f)", size, seed, l.A, 1000*l.B, l.R2)
}

// write is the median time of a character, in µs, when n texts of a length are written together.
// Up to 64 are the work of one core.
func write(m *autoregressive.Text, n, length, rounds int, seed uint64) float64 {
	rng := train.NewStream(seed, "sample").Rand
	times := make([]float64, rounds)
	for i := range times {
		begun := time.Now()
		if _, err := m.ContinueAll(make([]string, n), length, autoregressive.Sampling{Temperature: 1}, rng); err != nil {
			panic(err) // nothing to read, and a valid way to sample
		}
		times[i] = experiment.Microseconds(begun) / float64(n*length)
	}
	return experiment.Median(times)
}
