package nn

import "math"

// Rate is a learning-rate schedule.
type Rate interface {
	At(step int) float64 // step counts from 0
}

// Constant is the same rate at every step.
type Constant float64

// At implements Rate.
func (c Constant) At(int) float64 { return float64(c) }

// Cosine rises linearly over Warmup steps, then falls from Peak to Floor along half a cosine
// that ends at Steps [loshchilov2017].
type Cosine struct {
	Peak, Floor   float64
	Warmup, Steps int
}

// At implements Rate.
func (c Cosine) At(step int) float64 {
	if step < c.Warmup {
		return c.Peak * float64(step+1) / float64(c.Warmup)
	}
	if step >= c.Steps {
		return c.Floor
	}
	done := float64(step-c.Warmup) / float64(c.Steps-c.Warmup)
	return c.Floor + (c.Peak-c.Floor)*(1+math.Cos(math.Pi*done))/2
}
