package autoregressive

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
)

// Alphabet numbers the characters of a text, in the order of their code points.
type Alphabet []rune

// AlphabetOf returns the characters of a text. Fewer than two are an error: there would be
// nothing to learn.
func AlphabetOf(text string) (Alphabet, error) {
	seen := map[rune]bool{}
	var a Alphabet
	for _, c := range text {
		if !seen[c] {
			seen[c] = true
			a = append(a, c)
		}
	}
	switch len(a) {
	case 0:
		return nil, errors.New("the text is empty")
	case 1:
		return nil, fmt.Errorf("the text has one character, %q, again and again: there is nothing to learn", a[0])
	}
	slices.Sort(a)
	return a, nil
}

// UnseenError is a character that is not in an alphabet.
type UnseenError struct {
	Char rune
	At   int // its place in the text, in characters from 1
}

func (e *UnseenError) Error() string {
	return fmt.Sprintf("character %d, %q (%U), is none that the model has seen in training", e.At, e.Char, e.Char)
}

// Encode returns the numbers of the characters, or an *UnseenError.
func (a Alphabet) Encode(text string) ([]int, error) {
	ids := a.encode(text)
	for i, id := range ids {
		if id == len(a) {
			return nil, &UnseenError{[]rune(text)[i], i + 1}
		}
	}
	return ids, nil
}

// encode gives len(a) to a character that is not in the alphabet.
func (a Alphabet) encode(text string) []int {
	ids := make([]int, 0, utf8.RuneCountInString(text))
	for _, c := range text {
		i, ok := slices.BinarySearch(a, c)
		if !ok {
			i = len(a)
		}
		ids = append(ids, i)
	}
	return ids
}

// Decode returns the characters of the numbers.
func (a Alphabet) Decode(ids []int) string {
	text := make([]rune, len(ids))
	for i, id := range ids {
		text[i] = a[id]
	}
	return string(text)
}

// Text is a distribution over texts, of any length: a Model over the characters of an alphabet.
// A character depends on the last characters before it: on all of them while they fit into the
// context, and beyond on those in a window that moves by half a context at a time, so on at
// least half a context. One class of the Model's stands for all the other characters of
// Unicode together, evenly, so that the likelihood of any text is defined. It is not for use by
// several goroutines at once.
type Text struct {
	*Model
	alphabet Alphabet
}

// NewText returns a model of texts over an alphabet of at least two characters, with fresh
// weights.
func NewText(cfg Config, a Alphabet, rng *rand.Rand) (*Text, error) {
	if len(a) < 2 || !slices.IsSorted(a) {
		return nil, fmt.Errorf("autoregressive: an alphabet of %d characters", len(a))
	}
	m, err := New(cfg, len(a), cfg.Context, true, rng)
	if err != nil {
		return nil, err
	}
	return &Text{m, a}, nil
}

// Alphabet returns the characters that the model has seen.
func (t *Text) Alphabet() Alphabet { return t.alphabet }

// Windows returns the distribution of a stretch of the text, of one character more than the
// context, that begins anywhere: what a model is trained on, as rows of numbers of characters,
// n x (context + 1). A text that is too short, or has a character that the alphabet lacks, is
// an error.
func (a Alphabet) Windows(text string, context int) (genlab.Sampler, error) {
	ids, err := a.Encode(text)
	if err != nil {
		return nil, err
	}
	if len(ids) <= context {
		return nil, fmt.Errorf("a context of %d characters needs at least %d to learn from, and there are %d", context, context+1, len(ids))
	}
	return windows{ids, context + 1}, nil
}

type windows struct {
	ids   []int
	width int
}

// Sample returns n windows.
func (w windows) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, w.width, nil)
	for i := range n {
		at := rng.IntN(len(w.ids) - w.width + 1)
		row := x.RawRowView(i)
		for k := range row {
			row[k] = float64(w.ids[at+k])
		}
	}
	return x
}

// Sample draws n texts of one character more than the context, as rows of numbers of
// characters: what Windows draws from the data.
func (t *Text) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("autoregressive: Sample of n = %d, want n >= 1", n))
	}
	x := mat.NewDense(n, t.steps(), nil)
	for i, ids := range t.generate(make([][]int, n), t.steps(), Sampling{Temperature: 1}, rng) {
		for k, id := range ids {
			x.Set(i, k, float64(id))
		}
	}
	return x
}

// Continue returns characters that follow a prompt, without end: the caller stops. The prompt
// may be longer than the context, and empty. A character that the model has never seen is an
// *UnseenError. Drawing leaves out the class of unseen characters.
func (t *Text) Continue(prompt string, s Sampling, rng *rand.Rand) (iter.Seq[rune], error) {
	ids, err := t.alphabet.Encode(prompt)
	if err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return func(yield func(rune) bool) {
		d := t.newDecoder(ids)
		for {
			id := s.pick(d.step()[:t.symbols], rng.Float64())
			if !yield(t.alphabet[id]) {
				return
			}
			d.append(0, id)
		}
	}, nil
}

