package autoregressive

import (
	"fmt"
	"math"

	"genlab/internal/kernel"
	"genlab/nn"
)

// Cache is a KV cache: it extends a number of sequences symbol by symbol and keeps the keys and
// values of every layer, so that the next symbol costs one row of each linear layer and one row of
// attention instead of those of the whole sequence. The logits do not depend on how a sequence is
// split into calls of Extend, and agree with [Model.Logits] within 1e-5.
//
// It evaluates the layers by the kernels directly, since a graph has a fixed number of rows. A
// Cache reads the model's weights: it must not be used while they change, nor by several
// goroutines at once.
type Cache struct {
	m       *Model
	lengths []int
	gains   [][]float32   // of the layer normalisations: two for each block, and the final one
	keys    [][][]float32 // by layer and sequence, steps x hidden
	values  [][][]float32

	x, y, qkv, wide []float32
	mean, rstd      []float32
	weights         []float32
}

// NewCache returns a cache of so many empty sequences.
func (m *Model) NewCache(sequences int) *Cache {
	c := &Cache{m: m, lengths: make([]int, sequences)}
	size := m.steps() * m.cfg.Hidden
	for _, b := range m.blocks {
		c.gains = append(c.gains, gainOf(b.norm1.gain), gainOf(b.norm2.gain))
		keys, values := make([][]float32, sequences), make([][]float32, sequences)
		for s := range sequences {
			keys[s], values[s] = make([]float32, size), make([]float32, size)
		}
		c.keys, c.values = append(c.keys, keys), append(c.values, values)
	}
	c.gains = append(c.gains, gainOf(m.final.gain))
	return c
}

func gainOf(p *nn.Param) []float32 {
	v := make([]float32, len(p.Value))
	for i, g := range p.Value {
		v[i] = g + 1
	}
	return v
}

// Len returns the number of symbols of a sequence, including the start symbol.
func (c *Cache) Len(sequence int) int { return c.lengths[sequence] }

// Bytes returns the memory of the keys and values: 2·layers·hidden float32 for each of the
// context + 1 positions of each sequence. [Model.NewCache] allocates all of it.
func (c *Cache) Bytes() int {
	numbers := 0
	for l := range c.keys {
		for s := range c.keys[l] {
			numbers += len(c.keys[l][s]) + len(c.values[l][s])
		}
	}
	return 4 * numbers
}

// Reset empties a sequence.
func (c *Cache) Reset(sequence int) { c.lengths[sequence] = 0 }

// Extend appends the same number of symbols to each of the given sequences: symbols holds those of
// the first, then those of the second, and so on. It writes the logits of the next symbol of each,
// len(sequences) x classes. It panics if a sequence would exceed the context, if the lengths do not
// match, or if a sequence is listed twice.
func (c *Cache) Extend(sequences, symbols []int, logits []float32) {
	m, d := c.m, c.m.cfg.Hidden
	if len(sequences) == 0 || len(symbols)%len(sequences) != 0 || len(logits) != len(sequences)*m.classes {
		panic(fmt.Sprintf("autoregressive: %d symbols and %d logits for %d sequences", len(symbols), len(logits), len(sequences)))
	}
	each, rows := len(symbols)/len(sequences), len(symbols)
	c.grow(rows)
	x, y := c.x[:rows*d], c.y[:rows*d]
	for i, symbol := range symbols {
		at := c.lengths[sequences[i/each]] + i%each
		if at >= m.steps() {
			panic(fmt.Sprintf("autoregressive: symbol %d for a context of %d", at, m.context))
		}
		kernel.Add(x[i*d:(i+1)*d], m.token.Value[symbol*d:(symbol+1)*d], m.position.Value[at*d:(at+1)*d])
	}
	for l, b := range m.blocks {
		c.norm(2*l, b.norm1, x, y)
		qkv := c.qkv[:rows*3*d]
		c.linear(b.qkv, y, qkv)
		for i, s := range sequences {
			c.attend(l, s, qkv[i*each*3*d:(i+1)*each*3*d], y[i*each*d:(i+1)*each*d])
		}
		c.add(b.projection, y, x)
		c.norm(2*l+1, b.norm2, x, y)
		wide := c.wide[:rows*4*d]
		c.linear(b.up, y, wide)
		c.add(b.down, wide, x)
	}
	last := c.qkv[:len(sequences)*d]
	for i, s := range sequences {
		row := (i+1)*each - 1
		copy(last[i*d:(i+1)*d], x[row*d:(row+1)*d])
		c.lengths[s] += each
	}
	c.norm(2*len(m.blocks), m.final, last, last)
	head := m.head
	if head == nil {
		head = m.token
	}
	kernel.Gemm(false, true, len(sequences), m.classes, d, 1, last, d, head.Value, d, 0, logits, m.classes)
}

func (c *Cache) grow(rows int) {
	if d := c.m.cfg.Hidden; len(c.x) < rows*d {
		c.x, c.y = make([]float32, rows*d), make([]float32, rows*d)
		c.qkv, c.wide = make([]float32, rows*3*d), make([]float32, rows*4*d)
		c.mean, c.rstd = make([]float32, rows), make([]float32, rows)
	}
	if n := rows * c.m.steps(); len(c.weights) < n {
		c.weights = make([]float32, n)
	}
}

func (c *Cache) norm(gain int, n norm, x, y []float32) {
	d := c.m.cfg.Hidden
	kernel.LayerNorm(len(x)/d, d, x, c.gains[gain], n.bias.Value, y, c.mean, c.rstd, normEps)
}

// linear computes y = act(x·W + b).
func (c *Cache) linear(l nn.Dense, x, y []float32) {
	in, out := l.W.Rows, l.W.Cols
	rows := len(x) / in
	kernel.Gemm(false, false, rows, out, in, 1, x, in, l.W.Value, out, 0, y, out)
	kernel.BiasAct(l.Act, rows, out, y, l.B.Value, y, nil)
}

// add computes x += y·W + b.
func (c *Cache) add(l nn.Dense, y, x []float32) {
	out := l.W.Cols
	z := c.qkv[:len(x)] // no longer in use
	c.linear(l, y, z)
	kernel.Add(x, x, z[:len(x)/out*out])
}

// attend appends the keys and values of n new symbols of a sequence to those of a layer, and writes
// the attention output of their queries: qkv is n x 3·hidden, out n x hidden.
func (c *Cache) attend(layer, sequence int, qkv, out []float32) {
	d, heads, before := c.m.cfg.Hidden, c.m.cfg.Heads, c.lengths[sequence]
	keys, values := c.keys[layer][sequence], c.values[layer][sequence]
	n := len(out) / d
	for i := range n {
		at := (before + i) * d
		copy(keys[at:at+d], qkv[i*3*d+d:])
		copy(values[at:at+d], qkv[i*3*d+2*d:])
	}
	width, all := d/heads, before+n
	scale := float32(1 / math.Sqrt(float64(width)))
	w := c.weights[:n*all]
	for h := 0; h < d; h += width {
		if n == 1 {
			// Keys times one query: the keys are read in memory order.
			kernel.Gemm(false, true, all, 1, width, scale, keys[h:], d, qkv[h:], width, 0, w, 1)
		} else {
			kernel.Gemm(false, true, n, all, width, scale, qkv[h:], 3*d, keys[h:], d, 0, w, all)
		}
		for i := range n {
			row := w[i*all : (i+1)*all]
			seen := before + i + 1
			kernel.Softmax(1, seen, row, row)
			clear(row[seen:])
		}
		kernel.Gemm(false, false, n, width, all, 1, w, all, values[h:], d, 0, out[h:], d)
	}
}
