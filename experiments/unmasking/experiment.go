// Package unmasking tests masked diffusion of text against the autoregressive model: what it costs to model every
// order, how loose the bound is, and what it costs to reveal several characters at once.
package unmasking

import (
	"fmt"
	"math"
	"strings"

	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/masked"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name: "unmasking",
	Claim: "Modelling a text in every order costs likelihood: the bound of a masked diffusion model is further above the entropy rate than the exact cross-entropy of an autoregressive model of the same size. " +
		"The looseness of the bound is a small part of that. Revealing several characters at once costs more the more there are.",
	Test: "The texts are markov and grammar, whose probabilities are known exactly. Both models have 2 transformer blocks of width 64 and their default configurations: masked diffusion reveals blocks of 16 characters given at least 16 before them, " +
		"and the autoregressive model conditions a character on at least 16. Metrics: the mean of log p(source) minus the model's log p or its bound over 50,000 characters of held-out text, in nats per character (excess), " +
		"for sampling one character at a time and for 8, 4, 2 and 1 steps per block (8 masks per block); the gap of the bound, log p by the sum over all orders minus the bound, on 100 held-out blocks of 8 characters given 24 (256 masks per block); " +
		"and for continuations of 48 characters of 500 prompts of the source: on grammar the share without a character that the source cannot write, on markov the source's cross-entropy of the sampled characters.",
	Criterion: "On both texts, in every seed: the excess of the autoregressive model is less than that of masked diffusion; the gap of the bound is between 0 and a quarter of the excess of masked diffusion; " +
		"and the excess increases from one character at a time to 8, 4, 2 and 1 steps.",
	Seeds:    5,
	Data:     []string{"markov", "grammar"},
	SmokeAll: true,
	Run:      run,
	Answer:   answer,
	Brief: func(r *experiment.Result) string {
		var parts []string
		for _, data := range []string{"markov", "grammar"} {
			parts = append(parts, fmt.Sprintf("nats per character above the entropy rate of %s: autoregressive %v, masked %v (of which the bound's gap is %v), in 4 steps per block %v",
				data, r.Of(causal, data), r.Of(excess(0), data), r.Of(gap, data), r.Of(excess(4), data)))
		}
		return strings.Join(parts, "; ")
	},
}

// Names of the measurements.
const (
	causal  = "excess, autoregressive"
	gap     = "gap of the bound"
	quality = "continuations"
)

// steps per block, from the most to the least; 0 is one character at a time.
var steps = []int{0, 8, 4, 2, 1}

func pace(steps int) string {
	switch steps {
	case 0:
		return "one character at a time"
	case 1:
		return "1 step"
	}
	return fmt.Sprintf("%d steps", steps)
}

func excess(steps int) string { return "excess, masked, " + pace(steps) }

func run(t *experiment.Trial) error {
	source, err := datasets.TextByName(t.Column)
	if err != nil {
		return err
	}
	a, aSeconds, err := experiment.Train[*autoregressive.Text](t, "autoregressive", &models.Autoregressive, experiment.Config(t.Setup, &models.Autoregressive, t.Column))
	if err != nil {
		return err
	}
	m, mSeconds, err := experiment.Train[*masked.Text](t, "masked-diffusion", &models.MaskedDiffusion, experiment.Config(t.Setup, &models.MaskedDiffusion, t.Column))
	if err != nil {
		return err
	}
	held := source.Valid[:t.Scale(50000, 500)]
	truth := source.Source.LogProb(held)
	above := func(q []float64) (sum float64) {
		for i, p := range truth {
			sum += (p - q[i]) / float64(len(q))
		}
		return sum
	}
	t.Put(causal, "nats", above(a.LogProb(held)))
	for _, k := range steps {
		b := masked.Bound{Text: m, Steps: k, Samples: t.Scale(8, 1)}
		t.Put(excess(k), "nats", above(b.LogBound(held, t.Rand("bound"))))
	}
	if err := looseness(t, source, m); err != nil {
		return err
	}
	if err := continuations(t, source, a, m); err != nil {
		return err
	}
	t.Put("parameters, autoregressive", "", float64(a.Params()))
	t.Put("parameters, masked", "", float64(m.Params()))
	t.Put("training, autoregressive", "s", aSeconds)
	t.Put("training, masked", "s", mSeconds)
	return nil
}

