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
	logits  []float32

	waiting, group []int // sequences with symbols to append
	symbols        []int // those of a group
	some           []float32
	scratch        []float32 // of Sampling.pick
}

// groupRows is the largest number of symbols that the sequences of a group append together, unless one
// of them has more: enough for the matrix kernels, and few enough to stay in the core's cache.
const groupRows = 256

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
	d.waiting = d.waiting[:0]
	for s, history := range d.history {
		if begin := window(len(history), d.m.context); begin != d.begins[s] {
			d.cache.lengths[s] = min(1, d.cache.Len(s)) // every window begins with the start symbol
			d.begins[s] = begin
		}
		if d.pending(s) > 0 {
			d.waiting = append(d.waiting, s)
		}
	}
	for len(d.waiting) > 0 {
		d.extend(d.takeGroup())
	}
	return d.logits
}

// pending returns the number of symbols of a sequence, with the start, that are not in the cache.
func (d *decoder) pending(s int) int { return len(d.history[s]) - d.begins[s] + 1 - d.cache.Len(s) }

// takeGroup removes sequences with the same number of symbols to append from those waiting.
func (d *decoder) takeGroup() (sequences []int, each int) {
	each = d.pending(d.waiting[0])
	d.group = d.group[:0]
	rest := d.waiting[:0]
	for _, s := range d.waiting {
		if d.pending(s) == each && (len(d.group) == 0 || (len(d.group)+1)*each <= groupRows) {
			d.group = append(d.group, s)
		} else {
			rest = append(rest, s)
		}
	}
	d.waiting = rest
	return d.group, each
}

// extend appends the last symbols of each sequence to the cache.
func (d *decoder) extend(sequences []int, each int) {
	d.symbols = d.symbols[:0]
	for _, s := range sequences {
		known := d.cache.Len(s)
		if known == 0 {
			d.symbols = append(d.symbols, d.m.symbols) // the start
			known = 1
		}
		d.symbols = append(d.symbols, d.history[s][d.begins[s]+known-1:]...)
	}
	classes := d.m.classes
	if len(sequences) == len(d.history) {
		d.cache.Extend(sequences, d.symbols, d.logits)
		return
	}
	if len(d.some) < len(d.logits) {
		d.some = make([]float32, len(d.logits))
	}
	d.cache.Extend(sequences, d.symbols, d.some[:len(sequences)*classes])
	for i, s := range sequences {
		copy(d.logits[s*classes:(s+1)*classes], d.some[i*classes:])
	}
}

// pick samples the next symbol of a sequence from the logits at the quantile u.
func (d *decoder) pick(sequence int, s Sampling, u float64) int {
	if d.scratch == nil {
		d.scratch = make([]float32, d.m.symbols)
	}
	return s.pick(d.logits[sequence*d.m.classes:][:d.m.symbols], u, d.scratch)
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
			d.step()
			for i := range hi - lo {
				d.append(i, d.pick(i, s, u[(lo+i)*length+k]))
			}
		}
		for i, h := range d.history {
			out[lo+i] = h[len(prefixes[lo+i]):]
		}
	})
	return out
}
