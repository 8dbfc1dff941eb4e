// Package kvcache puts the cost of a character to the test, with keys and values kept and
// without.
package kvcache

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/experiments"
	"genlab/internal/train"
)

// Experiment is the claim and its test.
var Experiment = experiments.Experiment{
	Name:  "kv-cache",
	Claim: "With the keys and values of the prefix kept, the next character costs a + b·prefix; without them a pass over the whole prefix, so that writing a text costs many times as much.",
	Test: "A transformer of the default size for text with a context of 1100, its weights random, since the cost does not depend on them. " +
		"While texts are written with the cache, the median times of the characters after prefixes of 16 to 1024 are fitted by least squares; without it a character takes a pass over the prefix, with the same kernels; " +
		"then 1000 characters are written both ways, with the same random numbers.",
	Criterion: "a + b·prefix explains at least 95 % of the variance of the cached medians in every round, 1000 characters are at least 10 times faster with the cache, and they are the same characters.",
	Seeds:     5,
	Brief: func(r *experiments.Result) string {
		return fmt.Sprintf("%v + %v a character of prefix; 1000 characters %v as fast", r.Of(fixed, ""), r.Of(slope, ""), r.Of(times, ""))
	},
	Run: run,
}

// letters are as many as English has with its capitals and punctuation.
var letters = func() autoregressive.Alphabet {
	a := make(autoregressive.Alphabet, 65)
	for i := range a {
		a[i] = rune('0' + i)
	}
	return a
}()

func run(ctx context.Context, s experiments.Setup) (*experiments.Result, error) {
	cfg := autoregressive.DefaultTextConfig()
	cfg.Context = s.Scale(1100, 80)
	written, longest := s.Scale(1000, 60), s.Scale(1024, 64)
	r := &experiments.Result{}
	if err := r.Use("autoregressive, text", &cfg); err != nil {
		return nil, err
	}
	afterCached, afterPass := fmt.Sprintf("a character after %d, cached", longest), fmt.Sprintf("a character after %d, by a pass over them", longest)
	textCached, textPass := fmt.Sprintf("%d characters, cached", written), fmt.Sprintf("%d characters, uncached", written)
	for _, seed := range s.Seeds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, err := autoregressive.NewText(cfg, letters, train.NewStream(seed, "init").Rand)
		if err != nil {
			return nil, err
		}
		w := &writer{m.NewCache(1), make([]float32, len(letters)+1)}
		prefixes := prefixesUpTo(longest)
		costs := w.costs(prefixes, s.Scale(30, 3))
		f := fit(prefixes, costs)
		r.Put(fixed, "", "µs", f.a)
		r.Put(slope, "", "ns", 1000*f.b)
		r.Put(explained, "", "", f.r2)
		r.Put(afterCached, "", "µs", costs[len(costs)-1])
		r.Put(afterPass, "", "µs", w.pass(longest, s.Scale(15, 3)))
		with, quick := w.write(written, true, train.NewStream(seed, "sample").Rand)
		without, slow := w.write(written, false, train.NewStream(seed, "sample").Rand)
		r.Put(textCached, "", "s", quick)
		r.Put(textPass, "", "s", slow)
		r.Put(times, "", "×", slow/quick)
		equal := 0
		for i, c := range with {
			if without[i] == c {
				equal++
			}
		}
		r.Put(agreeing, "", "", float64(equal)/float64(written))
		s.Log("round %d: %.1f µs + %.1f ns a character of prefix (R² %.4f); %d characters in %.3f s, without the cache %.2f s",
			seed, f.a, 1000*f.b, f.r2, written, quick, slow)
	}
	r.Shown = r.Of(explained, "").Least() >= 0.95 && r.Of(times, "").Least() >= 10 && r.Of(agreeing, "").Least() == 1
	r.Answer = fmt.Sprintf("A character costs %v + %v a character of prefix (R² at least %.3f); %d characters take %v with the cache and %v without, %v.",
		r.Of(fixed, ""), r.Of(slope, ""), r.Of(explained, "").Least(), written, r.Of(textCached, ""), r.Of(textPass, ""), r.Of(times, ""))
	return r, nil
}

// The figures.
const (
	fixed     = "a, fixed cost of a character"
	slope     = "b, cost of a character of prefix"
	explained = "R² of a + b·prefix"
	times     = "uncached over cached"
	agreeing  = "characters that agree"
)

// prefixesUpTo are the powers of two from 16, and the numbers half way between them.
func prefixesUpTo(longest int) (list []int) {
	for n := 16; n < longest; n *= 2 {
		list = append(list, n, n*3/2)
	}
	return append(list, longest)
}

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

// line is a + b·x with the share of the variance of y that it explains.
type line struct{ a, b, r2 float64 }

// fit is least squares.
func fit(x []int, y []float64) line {
	design := mat.NewDense(len(x), 2, nil)
	var mean float64
	for i, v := range x {
		design.SetRow(i, []float64{1, float64(v)})
		mean += y[i] / float64(len(y))
	}
	var c mat.VecDense
	if err := c.SolveVec(design, mat.NewVecDense(len(y), y)); err != nil {
		panic(err) // two prefixes that differ are always there
	}
	var left, all float64
	for i, v := range x {
		left += math.Pow(y[i]-c.AtVec(0)-c.AtVec(1)*float64(v), 2)
		all += math.Pow(y[i]-mean, 2)
	}
	return line{c.AtVec(0), c.AtVec(1), 1 - left/all}
}

func microseconds(since time.Time) float64 { return float64(time.Since(since).Nanoseconds()) / 1000 }

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
