package autoregressive

import (
	"fmt"
	"math"
	"slices"

	"genlab/internal/kernel"
)

// Sampling holds the decoding settings: how the next symbol is chosen from its logits.
type Sampling struct {
	Temperature float64 // divides the logits; 1 samples from the model, 0 is greedy decoding
	TopK        int     // sample among this many most likely symbols; 0 for all
}

// Validate returns an error that names the first field out of its range.
func (s Sampling) Validate() error {
	if !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0) {
		return fmt.Errorf("temperature is %v, but must be at least 0", s.Temperature)
	}
	if s.TopK < 0 {
		return fmt.Errorf("top-k is %d, but must be at least 0", s.TopK)
	}
	return nil
}

func (s Sampling) String() string {
	switch {
	case s.Temperature == 0:
		return "greedy"
	case s.TopK > 0:
		return fmt.Sprintf("temperature %g, top %d", s.Temperature, s.TopK)
	}
	return fmt.Sprintf("temperature %g", s.Temperature)
}

// pick returns the symbol at the quantile u in [0, 1). Ties are broken in favour of the lower symbol.
// weights is scratch memory, as long as logits.
func (s Sampling) pick(logits []float32, u float64, weights []float32) int {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	if s.Temperature == 0 || s.TopK == 1 {
		return best
	}
	least := float32(math.Inf(-1)) // the smallest logit among the top k
	ties := len(logits)            // how many symbols of that logit are among them
	if s.TopK > 0 && s.TopK < len(logits) {
		copy(weights, logits)
		slices.Sort(weights)
		top := weights[len(weights)-s.TopK:]
		least, ties = top[0], 0
		for ties < len(top) && top[ties] == least {
			ties++
		}
	}
	most := float64(logits[best])
	for i, v := range logits {
		if v < least || v == least && ties == 0 {
			weights[i] = float32(math.Inf(-1))
			continue
		}
		if v == least {
			ties--
		}
		weights[i] = float32((float64(v) - most) / s.Temperature)
	}
	kernel.Exp(weights, weights)
	var sum float64
	for _, w := range weights {
		sum += float64(w)
	}
	at := u * sum
	for i, w := range weights {
		if at -= float64(w); at < 0 && w > 0 {
			return i
		}
	}
	return best // reached only through rounding
}