// looseness measures the gap of the bound, in nats per character, where log p is a sum over few orders.
func looseness(t *experiment.Trial, source *datasets.Text, m *masked.Text) error {
	const block = 8
	b := masked.Bound{Text: m, Block: block, Samples: t.Scale(256, 2)}
	blocks, length := t.Scale(100, 2), m.Config().Context
	var sum float64
	for i := range blocks {
		// The second block of a text of a window and a block: its first window is the block's context.
		text := source.Valid[i*200 : i*200+length+block]
		exact, err := m.SumOverOrders(text[block:], block)
		if err != nil {
			return err
		}
		shares := b.LogBound(text, t.Rand(fmt.Sprintf("gap %d", i)))
		for _, v := range shares[length:] {
			exact -= v
		}
		sum += exact / float64(blocks*block)
	}
	t.Put(gap, "nats", sum)
	return nil
}

// continuations measures sampled texts by the source.
func continuations(t *experiment.Trial, source *datasets.Text, a *autoregressive.Text, m *masked.Text) error {
	const prompt, length = 40, 48
	var prompts []string
	rng := t.Rand("prompts")
	for range t.Scale(500, 4) {
		prompts = append(prompts, source.Source.Sample(prompt, rng))
	}
	put := func(by string, texts []string, err error) error {
		if err != nil {
			return err
		}
		sound, nats := 0.0, 0.0
		for i, text := range texts {
			whole := 0.0
			for _, l := range source.Source.LogProb(prompts[i] + text)[prompt:] {
				whole -= l
			}
			nats += whole / float64(length*len(texts))
			if !math.IsInf(whole, 1) {
				sound += 1 / float64(len(texts))
			}
		}
		if t.Column == "grammar" {
			t.Put(quality+" without an error, "+by, "", sound)
		} else {
			t.Put(quality+", nats of the source, "+by, "nats", nats)
		}
		return nil
	}
	texts, err := a.ContinueAll(prompts, length, autoregressive.Sampling{Temperature: 1}, t.Rand("sample"))
	if err := put("autoregressive", texts, err); err != nil {
		return err
	}
	for _, k := range steps {
		texts, err := m.ContinueAll(prompts, length, masked.Decoding{Steps: k, Temperature: 1}, t.Rand("sample"))
		if err := put("masked, "+pace(k), texts, err); err != nil {
			return err
		}
	}
	for _, order := range []masked.Order{masked.LeftToRight, masked.Confident} {
		texts, err := m.ContinueAll(prompts, length, masked.Decoding{Order: order, Temperature: 1}, t.Rand("sample"))
		if err := put("masked, one character at a time, "+string(order), texts, err); err != nil {
			return err
		}
	}
	return nil
}

func answer(r *experiment.Result) (supported bool, text string) {
	supported = true
	var lines []string
	for _, data := range []string{"markov", "grammar"} {
		one := r.Of(excess(0), data)
		supported = supported && experiment.Increasing(r.Of(causal, data), one) &&
			experiment.Every(func(v []float64) bool { return v[0] >= 0 && v[0] <= v[1]/4 }, r.Of(gap, data), one)
		all := []experiment.Measurement{}
		for _, k := range steps {
			all = append(all, r.Of(excess(k), data))
		}
		supported = supported && experiment.Increasing(all...)
		lines = append(lines, fmt.Sprintf("On %s the autoregressive model is %v above the source's entropy, and the bound of masked diffusion %v, of which %v is the bound's gap; in 8, 4, 2 and 1 steps per block it is %v, %v, %v and %v.",
			data, r.Of(causal, data), one, r.Of(gap, data), all[1], all[2], all[3], all[4]))
	}
	return supported, strings.Join(lines, " ")
}
