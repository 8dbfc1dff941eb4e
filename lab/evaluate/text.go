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

// shownCharacters is the length of the text that is sampled.
const shownCharacters = 600

// runText measures the likelihood of the validation text, 20 characters for each of n samples, and samples a
// text.
func runText(r *registry.Run, w models.Text, n int, o registry.Options) (*Report, func() ([]registry.Picture, error), error) {
	if m, ok := r.Model.(models.MaskedRun); ok {
		return runMasked(r, m, w, n, o)
	}
	m := r.Model.(models.TextRun)
	sampled, s, prompt, err := m.Sampling(o)
	if err != nil {
		return nil, nil, err
	}
	start := time.Now()
	text, err := Continue(sampled, prompt, shownCharacters, s, r.Job.Seed())
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
	byBlocks := ""
	if blocks := m.BlockLogProb(string(valid)); len(blocks) > 0 {
		add("block_nats", PerCharacter(blocks), math.NaN())
		byBlocks = "\nblock_nats is the cross-entropy of separate blocks of the context's length, as many others report it: the first characters of each have little context."
	}
	unseen := 0
	for _, c := range valid {
		if !strings.ContainsRune(string(w.Alphabet), c) {
			unseen++
		}
	}
	rep.Rows = append(rep.Rows, metrics.Estimate{Value: float64(unseen), N: count}.Row("unseen_characters", math.NaN(), "", "lower"))
	rep.Rows = append(rep.Rows, metrics.Estimate{Value: micro, SE: math.NaN(), N: shownCharacters}.Row("microseconds_per_character", math.NaN(), "", "lower"))
	rep.Note = fmt.Sprintf("Cross-entropy of %d characters of validation text, each conditioned on as many preceding ones as the context holds; ± is one standard error.\n"+
		"The training loss is higher, since the first characters of its windows have little context.", count) + byBlocks
	if w.Source != nil {
		rep.Note += "\nThe oracle is the entropy rate of the source, the lowest possible cross-entropy on a long text."
	}
	rep.Text = prompt + text
	return rep, func() ([]registry.Picture, error) {
		return []registry.Picture{{Name: "text.txt", Data: []byte(rep.Text + "\n")}}, nil
	}, nil
}

// PerCharacter returns the mean of −log p in nats per character, with a standard error from the means of
// blocks of 500 characters, since neighbouring characters are correlated.
func PerCharacter(logp []float64) metrics.Estimate {
	const block = 500
	e := metrics.Estimate{Value: -floats.Sum(logp) / float64(len(logp)), SE: math.NaN(), N: len(logp)}
	var means []float64
	for lo := 0; lo+block <= len(logp); lo += block {
		means = append(means, floats.Sum(logp[lo:lo+block])/block)
	}
	if len(means) > 1 {
		e.SE = metrics.Mean(means).SE
	}
	return e
}

// Continue samples n characters that continue a prompt. It fails with a usage error where the prompt has
// characters that the model does not know.
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
