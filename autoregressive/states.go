package autoregressive

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// States returns what the model makes of each character of texts: a matrix for each text, a row
// for each of its characters, Config.Hidden columns, those of the network after its last norm. A row
// depends on the character and on those before it, and not on the other texts. An empty text, one
// of more characters than the context and a character that the model has never seen (an
// *UnseenError) are errors.
func (t *Text) States(texts ...string) ([]*mat.Dense, error) {
	steps, width := t.steps(), t.cfg.Hidden
	all := make([]*mat.Dense, len(texts))
	symbols := make([]int, len(texts)*steps) // what follows a text changes nothing of it
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
