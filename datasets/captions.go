package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/suggest"
)

// Caption is a prompt of a small grammar, COUNT ROW COLUMN: "two points upper left". Each is
// an index into the words of its place.
type Caption struct{ Count, Row, Column int }

// The words, place by place.
var captionWords = [3][]string{
	{"one point", "two points", "three points"},
	{"upper", "middle", "lower"},
	{"left", "centre", "right"},
}

// heldOut are the captions that the training law leaves out. Every word, and every two words
// together, still occur in others.
var heldOut = map[Caption]bool{
	{0, 0, 2}: true, {1, 1, 1}: true, {2, 2, 0}: true, {2, 0, 1}: true, {0, 2, 0}: true,
}

// Captions returns all prompts, in the order of the labels.
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

// Prompts returns the prompts of the training law at their labels; those that are held out are empty.
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

// HeldOut says whether the training law leaves the caption out.
func (c Caption) HeldOut() bool { return heldOut[c] }

// ParseCaption reads a prompt. What is no word of its place gives an *suggest.Error with those
// that are.
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
		return c, fmt.Errorf("prompt %q: %q is left over after %q", prompt, rest, c)
	}
	return c, nil
}

// Distribution returns the distribution that a caption describes: as many Gaussians as it counts,
// around a cell of a grid of three by three.
func (c Caption) Distribution() *Mixture {
	const cell, sigma = captionCell, 0.15
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

// captioned is the training law: a caption that is not held out, and a draw of its law. It is a
// Sampler, a LogProber and a Labelled, whose labels are indices into Captions.
type captioned struct {
	laws   []*Mixture
	labels []int
}

func newCaptioned() (c captioned) {
	for i, caption := range Captions() {
		if !caption.HeldOut() {
			c.laws, c.labels = append(c.laws, caption.Distribution()), append(c.labels, i)
		}
	}
	return c
}

// SampleLabelled implements Labelled.
func (c captioned) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	mustSample(n)
	x, labels = mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		k := rng.IntN(len(c.laws))
		x.SetRow(i, c.laws[k].Sample(1, rng).RawRowView(0))
		labels[i] = c.labels[k]
	}
	return x, labels
}

// Sample returns n draws (n x 2).
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
	for _, law := range c.laws {
		for i, l := range law.LogProb(x) {
			if high, low := max(logp[i], l), min(logp[i], l); low < high {
				logp[i] = high + math.Log1p(math.Exp(low-high))
			} else {
				logp[i] = high + math.Ln2
			}
		}
	}
	for i := range logp {
		logp[i] -= math.Log(float64(len(c.laws)))
	}
	return logp
}

func captions() *Dataset {
	law := newCaptioned()
	var labels []string
	for _, c := range Captions() {
		labels = append(labels, c.String())
	}
	return &Dataset{
		Name:    "captions",
		Summary: fmt.Sprintf("points that %d prompts describe, as \"two points upper left\"; %d more prompts are held out", len(law.laws), len(heldOut)),
		Sampler: law, Density: law, Labels: labels,
		Entropy: captionsEntropy, HighQuality: math.NaN(), box: square(4.2),
	}
}
