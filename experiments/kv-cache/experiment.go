// Package kvcache puts the cost of a character to the test, with keys and values kept and
// without.
package kvcache

import (
	"context"
	"fmt"

	"genlab/autoregressive"
	"genlab/lab/experiment"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "kv-cache",
	Claim: "With the keys and values of the prefix kept, the next character costs a + b·prefix; without them a pass over the whole prefix, so that writing a text costs many times as much.",
	Test: "A transformer of the default size for text with a context of 1100, its weights random, since the cost does not depend on them. " +
		"While texts are written with the cache, the median times of the characters after prefixes of 16 to 1024 are fitted by least squares; without it a character takes a pass over the prefix, with the same kernels; " +
		"then 1000 characters are written both ways, with the same random numbers.",
	Criterion: "a + b·prefix explains at least 95 % of the variance of the cached medians in every round, 1000 characters are at least 10 times faster with the cache, and they are the same characters.",
	Seeds:     5,
	Brief: func(r *experiment.Result) string {
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

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	cfg := autoregressive.DefaultTextConfig()
	cfg.Context = s.Scale(1100, 80)
	written, longest := s.Scale(1000, 60), s.Scale(1024, 64)
	r := &experiment.Result{}
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
		prefixes := experiment.PrefixesUpTo(longest)
		costs := experiment.CharacterCosts(w.cache, w.logits, prefixes, s.Scale(30, 3))
		f := experiment.FitLine(prefixes, costs)
		r.Put(fixed, "", "µs", f.A)
		r.Put(slope, "", "ns", 1000*f.B)
		r.Put(explained, "", "", f.R2)
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
			seed, f.A, 1000*f.B, f.R2, written, quick, slow)
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
