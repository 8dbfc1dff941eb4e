package compare

import (
	"fmt"
	"math"
	"strconv"
)

// Interval is a mean with the half-width of its 95 % confidence interval: over the seeds by Student's
// t where there are two or more; for one run ±1.96 standard errors of its evaluation, which do not
// include the variation between seeds. Half is NaN where neither is known.
type Interval struct {
	Mean    Number `json:"mean"`
	Half    Number `json:"half"`
	Best    bool   `json:"best,omitempty"`
	Warning string `json:"warning,omitempty"`
}

func (i Interval) lo() float64 { return float64(i.Mean) - i.half() }
func (i Interval) hi() float64 { return float64(i.Mean) + i.half() }

func (i Interval) half() float64 {
	if finite(i.Half) {
		return float64(i.Half)
	}
	return 0
}

// text prints the mean with as many digits as the interval supports, and the half-width with one.
func (i Interval) text(c Column, modes int) string {
	v, half := float64(i.Mean), float64(i.Half)
	switch {
	case math.IsNaN(v):
		return "?"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case c.Key == "modes":
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if half >= 0.05 {
			s = fmt.Sprintf("%.1f ± %.1f", v, half)
		}
		return fmt.Sprintf("%s of %d", s, modes)
	case c.Key == "params" || c.Key == "steps" || c.Key == "network_evaluations":
		return strconv.FormatFloat(v, 'f', 0, 64)
	case !(half > 0) || math.IsInf(half, 0):
		if v == 0 {
			return "0"
		}
		digits := 3
		if c.Timing {
			digits = 2
		}
		return strconv.FormatFloat(v, 'f', max(0, digits-int(math.Floor(math.Log10(math.Abs(v))))), 64)
	}
	digits := min(max(0, -int(math.Floor(math.Log10(half)))), 6)
	if math.Abs(v) < 0.5*math.Pow(10, -float64(digits)) {
		v = 0 // no -0.000
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, v, digits, half)
}
