package diffusion

import (
	"fmt"
	"math"

	"genlab/internal/suggest"
)

// Schedule says how much of the data and how much noise there is at each time:
// x_t = alpha·x_0 + sigma·ε, variance preserving: alpha² + sigma² = 1.
type Schedule interface {
	// At returns alpha and sigma for t in [0, 1]. At 0 there is no noise (1, 0); alpha falls
	// and sigma grows with t.
	At(t float64) (alpha, sigma float64)
	String() string
}

// The share of the data's variance, alpha², that may be left at t = 1. Sampling starts from
// N(0, I): with more left it would start from another law than training ended at. With less,
// x_0 = (x - sigma·ε)/alpha would be lost in float32.
const (
	endAlphaBar   = 1e-4
	leastAlphaBar = 1e-8
)

// CheckSchedule returns an error unless s begins with no noise, ends with alpha² between 1e-8
// and 1e-4, falls all the way, and preserves the variance.
func CheckSchedule(s Schedule) error {
	if a, sg := s.At(0); a != 1 || sg != 0 {
		return fmt.Errorf("diffusion: schedule %v begins with alpha %v and sigma %v, not 1 and 0", s, a, sg)
	}
	if a, _ := s.At(1); !(a*a > leastAlphaBar && a*a < endAlphaBar) {
		return fmt.Errorf("diffusion: schedule %v ends with alpha² = %.3g, but sampling starts from pure noise: between %g and %g is needed", s, a*a, leastAlphaBar, endAlphaBar)
	}
	last := math.Inf(1)
	for i := range 1001 {
		a, sg := s.At(float64(i) / 1000)
		if !(math.Abs(a*a+sg*sg-1) < 1e-9) {
			return fmt.Errorf("diffusion: schedule %v has alpha² + sigma² = %v at t = %v", s, a*a+sg*sg, float64(i)/1000)
		}
		if !(a < last) {
			return fmt.Errorf("diffusion: schedule %v does not fall at t = %v", s, float64(i)/1000)
		}
		last = a
	}
	return nil
}

// Linear is the schedule of [ho2020] in continuous time [song2021sde]: the noise rate grows
// linearly from Min to Max, log alpha² = -(Min·t + (Max-Min)·t²/2). Ho's betas of 1e-4 to 0.02
// over 1000 steps are Min 0.1 and Max 20.
type Linear struct{ Min, Max float64 }

// At implements Schedule.
func (l Linear) At(t float64) (alpha, sigma float64) {
	logAlphaBar := -(l.Min*t + (l.Max-l.Min)*t*t/2)
	return math.Exp(logAlphaBar / 2), math.Sqrt(-math.Expm1(logAlphaBar))
}

func (l Linear) String() string { return "linear" }

// Cosine is the schedule of [nichol2021]: alpha is a cosine of a time with a small offset,
// alpha = cos(π/2·(t+Offset)/(1+Offset)) relative to its value at 0. Its own end, alpha = 0,
// leaves x_0 undetermined; time is stretched so that t = 1 is where alpha² is End.
type Cosine struct{ Offset, End float64 }

// At implements Schedule.
func (c Cosine) At(t float64) (alpha, sigma float64) {
	first := math.Pi / 2 * c.Offset / (1 + c.Offset)
	last := math.Acos(math.Sqrt(c.End) * math.Cos(first))
	angle := first + t*(last-first)
	alpha = math.Cos(angle) / math.Cos(first)
	// 1 - alpha² without cancellation: (cos² first - cos² angle) = sin(angle-first)·sin(angle+first).
	return alpha, math.Sqrt(math.Sin(angle-first)*math.Sin(angle+first)) / math.Cos(first)
}

func (c Cosine) String() string { return "cosine" }

// ScheduleName is a schedule by its name in a configuration.
type ScheduleName string

// schedules is the table of schedules, with their published constants. A new one is a file
// and a line here.
var schedules = []struct {
	name ScheduleName
	Schedule
}{
	{"cosine", Cosine{0.008, 4e-5}},
	{"linear", Linear{0.1, 20}},
}

// Choices lists the names in the order shown to users.
func (ScheduleName) Choices() []string {
	names := make([]string, len(schedules))
	for i, s := range schedules {
		names[i] = string(s.name)
	}
	return names
}

// schedule returns the schedule of that name; it panics where there is none.
func (n ScheduleName) schedule() Schedule {
	for _, s := range schedules {
		if s.name == n {
			return s.Schedule
		}
	}
	panic(suggest.Name("schedule", string(n), n.Choices()))
}

// UnmarshalText accepts the Choices.
func (n *ScheduleName) UnmarshalText(text []byte) error { return suggest.Set("schedule", n, text) }
