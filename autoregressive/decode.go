package autoregressive

import (
	"math/rand/v2"
	"slices"

	"genlab/internal/parallel"
)

// window returns the index of the first symbol in the context of symbol i, not counting the start
// symbol: 0 while all i symbols before it fit, then the smallest multiple of half a context that
// lets them. A window that moved at every symbol would change every position embedding and
// invalidate the KV cache.
func window(i, context int) int {
	if i <= context {
		return 0
	}
	hop := max(1, context/2)
	return (i - context + hop - 1) / hop * hop
}

// decoder extends sequences of any length with a Cache.
type decoder struct {
	m       *Model
	cache   *Cache
	history [][]int // by sequence, without the start
	begins  []int   // of the cached window
	ready   []int   // sequences with one symbol to append
	next    []int   // those symbols
	logits  []float32
}

// newDecoder returns a decoder of sequences that start with prefixes.
func (m *Model) newDecoder(prefixes ...[]int) *decoder {
	d := &decoder{m: m, cache: m.NewCache(len(prefixes)), begins: make([]int, len(prefixes)), logits: make([]float32, len(prefixes)*m.classes)}
	for _, p := range prefixes {
		d.history = append(d.history, slices.Clone(p))
	}
	return d
}

// step appends the new symbols to the cache and returns the logits of the next symbol of each
// sequence, len(prefixes) x classes.
func (d *decoder) step() []float32 {
	d.ready, d.next = d.ready[:0], d.next[:0]
	classes := d.m.classes
	for s, history := range d.history {
		if begin := window(len(history), d.m.context); begin != d.begins[s] {
			d.cache.Reset(s)
			d.begins[s] = begin
		}
		todo := history[d.begins[s]+max(0, d.cache.Len(s)-1):]
		switch {
		case d.cache.Len(s) == 0:
			d.cache.Extend([]int{s}, append([]int{d.m.symbols}, todo...), d.logits[s*classes:(s+1)*classes])
		case len(todo) == 1:
			d.ready, d.next = append(d.ready, s), append(d.next, todo[0])
		}
	}
	if len(d.ready) == len(d.history) {
		d.cache.Extend(d.ready, d.next, d.logits)
		return d.logits
	}
	for i, s := range d.ready {
		d.cache.Extend([]int{s}, d.next[i:i+1], d.logits[s*classes:(s+1)*classes])
	}
	return d.logits
}

// append adds a symbol to a sequence.
func (d *decoder) append(sequence, symbol int) {
	d.history[sequence] = append(d.history[sequence], symbol)
}

// decodeBlock is the number of sequences that a goroutine decodes as one batch: enough rows for
// the tiles of the matrix kernels.
const decodeBlock = 64

// generate samples length symbols after each prefix and returns them without it. The random numbers
// are drawn in the order of the prefixes, so the result does not depend on GOMAXPROCS.
func (m *Model) generate(prefixes [][]int, length int, s Sampling, rng *rand.Rand) [][]int {
	u := make([]float64, len(prefixes)*length)
	for i := range u {
		u[i] = rng.Float64()
	}
	out := make([][]int, len(prefixes))
	parallel.Rows(len(prefixes), decodeBlock, func(lo, hi int) {
		d := m.newDecoder(prefixes[lo:hi]...)
		for k := range length {
			logits := d.step()
			for i := range hi - lo {
				d.append(i, s.pick(logits[i*m.classes:i*m.classes+m.symbols], u[(lo+i)*length+k]))
			}
		}
		for i, h := range d.history {
			out[lo+i] = h[len(prefixes[lo+i]):]
		}
	})
	return out
}
