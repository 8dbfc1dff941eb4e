package hybrid

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/autoregressive"
	"genlab/checkpoint"
)

// Pooling maps the hidden states of a language model over a prompt to one vector.
type Pooling string

// The poolings.
const (
	// Words sums over the words, each read separately, the mean of the states of its characters. The
	// contribution of a word is the same in every prompt, so unseen combinations of known words generalise.
	Words Pooling = "words"
	// Mean averages the states of all characters. The states of a word depend on the words before it, so
	// unseen combinations have embeddings outside the training distribution.
	Mean Pooling = "mean"
	// Last is the state of the last character, which predicts the next one and may have forgotten what
	// does not matter for that, such as the first word.
	Last Pooling = "last"
)

// Choices lists the valid names.
func (Pooling) Choices() []string { return []string{string(Words), string(Mean), string(Last)} }

// segments returns the parts of a prompt that are read separately.
func (p Pooling) segments(prompt string) []string {
	if p == Words && prompt != "" {
		return strings.Fields(prompt)
	}
	return []string{prompt}
}

// pool returns the vector of the states of a segment (characters x width).
func (p Pooling) pool(states *mat.Dense) []float64 {
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

// normalizePrompt folds case and white space.
func normalizePrompt(prompt string) string {
	return strings.Join(strings.Fields(strings.ToLower(prompt)), " ")
}

// textEncoder embeds prompts: the whitened principal components of the pooled states of a language model over
// its training prompts [su2021].
type textEncoder struct {
	language *autoregressive.Text
	pooling  Pooling
	prompts  []string           // of the training
	shift    *checkpoint.Tensor // mean of the pooled states
	axes     *checkpoint.Tensor // whitened principal axes: width of the states x width of the embedding
}

// newTextEncoder computes the principal axes, or takes them from a saved State.
func newTextEncoder(language *autoregressive.Text, cfg CaptionedConfig, prompts []string, saved []checkpoint.Tensor) (*textEncoder, error) {
	e := &textEncoder{language: language, pooling: cfg.Pooling}
	e.prompts = slices.DeleteFunc(slices.Clone(prompts), func(p string) bool { return p == "" })
	d, width := language.Config().Hidden, cfg.ContextWidth
	e.shift = &checkpoint.Tensor{Name: "shift", Shape: []int{d}, Data: make([]float32, d)}
	e.axes = &checkpoint.Tensor{Name: "axes", Shape: []int{d, width}, Data: make([]float32, d*width)}
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
		return nil, fmt.Errorf("hybrid: the pooled states of %d prompts have no singular value decomposition: train with another seed or pooling", n)
	}
	var v mat.Dense
	svd.VTo(&v)
	sizes := svd.Values(nil)
	const rank = 1e-5 // of the largest singular value: smaller ones are rounding errors
	for k := range width {
		if k >= len(sizes) || sizes[k] <= rank*sizes[0] {
			return nil, fmt.Errorf("hybrid: context-width is %d, but the pooled states of the prompts have rank %d: use at most that", width, k)
		}
		for j := range d {
			e.axes.Data[j*width+k] = float32(v.At(j, k) * math.Sqrt(float64(n-1)) / sizes[k])
		}
	}
	return e, nil
}

func (e *textEncoder) state() []checkpoint.Tensor { return []checkpoint.Tensor{*e.shift, *e.axes} }

// pooled returns the pooled states of prompts, one per row.
func (e *textEncoder) pooled(prompts []string) (*mat.Dense, error) {
	x := mat.NewDense(len(prompts), e.language.Config().Hidden, nil)
	for i, p := range prompts {
		states, err := e.language.HiddenStates(e.pooling.segments(normalizePrompt(p))...)
		if err != nil {
			return nil, fmt.Errorf("prompt %q: %w; the known words are: %s", p, err, strings.Join(e.words(), ", "))
		}
		for _, s := range states {
			floats.Add(x.RawRowView(i), e.pooling.pool(s))
		}
	}
	return x, nil
}

// Embed returns the text embeddings of prompts, one per row (n x Config.ContextWidth), in standard deviations over
// the training prompts; each is independent of the others. A prompt may be ungrammatical, but one that is
// empty, too long, or has a character that no training prompt has is an error, which lists the known words.
func (e *textEncoder) Embed(prompts ...string) (*mat.Dense, error) {
	x, err := e.pooled(prompts)
	if err != nil {
		return nil, err
	}
	width := e.axes.Shape[1]
	embeddings := mat.NewDense(len(prompts), width, nil)
	for i := range prompts {
		row := embeddings.RawRowView(i)
		for j, v := range x.RawRowView(i) {
			for k := range row {
				row[k] += (v - float64(e.shift.Data[j])) * float64(e.axes.Data[j*width+k])
			}
		}
	}
	return embeddings, nil
}

// words returns the words of the training prompts, in order of appearance.
func (e *textEncoder) words() (all []string) {
	for _, p := range e.prompts {
		for _, w := range strings.Fields(p) {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}
