package evaluate

import (
	"fmt"
	"math"
	"strings"
	"time"

	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/masked"
	"genlab/metrics"
	"genlab/train"
)

// boundMasks is the number of masks for each block of the validation text.
const boundMasks = 8

// runMasked is runText for masked diffusion: bounds on the likelihood of the validation text, of sampling one character at a
// time and of sampling in fewer steps, and a sampled text.
func runMasked(r *registry.Run, m models.MaskedRun, w models.Text, n int, o registry.Options) (*Report, func() ([]registry.Picture, error), error) {
	d, prompt, err := m.Decoding(o)
	if err != nil {
		return nil, nil, err
	}
	start := time.Now()
	text, err := m.Write(prompt, shownCharacters, d, r.Job.Seed())
	if err != nil {
		return nil, nil, err
	}
	micro := float64(time.Since(start).Microseconds()) / shownCharacters
	valid := []rune(w.Valid)
	valid = valid[:min(len(valid), 10*n)]
	rep := newReport(r)
	rep.Sampler = d.String()
	add := func(name string, e metrics.Estimate, oracle float64) {
		e.N = len(valid)
		rep.Rows = append(rep.Rows, e.Row(name, oracle, "bound", "lower"))
	}
	rng := train.NewStream(r.Job.Seed(), "bound").Rand
	bound := masked.Bound{Text: m.Text, Samples: boundMasks}.LogBound(string(valid), rng)
	nats := PerCharacter(bound)
	add("nats_per_character_bound", nats, w.EntropyRate)
	if w.Source != nil {
		excess := w.Source.LogProb(string(valid))
		for i, v := range bound {
			excess[i] = v - excess[i]
		}
		add("excess_nats_bound", PerCharacter(excess), 0)
	}
	add("bits_per_character_bound", metrics.Estimate{Value: nats.Value / math.Ln2, SE: nats.SE / math.Ln2}, w.EntropyRate/math.Ln2)
	for steps := 1; steps < m.Config().Block; steps *= 2 {
		parallel := masked.Bound{Text: m.Text, Steps: steps, Samples: max(1, boundMasks/2)}
		add(fmt.Sprintf("nats_per_character_bound_%d", steps), PerCharacter(parallel.LogBound(string(valid), rng)), w.EntropyRate)
	}
	unseen := 0
	for _, c := range valid {
		if !strings.ContainsRune(string(w.Alphabet), c) {
			unseen++
		}
	}
	evaluations := 1.0 // per character
	if d.Steps > 0 {
		evaluations = float64(d.Steps) / float64(m.Config().Block)
	}
	for _, row := range []struct {
		name  string
		value float64
	}{{"unseen_characters", float64(unseen)}, {"evaluations_per_character", evaluations}, {"microseconds_per_character", micro}} {
		rep.Rows = append(rep.Rows, metrics.Estimate{Value: row.value, SE: math.NaN(), N: len(valid)}.Row(row.name, math.NaN(), "", "lower"))
	}
	rep.Note = fmt.Sprintf("Upper bounds on the cross-entropy of %d characters of validation text: a block of %d characters given those before it in a window of %d; ± is one standard error.\n"+
		"A number at the end of a name is the steps in which a block is revealed; without one, characters are revealed one at a time.", len(valid), m.Config().Block, m.Config().Context)
	if w.Source != nil {
		rep.Note += "\nThe oracle is the entropy rate of the source, the lowest possible cross-entropy on a long text."
	}
	rep.Text = prompt + text
	return rep, func() ([]registry.Picture, error) {
		return []registry.Picture{{Name: "text.txt", Data: []byte(rep.Text + "\n")}}, nil
	}, nil
}
