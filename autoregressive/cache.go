package autoregressive

import (
	"fmt"

	"genlab/internal/kernel"
	"genlab/nn"
)

// Cache is a KV cache: it extends a number of sequences symbol by symbol and keeps the keys and
// values of every layer, so that the next symbol costs one row of each linear layer and one row of
// attention instead of those of the whole sequence. The logits do not depend on how a sequence is
// split into calls of Extend, and agree with [Model.Logits] within 1e-5.
//
// It evaluates the layers by the kernels directly, since a graph has a fixed number of rows. A
// Cache copies some of the model's weights, in the precision of [Model.WithPrecision]: it is of no use
// after they change. It must not be used by several goroutines at once.
type Cache struct {
	m       *Model
	lengths []int
	gains   [][]float32 // of the layer normalisations: two for each block, and the final one
	weights []factor    // of the linear layers: four for each block, and the output layer
	rows    int         // of keys, and of values, that a head has room for
	keys    [][]float32 // by layer: for each sequence and head, rows x width
	values  [][]float32

	x, y, qkv, wide []float32
	mean, rstd      []float32
	scores          []float32
	spans           []kernel.Span
}

// factor is a packed matrix of weights W: Multiply computes C = A·W + beta·C for A of m rows.
type factor interface {
	Multiply(m int, a []float32, lda int, beta float32, c []float32, ldc int)
}

// rounded is a factor in bfloat16, which rounds A too.
type rounded struct{ kernel.Factor }

func (r *rounded) Multiply(m int, a []float32, lda int, beta float32, c []float32, ldc int) {
	r.Factor.Multiply(false, m, 1, a, lda, beta, c, ldc)
}

// cacheRows divides the rows of a cache: the attention of a single query reads as many at a time.
const cacheRows = 16

// NewCache returns a cache of so many empty sequences.
func (m *Model) NewCache(sequences int) *Cache {
	c := &Cache{m: m, lengths: make([]int, sequences), rows: (m.steps() + cacheRows - 1) / cacheRows * cacheRows}
	size := c.rows * m.cfg.Hidden
	for _, b := range m.blocks {
		c.gains = append(c.gains, gainOf(b.norm1.gain), gainOf(b.norm2.gain))
		for _, l := range []nn.Dense{b.qkv, b.projection, b.up, b.down} {
			c.pack(m.precision, l.W.Rows, l.W.Cols, l.W.Value)
		}
		c.keys, c.values = append(c.keys, make([]float32, sequences*size)), append(c.values, make([]float32, sequences*size))
	}
	c.gains = append(c.gains, gainOf(m.final.gain))
	head := m.head
	if head == nil {
		head = m.token
	}
	turned := make([]float32, m.cfg.Hidden*m.classes) // hidden x classes
	for class := range m.classes {
		for i, w := range head.Value[class*m.cfg.Hidden : (class+1)*m.cfg.Hidden] {
			turned[i*m.classes+class] = w
		}
	}
	c.pack(nn.Float32, m.cfg.Hidden, m.classes, turned)
	return c
}

// pack appends a layer of in x out to the weights.
func (c *Cache) pack(p nn.Precision, in, out int, w []float32) {
	if p == nn.BFloat16 {
		f := new(rounded)
		f.Pack(false, in, out, w, out)
		c.weights = append(c.weights, f)
		return
	}
	f := new(kernel.Panels)
	f.Pack(in, out, w, out)
	c.weights = append(c.weights, f)
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
// context + 1 positions of each sequence. [Model.NewCache] allocates all of it, and up to 15 positions
// more, which the kernels read and ignore.
func (c *Cache) Bytes() int {
	return 4 * 2 * len(c.keys) * c.m.cfg.Hidden * c.m.steps() * len(c.lengths)
}

// Reset empties a sequence.
func (c *Cache) Reset(sequence int) { c.lengths[sequence] = 0 }

// of returns the keys and the values of a sequence in a layer.
func (c *Cache) of(layer, sequence int) (keys, values []float32) {
	size := c.rows * c.m.cfg.Hidden
	lo, hi := sequence*size, (sequence+1)*size
	return c.keys[layer][lo:hi:hi], c.values[layer][lo:hi:hi]
}

// fork makes a sequence a copy of another one.
func (c *Cache) fork(from, to int) {
	width := c.m.cfg.Hidden / c.m.cfg.Heads
	for l := range c.keys {
		keys, values := c.of(l, from)
		ownKeys, ownValues := c.of(l, to)
		for at := 0; at < len(keys); at += c.rows * width {
			known := at + c.lengths[from]*width
			copy(ownKeys[at:], keys[at:known])
			copy(ownValues[at:], values[at:known])
		}
	}
	c.lengths[to] = c.lengths[from]
}

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
		c.linear(4*l, b.qkv, y, qkv)
		c.remember(l, sequences, qkv)
		if each > 1 && l == len(m.blocks)-1 {
			// What follows is of no use but for the logits, those of the last symbols.
			for i := range sequences {
				row := (i+1)*each - 1
				copy(x[i*d:(i+1)*d], x[row*d:(row+1)*d])
				copy(qkv[i*3*d:(i+1)*3*d], qkv[row*3*d:])
			}
			rows = len(sequences)
			x, y, qkv = x[:rows*d], y[:rows*d], qkv[:rows*3*d]
		}
		queries := rows / len(sequences)
		for i, s := range sequences {
			c.attend(l, s, c.lengths[s]+each-queries, qkv[i*queries*3*d:(i+1)*queries*3*d], y[i*queries*d:(i+1)*queries*d])
		}
		c.add(4*l+1, b.projection, y, x)
		c.norm(2*l+1, b.norm2, x, y)
		wide := c.wide[:rows*4*d]
		c.linear(4*l+2, b.up, y, wide)
		c.add(4*l+3, b.down, wide, x)
	}
	for _, s := range sequences {
		c.lengths[s] += each
	}
	c.norm(2*len(m.blocks), m.final, x, x)
	c.weights[4*len(m.blocks)].Multiply(rows, x, d, 0, logits, m.classes)
}

