package autoregressive

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/alphabet"
	"genlab/checkpoint"
	"genlab/nn"
)

// Alphabet is the vocabulary of a [Text].
type Alphabet = alphabet.Alphabet

// UnknownCharacterError reports a character that is not in an alphabet.
type UnknownCharacterError = alphabet.UnknownCharacterError

// AlphabetOf returns the characters of a text. It fails if there are fewer than two.
func AlphabetOf(text string) (Alphabet, error) { return alphabet.Of(text) }

// Text is a character language model: a distribution over texts of any length. A character is
// conditioned on all characters before it while they fit into the context, and then on a window
// that moves by half a context at a time, so on at least half a context. One class, uniform over
// all characters of Unicode outside the alphabet, makes the likelihood of every text finite. A Text
// must not be used by several goroutines at once.
type Text struct {
	*Model
	alphabet Alphabet
}

// NewText returns a model over an alphabet, with random weights. It fails if the configuration is
// invalid or the alphabet has fewer than two characters.
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

// Alphabet returns the characters of the training text.
func (t *Text) Alphabet() Alphabet { return t.alphabet }

// WithPrecision returns the text with the precision of [Model.WithPrecision].
func (t *Text) WithPrecision(p nn.Precision) *Text {
	return &Text{t.Model.WithPrecision(p), t.alphabet}
}

// Sample returns n texts of context + 1 characters as rows of indices, n x (context + 1), in the
// format of [Alphabet.Windows]. It panics if n < 1.
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

// Continue returns an endless sequence of characters sampled after a prompt: the caller stops it.
// The prompt may be empty, and longer than the context. The class of unknown characters is left
// out. It fails for a character of the prompt that is not in the alphabet (an
// *[UnknownCharacterError]) and for invalid settings.
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
			d.step()
			id := d.pick(0, s, rng.Float64())
			if !yield(t.alphabet[id]) {
				return
			}
			d.append(0, id)
		}
	}, nil
}

// ContinueAll returns length characters sampled after each prompt, decoded as one batch. At
// temperature 0 they equal those of [Text.Continue]. It fails as Continue does.
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

// LogProb returns log p(character | those before it) for each character of a text, in nats; their
// sum is the log probability of the text. A character that is not in the alphabet has the
// probability of its class divided by the size of that, 1,112,064 minus the alphabet.
func (t *Text) LogProb(text string) []float64 {
	var begins []int
	ids := t.alphabet.Indices(text)
	for i := range ids {
		if w := window(i, t.context); len(begins) == 0 || w != begins[len(begins)-1] {
			begins = append(begins, w)
		}
	}
	return t.logProb(ids, begins, func(begin, position int) bool { return window(begin+position, t.context) == begin })
}

// BlockLogProb returns the conditional log probabilities, in nats, by which other projects compute a
// validation loss: the text is cut into blocks of context + 1 characters, each character is
// conditioned on those before it in its block, and the first of a block is left out, as is an
// incomplete block at the end.
func (t *Text) BlockLogProb(text string) []float64 {
	ids := t.alphabet.Indices(text)
	ids = ids[:len(ids)/t.steps()*t.steps()]
	var begins []int
	for b := 0; b < len(ids); b += t.steps() {
		begins = append(begins, b)
	}
	return t.logProb(ids, begins, func(_, position int) bool { return position > 0 })
}

// logProb evaluates the windows that start at the given characters, and returns the values of the
// characters that are wanted, in order.
func (t *Text) logProb(ids, begins []int, wanted func(begin, position int) bool) []float64 {
	const block = 256 // windows in memory at a time
	steps := t.steps()
	unseen := t.alphabet.LogUnknown()
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

// newStep cuts a batch into shards of whole windows.
func (t *Text) newStep() (*nn.Step, error) {
	steps := t.steps()
	return nn.NewShardedStep(&t.params, t.cfg.Batch*steps, steps, (nn.ShardRows+steps-1)/steps*steps, func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.CrossEntropy(t.logits(g, g.Input("symbol", 1)), g.Input("target", 1))}
	})
}

func (t *Text) fill(step *nn.Step, batch *mat.Dense) {
	in, target := step.Input("symbol"), step.Input("target")
	n, steps := batch.Dims()
	for r := range n {
		in[r*steps] = float32(t.symbols)
		for k, s := range batch.RawRowView(r) {
			target[r*steps+k] = float32(s)
			if k < steps-1 {
				in[r*steps+k+1] = float32(s)
			}
		}
	}
}

// Fixed returns the tensors of a checkpoint besides the weights: the alphabet.
func (t *Text) Fixed() []checkpoint.Tensor { return t.alphabet.State() }

func (t *Text) fresh(rng *rand.Rand) (trained, error) { return NewText(t.cfg, t.alphabet, rng) }
