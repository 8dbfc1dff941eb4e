package diffusion

import (
	"fmt"
	"math"

	"genlab/internal/suggest"
)

// Schedule is a variance-preserving noise schedule: x_t = α(t)·x_0 + σ(t)·ε with α² + σ² = 1.
// [CheckSchedule] states what it must satisfy.
type Schedule interface {
	// At returns α and σ for t in [0, 1]: (1, 0) at t = 0, α decreasing in t.
	At(t float64) (alpha, sigma float64)
	String() string
}

// The bounds of α² at t = 1. Sampling starts from N(0, I): with a larger α², x_1 would have another
// distribution; with a smaller one, x_0 = (x - σ·ε)/α would vanish in float32.
const (
	maxFinalAlphaBar = 1e-4
	minFinalAlphaBar = 1e-8
)

// CheckSchedule returns an error unless s starts without noise, ends with α² between 1e-8 and 1e-4, has a
// decreasing α, and preserves the variance.
func CheckSchedule(s Schedule) error {
	if a, sg := s.At(0); a != 1 || sg != 0 {
		return fmt.Errorf("diffusion: schedule %v has alpha %v and sigma %v at t = 0: want 1 and 0", s, a, sg)
	}
	if a, _ := s.At(1); !(a*a > minFinalAlphaBar && a*a < maxFinalAlphaBar) {
		return fmt.Errorf("diffusion: schedule %v ends with alpha² = %.3g, but sampling starts from pure noise: want between %g and %g", s, a*a, minFinalAlphaBar, maxFinalAlphaBar)
	}
	last := math.Inf(1)
	for i := range 1001 {
		a, sg := s.At(float64(i) / 1000)
		if !(math.Abs(a*a+sg*sg-1) < 1e-9) {
			return fmt.Errorf("diffusion: schedule %v has alpha² + sigma² = %v at t = %v: want 1", s, a*a+sg*sg, float64(i)/1000)
		}
		if !(a < last) {
			return fmt.Errorf("diffusion: schedule %v has an alpha that does not fall at t = %v", s, float64(i)/1000)
		}
		last = a
	}
	return nil
}

// Linear is the schedule of [ho2020] in continuous time [song2021sde]: β(t) grows linearly from Min to
// Max, so log α² = -(Min·t + (Max-Min)·t²/2). Betas of 1e-4 to 0.02 over 1000 steps are Min 0.1 and
// Max 20.
type Linear struct{ Min, Max float64 }

// At implements [Schedule].
func (l Linear) At(t float64) (alpha, sigma float64) {
	logAlphaBar := -(l.Min*t + (l.Max-l.Min)*t*t/2)
	return math.Exp(logAlphaBar / 2), math.Sqrt(-math.Expm1(logAlphaBar))
}

func (l Linear) String() string { return "linear" }

// Cosine is the schedule of [nichol2021]: α = cos(π/2·(t+Offset)/(1+Offset)), relative to its value at
// t = 0. Where it ends, α = 0, x_0 would be undetermined: time is rescaled so that α² is End at t = 1.
type Cosine struct{ Offset, End float64 }

// At implements [Schedule].
func (c Cosine) At(t float64) (alpha, sigma float64) {
	first := math.Pi / 2 * c.Offset / (1 + c.Offset)
	last := math.Acos(math.Sqrt(c.End) * math.Cos(first))
	angle := first + t*(last-first)
	alpha = math.Cos(angle) / math.Cos(first)
	// 1 - alpha² without cancellation: (cos² first - cos² angle) = sin(angle-first)·sin(angle+first).
	return alpha, math.Sqrt(math.Sin(angle-first)*math.Sin(angle+first)) / math.Cos(first)
}

func (c Cosine) String() string { return "cosine" }

// ScheduleName selects a [Schedule] in a [Config].
type ScheduleName string

// schedules is the table of schedules, with their published constants. A new one is a line here.
var schedules = suggest.Table[ScheduleName, Schedule]{
	{Name: "cosine", Value: Cosine{0.008, 4e-5}},
	{Name: "linear", Value: Linear{0.1, 20}},
}

// Choices lists the valid names.
func (ScheduleName) Choices() []string { return schedules.Choices() }

// UnmarshalText sets n to one of the Choices, or returns an error that lists them.
func (n *ScheduleName) UnmarshalText(text []byte) error { return suggest.Set("schedule", n, text) }
