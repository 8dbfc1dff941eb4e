package masked

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// ContinueAll returns length characters sampled after each prompt, block by block. A prompt may be empty, and longer than
// the window. The class of unknown characters is left out. It fails for a character of a prompt that is not in the alphabet
// (an *[alphabet.UnknownCharacterError]) and for invalid settings.
func (t *Text) ContinueAll(prompts []string, length int, d Decoding, rng *rand.Rand) ([]string, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	histories := make([][]int, len(prompts))
	for i, p := range prompts {
		var err error
		if histories[i], err = t.alphabet.Encode(p); err != nil {
			return nil, fmt.Errorf("prompt %d: %w", i+1, err)
		}
	}
	texts := make([]string, len(prompts))
	for i, ids := range t.generate(histories, length, d, rng) {
		texts[i] = t.alphabet.Decode(ids)
	}
	return texts, nil
}

// generate continues each history by so many symbols; texts that are not finished share evaluations.
func (t *Text) generate(histories [][]int, length int, d Decoding, rng *rand.Rand) [][]int {
	out := make([][]int, len(histories))
	for i, h := range histories {
		out[i] = slices.Clone(h)
	}
	for {
		var spans []span
		var of []int
		for i, h := range histories {
			if len(out[i]) < len(h)+length {
				spans, of = append(spans, t.next(out[i])), append(of, i)
			}
		}
		if len(spans) == 0 {
			break
		}
		for lo := 0; lo < len(spans); lo += evaluated {
			t.fill(spans[lo:min(lo+evaluated, len(spans))], d, rng)
		}
		for k, s := range spans {
			out[of[k]] = append(out[of[k]], s.window[s.lo:s.hi]...)
		}
	}
	for i, h := range histories {
		out[i] = out[i][len(h) : len(h)+length]
	}
	return out
}

// next returns the masked block after a history: to the end of the window, given as many characters as leave a block.
func (t *Text) next(history []int) span {
	seen := history[max(0, len(history)-(t.cfg.Context-t.cfg.Block)):]
	s := span{window: make([]int, t.cfg.Context), lo: len(seen), hi: t.cfg.Context}
	for i := copy(s.window, seen); i < s.hi; i++ {
		s.window[i] = t.net.mask()
	}
	return s
}

// fill replaces the masked characters of blocks. A block that is larger than the configuration's, as the first of a text
// is, takes proportionally more steps.
func (t *Text) fill(spans []span, d Decoding, rng *rand.Rand) {
	masked, plans := make([][]int, len(spans)), make([][]stage, len(spans))
	for i, s := range spans {
		size := s.hi - s.lo
		masked[i] = choose(s.lo, s.hi, size, rng) // in random order
		if d.Order == LeftToRight {
			slices.Sort(masked[i])
		}
		plans[i] = stages(size, (d.Steps*size+t.cfg.Block-1)/t.cfg.Block)
	}
	for step := 0; ; step++ {
		var symbols []int
		var open []int // the blocks that are not filled
		for i, plan := range plans {
			if step < len(plan) {
				symbols, open = append(symbols, spans[i].window...), append(open, i)
			}
		}
		if len(open) == 0 {
			return
		}
		logp := t.Conditionals(symbols)
		for k, i := range open {
			own := logp[k*t.cfg.Context*t.net.classes:]
			masked[i] = t.reveal(spans[i], masked[i], plans[i][step].revealed, own, d, rng)
		}
	}
}

// reveal samples n of the masked characters of a block, in the order of masked unless d says otherwise, from log p of each
// class at each position of its window. It returns those that are still masked.
func (t *Text) reveal(s span, masked []int, n int, logp []float32, d Decoding, rng *rand.Rand) []int {
	classes := t.net.classes
	candidates := masked[:n]
	if d.Order == Confident {
		candidates = masked
	}
	proposals := make([]proposal, len(candidates))
	for i, p := range candidates {
		proposals[i] = propose(p, logp[p*classes:p*classes+t.net.unknown()], d.Temperature, rng)
	}
	if d.Order == Confident {
		slices.SortStableFunc(proposals, func(a, b proposal) int { return cmp.Compare(b.logp, a.logp) })
	}
	for _, p := range proposals[:n] {
		s.window[p.position] = p.symbol
	}
	return slices.DeleteFunc(masked, func(p int) bool { return s.window[p] != t.net.mask() })
}

// proposal is a symbol sampled for a masked position, with its log probability.
type proposal struct {
	position, symbol int
	logp             float64
}

// propose samples a symbol from log probabilities (up to a constant) at a temperature.
func propose(position int, logp []float32, temperature float64, rng *rand.Rand) proposal {
	best := 0
	for i, v := range logp {
		if v > logp[best] {
			best = i
		}
	}
	u := rng.Float64()
	if temperature == 0 {
		return proposal{position, best, float64(logp[best])}
	}
	weights, sum := make([]float64, len(logp)), 0.0
	for i, v := range logp {
		weights[i] = math.Exp(float64(v-logp[best]) / temperature)
		sum += weights[i]
	}
	u *= sum
	for i, w := range weights {
		if u -= w; u < 0 {
			return proposal{position, i, float64(logp[i])}
		}
	}
	return proposal{position, best, float64(logp[best])} // reached only through rounding
}
