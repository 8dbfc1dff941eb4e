// Package kvcache tests the cost of generating a character with and without a KV cache.
package kvcache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"genlab/autoregressive"
	"genlab/lab/experiment"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "kv-cache",
	Claim: "With a KV cache the time of the next character is a + b·(prefix length); without it, each character takes an evaluation of the whole prefix, which makes generating a text many times as expensive.",
	Test: "The model is a transformer of the default size for text with a context of 1100. Its weights are random, since the cost does not depend on them. " +
		"With the cache, the median time per character is measured after prefixes of 16 to 1024 characters and fitted by least squares; without it, each character takes an evaluation of the prefix, with the same kernels. " +
		"Then 1000 characters are generated both ways with the same random numbers.",
	Criterion: "In every round, a + b·(prefix length) explains at least 95 % of the variance of the medians with the cache, 1000 characters are generated at least 10 times faster with it, and both ways generate the same characters.",
	Seeds:     5,
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		return fmt.Sprintf("%v + %v per character of prefix; 1000 characters %v faster", r.Of(fixed, ""), r.Of(slope, ""), r.Of(speedup, ""))
	},
	Labels: []string{"a, fixed cost of a character", "a, fixed time per character", "b, cost of a character of prefix", "b, time per character of prefix",
		"by a pass over them", "without the cache", "uncached over cached", "time without the cache / time with it", "characters that agree", "share of equal characters"},
}

// letters is an alphabet of the size of English with capitals and punctuation.
var letters = func() autoregressive.Alphabet {
	a := make(autoregressive.Alphabet, 65)
	for i := range a {
		a[i] = rune('0' + i)
	}
	return a
}()

// Names of the measurements.
const (
	fixed     = "a, fixed cost of a character"
	slope     = "b, cost of a character of prefix"
	explained = "R² of a + b·prefix"
	speedup   = "uncached over cached"
	agreeing  = "characters that agree"
)

func textTime(n int, cached string) string { return fmt.Sprintf("%d characters, %s", n, cached) }

// length is the number of characters that are generated.
func length(smoke bool) int { return experiment.Setup{Smoke: smoke}.Scale(1000, 60) }

func run(t *experiment.Trial) error {
	cfg := autoregressive.DefaultTextConfig()
	cfg.Context = t.Scale(1100, 80)
	n, longest := length(t.Smoke), t.Scale(1024, 64)
	if err := t.Result.Use("autoregressive, text", &cfg); err != nil {
		return err
	}
	m, err := autoregressive.NewText(cfg, letters, t.Rand("init"))
	if err != nil {
		return err
	}
	g := &generator{m.NewCache(1), make([]float32, len(letters)+1)}
	prefixes := experiment.PrefixesUpTo(longest)
	costs := experiment.CharacterCosts(g.cache, g.logits, prefixes, t.Scale(30, 3))
	f := experiment.FitLine(prefixes, costs)
	t.Put(fixed, "µs", f.A)
	t.Put(slope, "ns", 1000*f.B)
	t.Put(explained, "", f.R2)
	t.Put(fmt.Sprintf("a character after %d, cached", longest), "µs", costs[len(costs)-1])
	t.Put(fmt.Sprintf("a character after %d, by a pass over them", longest), "µs", g.uncached(longest, t.Scale(15, 3)))
	with, fast := g.generate(n, true, t.Rand("sample"))
	without, slow := g.generate(n, false, t.Rand("sample"))
	t.Put(textTime(n, "cached"), "s", fast)
	t.Put(textTime(n, "uncached"), "s", slow)
	t.Put(speedup, "×", slow/fast)
	equal := 0
	for i, c := range with {
		if without[i] == c {
			equal++
		}
	}
	t.Put(agreeing, "", float64(equal)/float64(n))
	return nil
}

func answer(r *experiment.Result) (supported bool, text string) {
	n := length(r.Smoke)
	return r.Of(explained, "").Min() >= 0.95 && r.Of(speedup, "").Min() >= 10 && r.Of(agreeing, "").Min() == 1,
		fmt.Sprintf("With the cache a character takes %v + %v per character of prefix (R² at least %.3f). Generating %d characters takes %v with the cache and %v without it, %v as long.",
			r.Of(fixed, ""), r.Of(slope, ""), r.Of(explained, "").Min(), n, r.Of(textTime(n, "cached"), ""), r.Of(textTime(n, "uncached"), ""), r.Of(speedup, ""))
}

// generator continues one sequence.
type generator struct {
	cache  *autoregressive.Cache
	logits []float32
}

var one = []int{0} // the sequence

// uncached returns the median time, in µs, of a character after n without the cache.
func (g *generator) uncached(n, rounds int) float64 {
	var times []float64
	for range rounds {
		begun := time.Now()
		g.cache.Reset(0)
		g.cache.Extend(one, make([]int, n), g.logits)
		times = append(times, experiment.Microseconds(begun))
	}
	return experiment.Median(times)
}

// generate samples n characters and returns them with the time taken, in seconds.
func (g *generator) generate(n int, cached bool, rng *rand.Rand) (text []int, seconds float64) {
	begun := time.Now()
	g.cache.Reset(0)
	text = []int{0} // the character before the first
	for range n {
		if cached {
			g.cache.Extend(one, text[len(text)-1:], g.logits)
		} else {
			g.cache.Reset(0)
			g.cache.Extend(one, text, g.logits)
		}
		text = append(text, sample(g.logits[:len(letters)], rng.Float64()))
	}
	return text[1:], time.Since(begun).Seconds()
}

// sample returns the symbol at which the cumulative probability exceeds u.
func sample(logits []float32, u float64) int {
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
