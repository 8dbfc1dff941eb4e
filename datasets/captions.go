package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/suggest"
)

// Caption is a prompt of the form COUNT ROW COLUMN, such as "two points upper left"; each field is an
// index into the words of its slot.
type Caption struct{ Count, Row, Column int }

// captionWords are the words of each slot.
var captionWords = [3][]string{
	{"one point", "two points", "three points"},
	{"upper", "middle", "lower"},
	{"left", "centre", "right"},
}

// heldOut are the captions missing from the training distribution. Every word and every pair of
// words still occurs in others.
var heldOut = map[Caption]bool{
	{0, 0, 2}: true, {1, 1, 1}: true, {2, 2, 0}: true, {2, 0, 1}: true, {0, 2, 0}: true,
}

// Captions returns all captions, in the order of the labels.
func Captions() []Caption {
	var all []Caption
	for i := range captionWords[0] {
		for j := range captionWords[1] {
			for k := range captionWords[2] {
				all = append(all, Caption{i, j, k})
			}
		}
	}
	return all
}

// Prompts returns the text of each label; the texts of held-out captions are empty.
func Prompts() []string {
	var all []string
	for _, c := range Captions() {
		if c.HeldOut() {
			all = append(all, "")
		} else {
			all = append(all, c.String())
		}
	}
	return all
}

func (c Caption) String() string {
	return captionWords[0][c.Count] + " " + captionWords[1][c.Row] + " " + captionWords[2][c.Column]
}

// HeldOut reports whether the caption is missing from the training distribution.
func (c Caption) HeldOut() bool { return heldOut[c] }

// ParseCaption parses a prompt, ignoring case and extra spaces. It fails if a word is not valid in
// its slot, with an error that lists the valid words.
func ParseCaption(prompt string) (c Caption, err error) {
	rest := strings.Join(strings.Fields(strings.ToLower(prompt)), " ")
	for place, at := range []*int{&c.Count, &c.Row, &c.Column} {
		found := false
		for i, word := range captionWords[place] {
			if after, ok := strings.CutPrefix(rest+" ", word+" "); ok {
				*at, rest, found = i, strings.TrimSuffix(after, " "), true
				break
			}
		}
		if !found {
			given := strings.Fields(rest + " ")
			next := strings.Join(given[:min(len(given), strings.Count(captionWords[place][0], " ")+1)], " ")
			return c, fmt.Errorf("prompt %q: %w", prompt, suggest.Name([]string{"count", "row", "column"}[place], next, captionWords[place]))
		}
	}
	if rest != "" {
		return c, fmt.Errorf("prompt %q: unexpected %q after %q", prompt, rest, c)
	}
	return c, nil
}

// CaptionCell is the side of a cell of the grid of captions.
const CaptionCell = 2.5

// Distribution returns the distribution that a caption describes: COUNT Gaussians around the centre
// of a cell of a 3 x 3 grid.
func (c Caption) Distribution() *Mixture {
	const cell, sigma = CaptionCell, 0.15
	around := [][][2]float64{
		{{0, 0}},
		{{-.6, 0}, {.6, 0}},
		{{0, .7}, {-.6, -.35}, {.6, -.35}},
	}[c.Count]
	m := &Mixture{Sigma: sigma}
	for _, p := range around {
		m.Centres = append(m.Centres, [2]float64{cell*float64(c.Column-1) + p[0], cell*float64(1-c.Row) + p[1]})
	}
	return m
}

// captioned is the training distribution: a uniform caption that is not held out, then a sample of
// its distribution. Labels are indices into Captions.
type captioned struct {
	mixtures []*Mixture
	labels   []int
}

func newCaptioned() (c captioned) {
	for i, caption := range Captions() {
		if !caption.HeldOut() {
			c.mixtures, c.labels = append(c.mixtures, caption.Distribution()), append(c.labels, i)
		}
	}
	return c
}

// SampleLabelled implements [Labelled]. It panics if n < 1.
func (c captioned) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	x, labels = sampleComponents(n, len(c.mixtures), rng, func(k int) (x, y float64) {
		p := c.mixtures[k].Sample(1, rng)
		return p.At(0, 0), p.At(0, 1)
	})
	for i, k := range labels {
		labels[i] = c.labels[k]
	}
	return x, labels
}

// Sample returns n samples (n x 2).
func (c captioned) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := c.SampleLabelled(n, rng)
	return x
}

// LogProb returns log p of each row of x (n x 2), in nats.
func (c captioned) LogProb(x mat.Matrix) []float64 {
	n := mustHaveColumns("LogProb", x, 2)
	logp := make([]float64, n)
	for i := range logp {
		logp[i] = math.Inf(-1)
	}
	for _, m := range c.mixtures {
		for i, l := range m.LogProb(x) {
			logp[i] = logAdd(logp[i], l)
		}
	}
	for i := range logp {
		logp[i] -= math.Log(float64(len(c.mixtures)))
	}
	return logp
}

func captions() *Dataset {
	c := newCaptioned()
	var labels []string
	for _, caption := range Captions() {
		labels = append(labels, caption.String())
	}
	return &Dataset{
		Name:    "captions",
		Summary: fmt.Sprintf("Gaussians placed by one of %d prompts such as \"two points upper left\"; %d more prompts are held out", len(c.mixtures), len(heldOut)),
		Sampler: c, Density: c, Labels: labels,
		Entropy: captionsEntropy, HighQuality: math.NaN(), box: square(4.2),
	}
}