func (c *Cache) grow(rows int) {
	if d := c.m.cfg.Hidden; len(c.x) < rows*d {
		c.x, c.y = make([]float32, rows*d), make([]float32, rows*d)
		c.qkv, c.wide = make([]float32, rows*3*d), make([]float32, rows*4*d)
		c.mean, c.rstd = make([]float32, rows), make([]float32, rows)
	}
}

func (c *Cache) norm(gain int, n norm, x, y []float32) {
	d := c.m.cfg.Hidden
	kernel.LayerNorm(len(x)/d, d, x, c.gains[gain], n.bias.Value, y, c.mean, c.rstd, normEps)
}

// linear computes y = act(x·W + b).
func (c *Cache) linear(weights int, l nn.Dense, x, y []float32) {
	in, out := l.W.Rows, l.W.Cols
	rows := len(x) / in
	c.weights[weights].Multiply(rows, x, in, 0, y, out)
	kernel.BiasAct(l.Act, rows, out, y, l.B.Value, y, nil)
}

// add computes x += y·W + b.
func (c *Cache) add(weights int, l nn.Dense, y, x []float32) {
	in, out := l.W.Rows, l.W.Cols
	rows := len(x) / out
	kernel.BiasAct(kernel.Identity, rows, out, x, l.B.Value, x, nil)
	c.weights[weights].Multiply(rows, y, in, 1, x, out)
}

// remember appends the keys and values of new symbols to those of a layer: qkv is the same number of
// rows for each sequence, of 3·hidden columns.
func (c *Cache) remember(layer int, sequences []int, qkv []float32) {
	d := c.m.cfg.Hidden
	width := d / c.m.cfg.Heads
	each := len(qkv) / (3 * d) / len(sequences)
	for i, s := range sequences {
		keys, values := c.of(layer, s)
		for k := range each {
			row := qkv[(i*each+k)*3*d:]
			for h := 0; h < d; h += width {
				at := h*c.rows + (c.lengths[s]+k)*width
				copy(keys[at:at+width], row[d+h:])
				copy(values[at:at+width], row[2*d+h:])
			}
		}
	}
}

// attend writes the attention output of queries of a sequence, of which so many symbols are before the
// first: qkv is n x 3·hidden, out n x hidden.
func (c *Cache) attend(layer, sequence, before int, qkv, out []float32) {
	d, heads := c.m.cfg.Hidden, c.m.cfg.Heads
	keys, values := c.of(layer, sequence)
	n, width := len(out)/d, d/heads
	shape := kernel.Attention{Keys: before + n, Width: width}
	if n == 1 {
		w := c.room(heads * shape.Stride())
		kernel.AttendOne(heads, width, before+1, c.rows, qkv[:d], keys, values, w, out)
		return
	}
	c.spans = c.spans[:0]
	for i := range n {
		c.spans = append(c.spans, kernel.Span{To: int32(before + i + 1)})
	}
	shape.Spans = c.spans
	w := c.room(n * shape.Stride())
	for h := 0; h < d; h += width {
		kernel.Attend(&shape, rowsOf(qkv[h:], 3*d), rowsOf(keys[h*c.rows:], width), rowsOf(values[h*c.rows:], width), w, rowsOf(out[h:], d))
	}
}

func rowsOf(x []float32, stride int) kernel.Rows[float32] {
	return kernel.Rows[float32]{Data: x, Stride: stride}
}

// room returns memory for n attention weights.
func (c *Cache) room(n int) []float32 {
	if len(c.scores) < n {
		c.scores = make([]float32, n)
	}
	return c.scores[:n]
}
