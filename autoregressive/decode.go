package autoregressive

import (
	"math/rand/v2"
	"slices"

	"genlab/internal/parallel"
)

// window returns where the context of symbol i begins, counted without the start: at 0 as long
// as all i symbols before it fit, and then at the first multiple of half a context from which
// they do. A window that moved at every symbol would move every position as well, and no key
// could be kept.
func window(i, context int) int {
	if i <= context {
		return 0
	}
	hop := max(1, context/2)
	return (i - context + hop - 1) / hop * hop
}

// decoder continues sequences of any length through a Cache.
type decoder struct {
	m       *Model
	cache   *Cache
	history [][]int // by sequence, without the start
	begins  []int   // of the window that the cache holds
	ready   []int   // sequences with one symbol to come
	next    []int   // those symbols
	logits  []float32
}

// newDecoder returns a decoder of sequences that begin with prefixes.
func (m *Model) newDecoder(prefixes ...[]int) *decoder {
	d := &decoder{m: m, cache: m.NewCache(len(prefixes)), begins: make([]int, len(prefixes)), logits: make([]float32, len(prefixes)*m.classes)}
	for _, p := range prefixes {
		d.history = append(d.history, slices.Clone(p))
	}
	return d
}

// step brings the cache up to date with the history and returns the logits of the next symbol
// of each sequence, len(prefixes) x classes.
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

// decodeBlock is the number of sequences that one goroutine decodes together: the linear
// layers then multiply whole tiles.
const decodeBlock = 64

// generate appends length symbols to each prefix and returns them without it. The draws are made
// in the order of the prefixes, so that the result does not depend on the number of cores.
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
