// Package language tests the effect of a language model's size: how close it comes to the entropy rate,
// and what a character costs.
package language

import (
	"fmt"
	"strings"
	"time"

	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/lab/experiment"
	"genlab/lab/models"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "language",
	Claim: "A larger transformer comes closer to the entropy rate, at a higher cost in time and cache memory per character; generating several texts in one batch makes each character cheaper.",
	Test: "The dataset is the text source grammar, whose entropy rate is known exactly. Three character-level transformers with a context of 256 (1 layer of width 32, 2 layers of width 64, and 4 layers of width 128) are trained on the same number of characters. " +
		"Metrics: the cross-entropy in excess of the source's own, in nats per character, on 100,000 characters of held-out text; the median time per character when 256 characters are generated with the cache, in batches of 1, 8 and 64 texts on one core; " +
		"the time per character of one text after prefixes of 16 to 253 characters, fitted by a + b·(prefix length); and the size of the cache.",
	Criterion: "From each size to the next, the excess over the entropy rate decreases, with disjoint intervals; in every training, the time per character of a single text and the cache memory per character increase from size to size, " +
		"and at each size a character costs less in a batch of 8 texts than alone. The batch of 64 is not part of the criterion, because its KV caches do not fit in the processor's caches.",
	Seeds:  5,
	Data:   []string{text},
	Run:    run,
	Answer: answer,
	Brief: func(r *experiment.Result) string {
		from := func(metric string) string {
			return fmt.Sprintf("%v → %v", r.Of(name(metric, sizes[0].name), text), r.Of(name(metric, sizes[2].name), text))
		}
		return fmt.Sprintf("small → large: %s above the entropy rate; per character %s alone, %s in a batch of 8, cache %s", from(excess), from(decoding(1)), from(decoding(8)), from(cache))
	},
	Labels: []string{"nats a character above the rate", "cross-entropy above the entropy rate, per character", "a, fixed cost of a character", "a, fixed time per character",
		"b, cost of a character of prefix", "b, time per character of prefix", "cache of a character", "cache per character", "characters a second", "characters per second",
		"a character, ", "time per character, ", "1 together", "alone", "8 together", "batch of 8", "64 together", "batch of 64"},
}

const text = "grammar"

// entropyRate of the text, in nats per character.
const entropyRate = 0.3343

// size is that of a transformer.
type size struct {
	name                  string
	hidden, layers, heads int
}

var sizes = []size{{"small", 32, 1, 2}, {"medium", 64, 2, 2}, {"large", 128, 4, 4}}

// Names of the measurements, before the size.
const (
	excess     = "nats a character above the rate"
	parameters = "parameters"
	fixed      = "a, fixed cost of a character"
	slope      = "b, cost of a character of prefix"
	explained  = "R² of a + b·prefix"
	cache      = "cache of a character"
)

func name(metric, size string) string { return metric + ", " + size }

func decoding(batch int) string { return fmt.Sprintf("a character, %d together", batch) }

func run(t *experiment.Trial) error {
	source, err := datasets.TextByName(text)
	if err != nil {
		return err
	}
	for _, z := range sizes {
		m, seconds, err := experiment.Train[*autoregressive.Text](t, "autoregressive, "+z.name, &models.Autoregressive, z.config(t.Setup))
		if err != nil {
			return err
		}
		put := func(metric, unit string, v float64) { t.Put(name(metric, z.name), unit, v) }
		put(excess, "nats", above(source, m, t.Scale(100000, 500)))
		put(parameters, "", float64(m.Params()))
		put("training", "s", seconds)
		context := m.Config().Context
		for _, batch := range []int{1, 8, 64} {
			cost := generate(t, m, batch, context, t.Scale(max(7, 64/batch), 1))
			put(decoding(batch), "µs", cost)
			put(fmt.Sprintf("characters a second, %d together", batch), "", 1e6/cost)
		}
		c := m.NewCache(1)
		prefixes := experiment.PrefixesUpTo(experiment.LongestPrefix(context))
		l := experiment.FitLine(prefixes, experiment.CharacterCosts(c, make([]float32, len(m.Alphabet())+1), prefixes, t.Scale(100, 2)))
		put(fixed, "µs", l.A)
		put(slope, "ns", 1000*l.B)
		put(explained, "", l.R2)
		put(cache, "bytes", float64(c.Bytes())/float64(context+1))
		put("cache of a full context", "kB", float64(c.Bytes())/1000)
	}
	return nil
}

// config returns the configuration of a size. All are trained on the same number of characters.
func (z size) config(s experiment.Setup) autoregressive.Config {
	cfg := experiment.Config(s, &models.Autoregressive, text)
	cfg.Context, cfg.Batch, cfg.Steps = s.Scale(256, 40), 4, s.Scale(1000, 10)
	cfg.Hidden, cfg.Layers, cfg.Heads = z.hidden, z.layers, z.heads
	return cfg
}

// above returns the mean of log p - log q over the first n characters of held-out text, in nats per
// character: the excess over the entropy rate, whatever text was sampled.
func above(source *datasets.Text, m *autoregressive.Text, n int) float64 {
	held := source.Valid[:n]
	var sum float64
	q := m.LogProb(held)
	for i, p := range source.Source.LogProb(held) {
		sum += p - q[i]
	}
	return sum / float64(len(q))
}

// generate returns the median time per character, in µs, when a batch of texts of a length is
// generated. Up to 64 texts are generated on one core.
func generate(t *experiment.Trial, m *autoregressive.Text, batch, length, rounds int) float64 {
	rng := t.Rand("sample")
	times := make([]float64, rounds)
	for i := range times {
		begun := time.Now()
		if _, err := m.ContinueAll(make([]string, batch), length, autoregressive.Sampling{Temperature: 1}, rng); err != nil {
			panic(err) // the prompts are empty and the sampling valid
		}
		times[i] = experiment.Microseconds(begun) / float64(batch*length)
	}
	return experiment.Median(times)
}

func answer(r *experiment.Result) (supported bool, answer string) {
	supported = true
	var lines []string
	for i, z := range sizes {
		supported = supported && cheaper(r, z.name) && (i == 0 || grows(r, sizes[i-1].name, z.name))
		of := func(metric string) experiment.Measurement { return r.Of(name(metric, z.name), text) }
		lines = append(lines, fmt.Sprintf("The %s model (%.0f parameters) is %v above it; a character takes %v in a single text, %v in a batch of 8 and %v in a batch of 64, or %v + %v per character of prefix (R² at least %.3f), and %v of cache.",
			z.name, float64(of(parameters).Mean), of(excess), of(decoding(1)), of(decoding(8)), of(decoding(64)), of(fixed), of(slope), of(explained).Min(), of(cache)))
	}
	return supported, fmt.Sprintf("The entropy rate is %.4f nats per character. %s", entropyRate, strings.Join(lines, " "))
}

// grows reports whether from a size to the next the excess decreases and the costs increase.
func grows(r *experiment.Result, from, to string) bool {
	of := func(metric, size string) experiment.Measurement { return r.Of(name(metric, size), text) }
	small, large := of(excess, from), of(excess, to)
	return large.Mean < small.Mean && experiment.Disjoint(large, small) &&
		experiment.Increasing(of(decoding(1), from), of(decoding(1), to)) && experiment.Increasing(of(cache, from), of(cache, to))
}

// cheaper reports whether a character of a size costs less in a batch of 8.
func cheaper(r *experiment.Result, size string) bool {
	return experiment.Increasing(r.Of(name(decoding(8), size), text), r.Of(name(decoding(1), size), text))
}
