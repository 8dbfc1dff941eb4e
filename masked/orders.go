package masked

import (
	"fmt"
	"math"
	"math/bits"
)

// maxOrders is the most characters of a block whose orders are summed over: 2^16 network evaluations.
const maxOrders = 16

// SumOverOrders returns log p of the last block characters of a window given those before, in nats, of sampling one
// character at a time in a uniformly random order: the logarithm of the mean over all orders of the product of the
// conditional probabilities,
//
//	p(x) = 1/B! Σ_σ Π_k p(x_σ(k) | x_σ(1) … x_σ(k-1)),
//
// by dynamic programming over the 2^B subsets of visible characters. It is what [Bound] bounds from below. It fails if text
// is not exactly one window of characters or block is not 1 to 16.
func (t *Text) SumOverOrders(text string, block int) (float64, error) {
	ids := t.alphabet.Indices(text)
	if len(ids) != t.cfg.Context {
		return 0, fmt.Errorf("masked: the sum over orders takes a window of %d characters, but the text has %d", t.cfg.Context, len(ids))
	}
	if block < 1 || block > min(maxOrders, len(ids)) {
		return 0, fmt.Errorf("masked: the sum over orders takes a block of 1 to %d characters, not %d", min(maxOrders, len(ids)), block)
	}
	logp := sumOverOrders(span{ids, len(ids) - block, len(ids), 0}, t.net.mask(), t.Conditionals)
	for _, id := range ids[len(ids)-block:] {
		if id == t.net.unknown() {
			logp -= t.alphabet.LogUnknown()
		}
	}
	return logp, nil
}

// sumOverOrders is the sum for a block in its window.
func sumOverOrders(s span, mask int, conditionals func([]int) []float32) float64 {
	size := s.hi - s.lo
	reach := make([]float64, 1<<size) // the mean probability, over the orders, to reveal these characters first
	reach[0] = 1
	logs := make([]float64, 1<<size) // a scale of each, so that products do not underflow
	for first := 0; first < len(reach)-1; first += evaluated {
		end := min(first+evaluated, len(reach)-1)
		var symbols []int
		for set := first; set < end; set++ {
			at := len(symbols)
			symbols = append(symbols, s.window...)
			for i := range size {
				if set>>i&1 == 0 {
					symbols[at+s.lo+i] = mask
				}
			}
		}
		logp := conditionals(symbols)
		classes := len(logp) / len(symbols)
		for set := first; set < end; set++ {
			left := float64(size - bits.OnesCount(uint(set)))
			for i := range size {
				if set>>i&1 == 1 {
					continue
				}
				row := (set-first)*len(s.window) + s.lo + i
				step := math.Log(reach[set]) + logs[set] + float64(logp[row*classes+s.window[s.lo+i]]) - math.Log(left)
				add(&reach[set|1<<i], &logs[set|1<<i], step)
			}
		}
	}
	return math.Log(reach[len(reach)-1]) + logs[len(logs)-1]
}

// add adds exp(v) to sum·exp(scale).
func add(sum, scale *float64, v float64) {
	if *sum == 0 {
		*sum, *scale = 1, v
		return
	}
	if v > *scale {
		*sum, *scale = *sum*math.Exp(*scale-v), v
	}
	*sum += math.Exp(v - *scale)
}
