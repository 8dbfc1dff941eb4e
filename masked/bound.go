package masked

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Bound is the evidence lower bound on log p(text) of sampling in a number of steps. Its values are bounds, not
// probabilities.
type Bound struct {
	Text *Text
	// Steps that reveal a block, in a uniformly random order; 0 for one character at a time, the bound in
	// continuous time.
	Steps int
	// Samples of a mask for each block, stratified over the steps; 0 for 1. More have less variance, and the same mean.
	Samples int
	// Block is the number of characters that are revealed given those before; 0 for that of the configuration.
	Block int
}

// String names the bound.
func (b Bound) String() string {
	if b.Steps == 0 {
		return "ELBO"
	}
	return fmt.Sprintf("ELBO of %d steps per block", b.Steps)
}

// LogBound returns the bound with one sample of a mask for each block; see [Bound.LogBound].
func (t *Text) LogBound(text string, rng *rand.Rand) []float64 {
	return Bound{Text: t}.LogBound(text, rng)
}

// LogBound returns a value in nats for each character of a text. Their sum is an unbiased estimate of a lower bound on
// the log probability of the text: E[Σ LogBound] ≤ log p(text). The values of single characters are their shares
// of it. A character that is not in the alphabet has the probability of its class divided by the size of that.
func (b Bound) LogBound(text string, rng *rand.Rand) []float64 {
	t := b.Text
	ids := t.alphabet.Indices(text)
	out := b.estimate(t.spans(ids, b.block()), len(ids), t.Conditionals, rng)
	for i, id := range ids {
		if id == t.net.unknown() {
			out[i] -= t.alphabet.LogUnknown()
		}
	}
	return out
}

func (b Bound) block() int {
	if b.Block > 0 {
		return min(b.Block, b.Text.cfg.Context)
	}
	return b.Text.cfg.Block
}

// span is a block in its window: positions [lo, hi) of the window, of which the first is character at of the text.
// Positions after hi are masked.
type span struct {
	window     []int
	lo, hi, at int
}

// spans cuts a text into blocks: the first is a window, or the text if that is shorter, the others have size characters,
// but for the last.
func (t *Text) spans(ids []int, size int) []span {
	if len(ids) == 0 {
		return nil
	}
	length := t.cfg.Context
	first := span{window: make([]int, length), hi: min(length, len(ids))}
	for i := copy(first.window, ids); i < length; i++ {
		first.window[i] = t.net.mask()
	}
	all := []span{first}
	for at := length; at < len(ids); at += size {
		n := min(size, len(ids)-at)
		all = append(all, span{ids[at+n-length : at+n], length - n, length, at})
	}
	return all
}

// stage is a step of sampling: of the masked characters of a block, so many are revealed.
type stage struct{ masked, revealed int }

// stages returns those of revealing size characters in a number of steps, as evenly as possible; 0 for one at a time.
func stages(size, steps int) []stage {
	if steps == 0 || steps > size {
		steps = size
	}
	all := make([]stage, steps)
	for j := range all {
		all[j] = stage{size - j*size/steps, (j+1)*size/steps - j*size/steps}
	}
	return all
}

// evaluated is the number of windows that are evaluated at a time.
const evaluated = 512

// estimate returns the shares of n characters in the bound. conditionals is [Text.Conditionals].
func (b Bound) estimate(spans []span, n int, conditionals func([]int) []float32, rng *rand.Rand) []float64 {
	out := make([]float64, n)
	samples := max(1, b.Samples)
	type draw struct {
		span
		masked []int // positions
		weight float64
	}
	var draws []draw
	var symbols []int
	flush := func() {
		if len(draws) == 0 {
			return
		}
		logp := conditionals(symbols)
		classes := len(logp) / len(symbols)
		length := len(symbols) / len(draws)
		for i, d := range draws {
			for _, p := range d.masked {
				out[d.at+p-d.lo] += d.weight * float64(logp[(i*length+p)*classes+d.window[p]])
			}
		}
		draws, symbols = draws[:0], symbols[:0]
	}
	shift := rng.Float64()
	for i, s := range spans {
		all := stages(s.hi-s.lo, b.Steps)
		for k := range samples {
			// Strata over the samples and, by a sequence of low discrepancy [roberts2018], over the blocks.
			u := math.Mod((float64(k)+math.Mod(shift+float64(i)*0.6180339887498949, 1))/float64(samples), 1)
			st := all[min(int(u*float64(len(all))), len(all)-1)]
			masked := choose(s.lo, s.hi, st.masked, rng)
			at := len(symbols)
			symbols = append(symbols, s.window...)
			for _, p := range masked {
				symbols[at+p] = b.mask()
			}
			draws = append(draws, draw{s, masked, float64(len(all)) * float64(st.revealed) / float64(st.masked) / float64(samples)})
			if len(draws) == evaluated {
				flush()
			}
		}
	}
	flush()
	return out
}

func (b Bound) mask() int { return b.Text.net.mask() }

// choose returns a uniform subset of n positions in [lo, hi).
func choose(lo, hi, n int, rng *rand.Rand) []int {
	all := make([]int, hi-lo)
	for i := range all {
		all[i] = lo + i
	}
	for i := range n {
		j := i + rng.IntN(len(all)-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:n]
}
