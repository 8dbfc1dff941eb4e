package hybrid

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// label is that of row i of a batch, which has a prompt.
func (c *Captioned) label(batch *mat.Dense, i int) int {
	_, columns := batch.Dims()
	label := int(batch.At(i, columns-1))
	if label < 0 || label >= len(c.prompts) || c.prompts[label] == "" {
		panic(fmt.Sprintf("hybrid: a point of label %d, which has no prompt to learn from", label))
	}
	return label
}

// written is the first rows' prompts as the language model learns them.
func (c *Captioned) written(batch *mat.Dense, _ *rand.Rand) *mat.Dense {
	cfg := c.cfg.text()
	x := mat.NewDense(cfg.Batch, cfg.Context+1, nil)
	for i := range cfg.Batch {
		text := c.prompts[c.label(batch, i)]
		ids, err := c.text().Alphabet().Encode(text + strings.Repeat(promptEnd, cfg.Context+1-len(text)))
		if err != nil {
			panic(err) // the alphabet is that of the prompts
		}
		for k, id := range ids {
			x.Set(i, k, float64(id))
		}
	}
	return x
}

// spoken is the batch with what the language model says of each prompt in the place of its label.
func (c *Captioned) spoken(batch *mat.Dense, rng *rand.Rand) *mat.Dense {
	if c.ear == nil {
		if err := c.hear(nil); err != nil {
			panic(err) // it has learned from these prompts
		}
	}
	n, columns := batch.Dims()
	d := columns - 1
	x := mat.NewDense(n, d+c.cfg.ContextWidth, nil)
	for i := range n {
		row := x.RawRowView(i)
		copy(row, batch.RawRowView(i)[:d])
		for j, v := range c.said.RawRowView(c.label(batch, i)) {
			if row[d+j] = v; c.cfg.ContextNoise > 0 {
				row[d+j] += c.cfg.ContextNoise * rng.NormFloat64()
			}
		}
	}
	return x
}
