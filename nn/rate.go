package nn

import "math"

// Rate is a learning-rate schedule.
type Rate interface {
	// At returns the learning rate of a step, counted from 0.
	At(step int) float64
}

// Constant is a constant learning rate.
type Constant float64

// At implements [Rate].
func (c Constant) At(int) float64 { return float64(c) }

// Cosine is linear warm-up over Warmup steps, then cosine decay from Peak to Floor at Steps
// [loshchilov2017].
type Cosine struct {
	Peak, Floor   float64
	Warmup, Steps int
}

// At implements [Rate].
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
