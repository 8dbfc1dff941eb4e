package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"gonum.org/v1/gonum/floats"

	"genlab"
	"genlab/autoregressive"
	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
)

// writing is a text that a model learns from.
type writing struct {
	*datasets.Text
	alphabet autoregressive.Alphabet
	windows  genlab.Sampler
}

func (w writing) law() genlab.Sampler { return w.windows }

func (w writing) digest() []byte {
	sum := w.Digest()
	return sum[:]
}

// shownCharacters is the length of the text that ends a training.
const shownCharacters = 600

// evaluate measures the likelihood of the validation text, 20 characters of it for each sample
// asked for, and writes a text.
func (w writing) evaluate(r *opened, n int, flags samplingFlags) (*report, func() ([]picture, error), error) {
	m := r.sampled.(*autoregressive.Text)
	s, prompt, err := textSampling(r, flags)
	if err != nil {
		return nil, nil, err
	}
	start := time.Now()
	text, err := write(m, prompt, shownCharacters, s, r.seed)
	if err != nil {
		return nil, nil, err
	}
	micro := float64(time.Since(start).Microseconds()) / shownCharacters

	valid := []rune(w.Valid)
	valid = valid[:min(len(valid), 20*n)]
	logp := m.LogProb(string(valid))
	nats, count := perCharacter(logp), len(logp)
	rep := newReport(r)
	rep.Sampler = s.String()
	none, rate := number(math.NaN()), number(w.Rate)
	add := func(name string, e metrics.Estimate, oracle number) {
		rep.add(name, figure{number(e.Value), number(e.SE), oracle, count, "exact", "lower"})
	}
	add("nats_per_character", nats, rate)
	if w.Source != nil {
		truth := w.Source.LogProb(string(valid))
		floats.Sub(truth, logp)
		floats.Scale(-1, truth) // the negative of the difference, which perCharacter turns around
		add("excess_nats", perCharacter(truth), 0)
	}
	add("bits_per_character", metrics.Estimate{Value: nats.Value / math.Ln2, SE: nats.SE / math.Ln2}, rate/math.Ln2)
	perplexity := math.Exp(nats.Value)
	add("perplexity", metrics.Estimate{Value: perplexity, SE: perplexity * nats.SE}, number(math.Exp(w.Rate)))
	if blocks := m.BlockLogProb(string(valid)); len(blocks) > 0 {
		add("block_nats", perCharacter(blocks), none)
	}
	unseen := 0
	for _, c := range valid {
		if !strings.ContainsRune(string(w.alphabet), c) {
			unseen++
		}
	}
	rep.add("unseen_characters", figure{number(unseen), 0, none, count, "", "lower"})
	rep.add("microseconds_per_character", figure{number(micro), none, none, shownCharacters, "", "lower"})
	rep.note = fmt.Sprintf("Nats a character of %d characters of validation text, each given all before it that its window holds; ± is one standard error.\n"+
		"The training loss is higher: its windows begin anywhere, and their first characters have little before them.", count)
	if w.Source != nil {
		rep.note += "\nThe oracle is the entropy rate of the source: no model can do better on a long text."
	}
	rep.note += fmt.Sprintf("\n\nIt writes (%v):\n\n%s%s\n", s, prompt, text)
	return rep, func() ([]picture, error) { return []picture{{"text.txt", []byte(prompt + text + "\n")}}, nil }, nil
}

// perCharacter is the mean of -log p, with the standard error of means over 500 characters, which
// hardly depend on each other as characters do.
func perCharacter(logp []float64) metrics.Estimate {
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

// textSampling is a model's sampling with what the flags change of it, and the prompt.
func textSampling(r *opened, f samplingFlags) (s autoregressive.Sampling, prompt string, err error) {
	text := f.textFlags
	if f.textFlags = (textFlags{}); f != (samplingFlags{}) {
		return s, "", usagef("text is drawn character by character: --sampler, --nfe, --eta, --spacing and --guidance belong to diffusion runs")
	}
	s = r.sampled.(*autoregressive.Text).Config().Sampling()
	if text.Temperature != nil {
		s.Temperature = *text.Temperature
	}
	if text.TopK != nil {
		s.TopK = *text.TopK
	}
	if text.Prompt != nil {
		prompt = *text.Prompt
	}
	if err := s.Validate(); err != nil {
		return s, "", usageError{err}
	}
	return s, prompt, nil
}

// write returns the n characters that follow a prompt.
func write(m *autoregressive.Text, prompt string, n int, s autoregressive.Sampling, seed uint64) (string, error) {
	characters, err := m.Continue(prompt, s, train.NewStream(seed, "sample").Rand)
	if err != nil {
		return "", usagef("--prompt: %w", err)
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

// sampleText is the command sample on a run of text: n characters after the prompt.
func (c *sampleCmd) sampleText(con *console, r *opened, m *autoregressive.Text, seed uint64) error {
	s, prompt, err := textSampling(r, c.samplingFlags)
	if err != nil {
		return err
	}
	text, err := write(m, prompt, c.N, s, seed)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err := fmt.Fprintln(con.stdout, prompt+text)
		return err
	}
	if err := os.WriteFile(c.Out, []byte(prompt+text), 0o666); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s: %d characters\n", c.Out, c.N)
	return nil
}
