// Package language puts the size of a language model to the test: what a larger one knows more, and
// what a character of it costs.
package language

import (
	"context"
	"fmt"
	"strings"

	"genlab/autoregressive"
	"genlab/lab/experiment"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "language",
	Claim: "A larger transformer is nearer to the entropy rate, and pays for it in time and in memory of the cache for each character; writing several texts together makes a character cheaper.",
	Test: "The text grammar, whose entropy rate is known exactly. Three transformers of its characters with a context of 256, of 1 layer of 32, 2 of 64 and 4 of 128, see the same number of characters. " +
		"Nats a character above the source's own on 100,000 characters of held-out text; the median time of 256 characters, drawn one after another with the cache, in 1, 8 and 64 texts together on one core; " +
		"the times of the characters of one text after prefixes of 16 to 253, fitted by a + b·prefix; and the bytes that the cache keeps.",
	Criterion: "From size to size the nats above the rate fall, their intervals apart; in every training the time of a character of one text and the cache's bytes a character rise from size to size, " +
		"and at each size a character of 8 texts together takes less time than one alone. That of 64 is no criterion: their caches outgrow the processor's.",
	Seeds: 3,
	Brief: func(r *experiment.Result) string {
		small, large := sizes[0].name, sizes[2].name
		return fmt.Sprintf("small → large: %v → %v above the rate, %v → %v a character alone and %v → %v among 8, cache %v → %v a character",
			r.Of(of(excess, small), text), r.Of(of(excess, large), text), r.Of(of(decoding(1), small), text), r.Of(of(decoding(1), large), text),
			r.Of(of(decoding(8), small), text), r.Of(of(decoding(8), large), text), r.Of(of(kept, small), text), r.Of(of(kept, large), text))
	},
	Run: run,
}

const text = "grammar"

// size is a transformer's.
type size struct {
	name                  string
	hidden, layers, heads int
}

var sizes = []size{{"small", 32, 1, 2}, {"medium", 64, 2, 2}, {"large", 128, 4, 4}}

// together are the numbers of texts that are written together.
var together = []int{1, 8, 64}

// The figures, of each size.
const (
	excess     = "nats a character above the rate"
	parameters = "parameters"
	training   = "training"
	fixed      = "a, fixed cost of a character"
	slope      = "b, cost of a character of prefix"
	explained  = "R² of a + b·prefix"
	kept       = "cache of a character"
	full       = "cache of a full context"
)

func of(figure, size string) string { return figure + ", " + size }

func decoding(n int) string { return fmt.Sprintf("a character, %d together", n) }

func speed(n int) string { return fmt.Sprintf("characters a second, %d together", n) }

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{Shown: true}
	w, err := experiment.NewWriting(text)
	if err != nil {
		return nil, err
	}
	for _, seed := range s.Seeds {
		for _, z := range sizes {
			cfg := z.config(w, s)
			if err := r.Use("autoregressive, "+z.name, &cfg); err != nil {
				return nil, err
			}
			m, seconds, err := w.Train(ctx, s, cfg, seed)
			if err != nil {
				return nil, err
			}
			above := w.Excess(m, s.Scale(100000, 500))
			s.Log("%s, seed %d: %.4f nats above the rate", z.name, seed, above)
			r.Put(of(excess, z.name), text, "nats", above)
			r.Put(of(parameters, z.name), text, "", float64(m.Params()))
			r.Put(of(training, z.name), text, "s", seconds)
			measure(r, s, z.name, m, seed)
		}
	}
	var lines []string
	for i, z := range sizes {
		r.Shown = r.Shown && cheaper(r, z.name) && (i == 0 || grows(r, sizes[i-1].name, z.name))
		lines = append(lines, fmt.Sprintf("%s, %.0f parameters: %v above the rate, %v a character alone, %v among 8, %v among 64, %v + %v a character of prefix (R² at least %.3f), %v of cache a character",
			z.name, float64(r.Of(of(parameters, z.name), text).Mean), r.Of(of(excess, z.name), text), r.Of(of(decoding(1), z.name), text), r.Of(of(decoding(8), z.name), text), r.Of(of(decoding(64), z.name), text),
			r.Of(of(fixed, z.name), text), r.Of(of(slope, z.name), text), r.Of(of(explained, z.name), text).Least(), r.Of(of(kept, z.name), text)))
	}
	r.Answer = fmt.Sprintf("Entropy rate %.4f nats. %s.", w.EntropyRate, strings.Join(lines, ". "))
	return r, nil
}

// config is the training of a size: as many characters for all.
func (z size) config(w *experiment.Writing, s experiment.Setup) autoregressive.Config {
	cfg := w.Config(s)
	cfg.Context = s.Scale(256, 40)
	if s.Smoke {
		cfg.Steps = 10
	} else {
		cfg.Steps, cfg.Batch = 1000, 4
	}
	cfg.Hidden, cfg.Layers, cfg.Heads = z.hidden, z.layers, z.heads
	return cfg
}

// grows says whether from a size to the next the nats fall, and what a character costs rises.
func grows(r *experiment.Result, from, to string) bool {
	less, more := r.Of(of(excess, to), text), r.Of(of(excess, from), text)
	if !(less.Mean < more.Mean) || !experiment.Apart(less, more) {
		return false
	}
	for _, cost := range []string{decoding(1), kept} {
		low, high := r.Of(of(cost, from), text).Values, r.Of(of(cost, to), text).Values
		for i := range low {
			if !(low[i] < high[i]) {
				return false
			}
		}
	}
	return true
}

// cheaper says whether a character of a size costs less among several texts.
func cheaper(r *experiment.Result, size string) bool {
	alone, among := r.Of(of(decoding(1), size), text).Values, r.Of(of(decoding(8), size), text).Values
	for i := range alone {
		if !(among[i] < alone[i]) {
			return false
		}
	}
	return true
}
