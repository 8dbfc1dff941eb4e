package autoregressive

import (
	"sync"

	"genlab/internal/parallel"
)

// completionBlock is the number of prefixes that are completed together.
const completionBlock = 256

// completions returns log p(prefix, next digit) for each prefix of so many digits and every next
// digit: len(prefixes) x base. It is fastest for prefixes in ascending order, of which neighbours have
// their first digits in common.
func (p *Points) completions(prefixes []int, digits int) []float64 {
	base := p.quantizer.base
	out := make([]float64, len(prefixes)*base)
	trees := sync.Pool{New: func() any { return newTree(p) }}
	parallel.Rows(len(prefixes), completionBlock, func(lo, hi int) {
		t := trees.Get().(*tree)
		t.complete(prefixes[lo:hi], digits, out[lo*base:hi*base])
		trees.Put(t)
	})
	return out
}

// tree evaluates the prefixes of a block level by level, so that digits in common are evaluated once: the
// nodes of a level are sequences of the cache, which continue copies of those of the level before.
type tree struct {
	p             *Points
	cache         *Cache
	nodes, parent []node
	sequences     []int // of the nodes
	symbols       []int
	logits        []float32
	logp          []float64 // of the next digit, by node
}

// node is a prefix with its log probability.
type node struct {
	code int
	logp float64
}

func newTree(p *Points) *tree {
	return &tree{
		p: p, cache: p.NewCache(2 * completionBlock), // of two levels
		logits: make([]float32, completionBlock*p.classes), logp: make([]float64, completionBlock*p.classes),
	}
}

// complete writes log p(prefix, next digit) of up to completionBlock prefixes.
func (t *tree) complete(prefixes []int, digits int, out []float64) {
	base := t.p.quantizer.base
	for level := range digits + 1 {
		t.descend(prefixes, level, power(base, digits-level))
		t.cache.Extend(t.sequences, t.symbols, t.logits[:len(t.nodes)*base])
		for i := range t.nodes {
			logSoftmax(t.logp[i*base:(i+1)*base], t.logits[i*base:(i+1)*base])
		}
	}
	i := 0
	for k, prefix := range prefixes {
		if t.nodes[i].code != prefix {
			i++
		}
		for digit, l := range t.logp[i*base : (i+1)*base] {
			out[k*base+digit] = t.nodes[i].logp + l
		}
	}
}

// descend replaces the nodes by those of a level: prefixes over scale, without repetitions in a row.
func (t *tree) descend(prefixes []int, level, scale int) {
	base := t.p.quantizer.base
	t.nodes, t.parent = t.parent[:0], t.nodes
	t.sequences, t.symbols = t.sequences[:0], t.symbols[:0]
	mine, theirs := level%2*completionBlock, (level+1)%2*completionBlock
	at := 0 // the parent
	for _, prefix := range prefixes {
		code := prefix / scale
		i := len(t.nodes)
		if i > 0 && t.nodes[i-1].code == code {
			continue
		}
		n, symbol := node{code: code}, code%base
		if level == 0 {
			symbol = t.p.symbols // the start
			t.cache.Reset(mine)
		} else {
			if t.parent[at].code != code/base {
				at++
			}
			n.logp = t.parent[at].logp + t.logp[at*base+symbol]
			t.cache.fork(theirs+at, mine+i)
		}
		t.nodes, t.sequences, t.symbols = append(t.nodes, n), append(t.sequences, mine+i), append(t.symbols, symbol)
	}
}
