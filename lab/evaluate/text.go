package evaluate

import (
	"fmt"
	"math"
	"strings"
	"time"

	"gonum.org/v1/gonum/floats"

	"genlab/autoregressive"
	"genlab/internal/usage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// shownCharacters is the length of the text that ends a training.
const shownCharacters = 600

// runText measures the likelihood of the validation text, 20 characters of it for each sample
// asked for, and writes a text.
func runText(r *registry.Run, w models.Text, n int, o registry.Options) (*Report, func() ([]registry.Picture, error), error) {
	m := r.Model.(models.TextRun)
	s, prompt, err := m.Sampling(o)
	if err != nil {
		return nil, nil, err
	}
	start := time.Now()
	text, err := Continue(m.Text, prompt, shownCharacters, s, r.Job.Seed())
	if err != nil {
		return nil, nil, err
	}
	micro := float64(time.Since(start).Microseconds()) / shownCharacters

	valid := []rune(w.Valid)
	valid = valid[:min(len(valid), 20*n)]
	logp := m.LogProb(string(valid))
	nats, count := PerCharacter(logp), len(logp)
	rep := newReport(r)
	rep.Sampler = s.String()
	add := func(name string, e metrics.Estimate, oracle float64) {
		e.N = count
		rep.Rows = append(rep.Rows, e.Row(name, oracle, "exact", "lower"))
	}
	add("nats_per_character", nats, w.EntropyRate)
	if w.Source != nil {
		truth := w.Source.LogProb(string(valid))
		floats.Sub(truth, logp)
		floats.Scale(-1, truth) // the negative of the difference, which PerCharacter turns around
		add("excess_nats", PerCharacter(truth), 0)
	}
	add("bits_per_character", metrics.Estimate{Value: nats.Value / math.Ln2, SE: nats.SE / math.Ln2}, w.EntropyRate/math.Ln2)
	perplexity := math.Exp(nats.Value)
	add("perplexity", metrics.Estimate{Value: perplexity, SE: perplexity * nats.SE}, math.Exp(w.EntropyRate))
	if blocks := m.BlockLogProb(string(valid)); len(blocks) > 0 {
		add("block_nats", PerCharacter(blocks), math.NaN())
	}
	unseen := 0
	for _, c := range valid {
		if !strings.ContainsRune(string(w.Alphabet), c) {
			unseen++
		}
	}
	rep.Rows = append(rep.Rows, metrics.Estimate{Value: float64(unseen), N: count}.Row("unseen_characters", math.NaN(), "", "lower"))
	rep.Rows = append(rep.Rows, metrics.Estimate{Value: micro, SE: math.NaN(), N: shownCharacters}.Row("microseconds_per_character", math.NaN(), "", "lower"))
	rep.Note = fmt.Sprintf("Nats a character of %d characters of validation text, each given all before it that its window holds; ± is one standard error.\n"+
		"The training loss is higher: its windows begin anywhere, and their first characters have little before them.", count)
	if w.Source != nil {
		rep.Note += "\nThe oracle is the entropy rate of the source: no model can do better on a long text."
	}
	rep.Note += fmt.Sprintf("\n\nIt writes (%v):\n\n%s%s\n", s, prompt, text)
	return rep, func() ([]registry.Picture, error) {
		return []registry.Picture{{Name: "text.txt", Data: []byte(prompt + text + "\n")}}, nil
	}, nil
}

// PerCharacter is the mean of -log p, with the standard error of means over 500 characters, which
// hardly depend on each other as characters do.
func PerCharacter(logp []float64) metrics.Estimate {
	const stretch = 500
	e := metrics.Estimate{Value: -floats.Sum(logp) / float64(len(logp)), SE: math.NaN(), N: len(logp)}
	var means []float64
	for lo := 0; lo+stretch <= len(logp); lo += stretch {
		means = append(means, floats.Sum(logp[lo:lo+stretch])/stretch)
	}
	if len(means) > 1 {
		e.SE = metrics.Mean(means).SE
	}
	return e
}

// Continue returns the n characters that follow a prompt.
func Continue(m *autoregressive.Text, prompt string, n int, s autoregressive.Sampling, seed uint64) (string, error) {
	characters, err := m.Continue(prompt, s, train.NewStream(seed, "sample").Rand)
	if err != nil {
		return "", usage.Errorf("--prompt: %w", err)
	}
	var text strings.Builder
	for c := range characters {
		text.WriteRune(c)
		if n--; n == 0 {
			break
		}
	}
	return text.String(), nil
}
