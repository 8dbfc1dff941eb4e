package autoregressive

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// HiddenStates returns the final hidden states of texts: a matrix for each text, with a row for
// each of its characters and Config.Hidden columns, the output of the last layer normalisation. A
// row depends on its character and those before it, and not on the other texts. It fails if a text
// is empty, is longer than the context, or has a character that is not in the alphabet (an
// *[UnknownCharacterError]).
func (t *Text) HiddenStates(texts ...string) ([]*mat.Dense, error) {
	steps, width := t.steps(), t.cfg.Hidden
	all := make([]*mat.Dense, len(texts))
	symbols := make([]int, len(texts)*steps) // causal: the padding after a text has no effect on it
	for i, text := range texts {
		ids, err := t.alphabet.Encode(text)
		if err != nil {
			return nil, fmt.Errorf("text %q: %w", text, err)
		}
		if len(ids) == 0 || len(ids) > t.context {
			return nil, fmt.Errorf("text %q has %d characters, but the model reads 1 to %d", text, len(ids), t.context)
		}
		symbols[i*steps] = t.symbols
		copy(symbols[i*steps+1:(i+1)*steps], ids)
		all[i] = mat.NewDense(len(ids), width, nil)
	}
	states := t.run(&t.inner, t.Model.states, symbols, width)
	for i, x := range all {
		own := states[(i*steps+1)*width:] // after the start
		for k := range x.RawMatrix().Data {
			x.RawMatrix().Data[k] = float64(own[k])
		}
	}
	return all, nil
}