// ContinueAll returns the length characters that follow each of the prompts, decoded together:
// the same as one by one where nothing is random.
func (t *Text) ContinueAll(prompts []string, length int, s Sampling, rng *rand.Rand) ([]string, error) {
	prefixes := make([][]int, len(prompts))
	for i, p := range prompts {
		var err error
		if prefixes[i], err = t.alphabet.Encode(p); err != nil {
			return nil, fmt.Errorf("prompt %d: %w", i+1, err)
		}
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	texts := make([]string, len(prompts))
	for i, ids := range t.generate(prefixes, length, s, rng) {
		texts[i] = t.alphabet.Decode(ids)
	}
	return texts, nil
}

// LogProb returns log p of each character of a text given those before it, in nats; their sum
// is that of the text. A character that is not in the alphabet has the probability of the
// class of all such, divided by their number, 1,112,064 less those in the alphabet.
func (t *Text) LogProb(text string) []float64 {
	var begins []int
	ids := t.alphabet.encode(text)
	for i := range ids {
		if w := window(i, t.context); len(begins) == 0 || w != begins[len(begins)-1] {
			begins = append(begins, w)
		}
	}
	return t.logProb(ids, begins, func(begin, place int) bool { return window(begin+place, t.context) == begin })
}

// BlockLogProb returns log p of each character of a text but the first of every block of one more
// than the context, given those before it in the block: what the training loss is, without the
// blocks' first characters, and what others report as the loss of a validation text. A rest that
// is shorter than a block is left out.
func (t *Text) BlockLogProb(text string) []float64 {
	ids := t.alphabet.encode(text)
	ids = ids[:len(ids)/t.steps()*t.steps()]
	var begins []int
	for b := 0; b < len(ids); b += t.steps() {
		begins = append(begins, b)
	}
	return t.logProb(ids, begins, func(_, place int) bool { return place > 0 })
}

// logProb evaluates windows that begin at the given places and returns the values of the
// characters for which wanted says so, in order.
func (t *Text) logProb(ids, begins []int, wanted func(begin, place int) bool) []float64 {
	const block = 256 // windows in memory at a time
	steps := t.steps()
	unseen := math.Log(float64(utf8.MaxRune + 1 - 2048 - len(t.alphabet))) // without surrogates
	logp := make([]float64, t.classes)
	out := make([]float64, 0, len(ids))
	for len(begins) > 0 {
		part := begins[:min(block, len(begins))]
		begins = begins[len(part):]
		symbols := make([]int, len(part)*steps)
		for i, b := range part {
			symbols[i*steps] = t.symbols
			copy(symbols[i*steps+1:(i+1)*steps], ids[b:])
		}
		logits := t.Logits(symbols)
		for i, b := range part {
			for k := 0; k < steps && b+k < len(ids); k++ {
				if !wanted(b, k) {
					continue
				}
				logSoftmax(logp, logits[(i*steps+k)*t.classes:(i*steps+k+1)*t.classes])
				id := ids[b+k]
				l := logp[id]
				if id == t.symbols {
					l -= unseen
				}
				out = append(out, l)
			}
		}
	}
	return out
}

// What trained asks for.

func (t *Text) network() *Model { return t.Model }

func (t *Text) columns() int { return t.steps() }

func (t *Text) targets(dst []int, row []float64) {
	for i, v := range row {
		dst[i] = int(v)
	}
}

// Fixed is what a checkpoint holds beside the weights: the alphabet.
func (t *Text) Fixed() []checkpoint.Tensor {
	a := checkpoint.Tensor{Name: "alphabet/characters", Shape: []int{len(t.alphabet)}}
	for _, c := range t.alphabet {
		a.Data = append(a.Data, float32(c)) // exact: code points have 21 bits
	}
	return []checkpoint.Tensor{a}
}

func (t *Text) fresh(rng *rand.Rand) (trained, error) { return NewText(t.cfg, t.alphabet, rng) }

// alphabetFromState returns what Fixed saved.
func alphabetFromState(saved []checkpoint.Tensor) (Alphabet, error) {
	var a Alphabet
	for _, s := range checkpoint.Under("alphabet", saved) {
		for _, v := range s.Data {
			c := rune(v)
			if float32(c) != v || !utf8.ValidRune(c) || len(a) > 0 && c <= a[len(a)-1] {
				return nil, fmt.Errorf("tensor %q holds %v, which is no character of an alphabet in order", s.Name, v)
			}
			a = append(a, c)
		}
	}
	return a, nil
}
