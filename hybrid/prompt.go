package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/internal/suggest"
)

// Pooling makes one vector of a language model's states of a prompt.
type Pooling string

// The poolings there are.
const (
	// Words is the sum over the words, each read alone, of the mean of the states of its characters: a
	// word says the same in every prompt, so prompts of known words that were never seen
	// together are understood.
	Words Pooling = "words"
	// Mean is of the states of all characters of the prompt: a word says something else after
	// other words, and what it says after words that it was never seen with was never learned from.
	Mean Pooling = "mean"
	// Last is the state of the last character, from which the model guesses the next: it need not
	// remember what no longer matters for that, such as the first word.
	Last Pooling = "last"
)

// Choices lists the names in the order shown to users.
func (Pooling) Choices() []string { return []string{string(Words), string(Mean), string(Last)} }

// UnmarshalText accepts the Choices.
func (p *Pooling) UnmarshalText(text []byte) error { return suggest.Set("pooling", p, text) }

// readings are the parts of a prompt that are read by themselves.
func (p Pooling) readings(prompt string) []string {
	if p == Words && prompt != "" {
		return strings.Fields(prompt)
	}
	return []string{prompt}
}

// of is the one vector of the states (a row for each character) of a reading.
func (p Pooling) of(states *mat.Dense) []float64 {
	n, width := states.Dims()
	if p == Last {
		return mat.Row(nil, n-1, states)
	}
	v := make([]float64, width)
	for j := range v {
		v[j] = stat.Mean(mat.Col(nil, j, states), nil)
	}
	return v
}

// normal is a prompt as it is read: case and the amount of white space do not matter.
func normal(prompt string) string { return strings.Join(strings.Fields(strings.ToLower(prompt)), " ") }

// ear is what hears a prompt: a language model, and of its pooled states the directions in which the
// prompts that it learned from differ most, in their standard deviations [su2021].
type ear struct {
	language *autoregressive.Text
	pooling  Pooling
	prompts  []string           // that it learned from
	shift    *checkpoint.Tensor // mean of the pooled states
	axes     *checkpoint.Tensor // the directions, by their standard deviations: width of the states x width of what is said
}

// newEar finds the directions, or takes them from a saved State.
func newEar(language *autoregressive.Text, cfg CaptionedConfig, prompts []string, saved []checkpoint.Tensor) (*ear, error) {
	e := &ear{language: language, pooling: cfg.Pooling}
	e.prompts = slices.DeleteFunc(slices.Clone(prompts), func(p string) bool { return p == "" })
	d, width := language.Config().Hidden, cfg.ContextWidth
	tensor := func(name string, shape ...int) *checkpoint.Tensor {
		size := 1
		for _, n := range shape {
			size *= n
		}
		return &checkpoint.Tensor{Name: name, Shape: shape, Data: make([]float32, size)}
	}
	e.shift, e.axes = tensor("shift", d), tensor("axes", d, width)
	if len(saved) > 0 {
		return e, checkpoint.Copy(e.state(), saved)
	}
	x, err := e.pooled(e.prompts)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	for j := range d {
		e.shift.Data[j] = float32(stat.Mean(mat.Col(nil, j, x), nil))
		for i := range n {
			x.Set(i, j, x.At(i, j)-float64(e.shift.Data[j]))
		}
	}
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		return nil, fmt.Errorf("hybrid: what the language model says of %d prompts has no principal directions", n)
	}
	var v mat.Dense
	svd.VTo(&v)
	sizes := svd.Values(nil)
	const least = 1e-5 // of the greatest: the rest is rounding
	for k := range width {
		if k >= len(sizes) || sizes[k] <= least*sizes[0] {
			return nil, fmt.Errorf("hybrid: context-width is %d, but the prompts differ in %d directions: take that", width, k)
		}
		for j := range d {
			e.axes.Data[j*width+k] = float32(v.At(j, k) * math.Sqrt(float64(n-1)) / sizes[k])
		}
	}
	return e, nil
}

func (e *ear) state() []checkpoint.Tensor { return []checkpoint.Tensor{*e.shift, *e.axes} }

// pooled is what the language model makes of prompts, a row for each.
func (e *ear) pooled(prompts []string) (*mat.Dense, error) {
	x := mat.NewDense(len(prompts), e.language.Config().Hidden, nil)
	for i, p := range prompts {
		states, err := e.language.HiddenStates(e.pooling.readings(normal(p))...)
		if err != nil {
			return nil, fmt.Errorf("prompt %q: %w; the words that it learned are: %s", p, err, strings.Join(e.words(), ", "))
		}
		for _, s := range states {
			floats.Add(x.RawRowView(i), e.pooling.of(s))
		}
	}
	return x, nil
}

// represent is what is said of prompts, a row for each, which does not depend on the others.
func (e *ear) represent(prompts ...string) (*mat.Dense, error) {
	x, err := e.pooled(prompts)
	if err != nil {
		return nil, err
	}
	width := e.axes.Shape[1]
	said := mat.NewDense(len(prompts), width, nil)
	for i := range prompts {
		row := said.RawRowView(i)
		for j, v := range x.RawRowView(i) {
			for k := range row {
				row[k] += (v - float64(e.shift.Data[j])) * float64(e.axes.Data[j*width+k])
			}
		}
	}
	return said, nil
}

// words are those of the prompts, in the order in which they come.
func (e *ear) words() (all []string) {
	for _, p := range e.prompts {
		for _, w := range strings.Fields(p) {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// CaptionedModel is a language model that reads a prompt and a diffusion model that draws what it
// describes. As a Sampler it draws for one of the prompts that it has learned from, each as likely.
type CaptionedModel struct {
	Points *diffusion.Model
	*ear
}

// Represent returns what the language model says of prompts (n x Config.ContextWidth, in standard
// deviations of the prompts that it learned from): the context that the points are drawn in. A
// prompt need not be of the grammar, but a character that no prompt had is an error that lists the
// words of those.
func (m *CaptionedModel) Represent(prompts ...string) (*mat.Dense, error) {
	return m.represent(prompts...)
}

// Given returns the distribution of points that a prompt describes.
func (m *CaptionedModel) Given(prompt string) (*diffusion.Conditioned, error) {
	said, err := m.represent(prompt)
	if err != nil {
		return nil, err
	}
	return m.Points.Given(said), nil
}

// Sample draws n x d points, in the data's coordinates.
func (m *CaptionedModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.SampleWith(m.Points.Config(), n, rng)
}

// SampleWith is Sample in another way: of c the fields count that diffusion.Conditioned.With says.
func (m *CaptionedModel) SampleWith(c diffusion.Config, n int, rng *rand.Rand) *mat.Dense {
	all, err := m.represent(m.prompts...)
	if err != nil {
		panic(err) // it learned from these prompts
	}
	_, width := all.Dims()
	said := mat.NewDense(n, width, nil)
	for i := range n {
		said.SetRow(i, all.RawRowView(rng.IntN(len(m.prompts))))
	}
	return m.Points.Given(said).With(c).Sample(n, rng)
}

// Params is the number of trained parameters of both.
func (m *CaptionedModel) Params() int { return m.language.Params() + m.Points.Params() }
