package bounds

import (
	"testing"

	"genlab/metrics"
)

// TestOrdered: a bound that is out of order by more than its error does not meet the criterion, and
// neither does an ELBO that equals log p.
func TestOrdered(t *testing.T) {
	gap := func(v float64) metrics.Estimate { return metrics.Estimate{Value: v, SE: 0.001} }
	for _, c := range []struct {
		gaps [4]float64 // ELBO to K = 500
		want bool
	}{
		{[4]float64{0.1, 0.05, 0.01, 0.002}, true},
		{[4]float64{0.1, 0.05, 0.01, -0.002}, true}, // within the error
		{[4]float64{0.1, 0.05, 0.01, -0.004}, false},
		{[4]float64{0.1, 0.05, 0.06, 0.002}, false},
		{[4]float64{0.002, 0.001, 0.001, 0}, false},
	} {
		var gaps []metrics.Estimate
		for _, g := range c.gaps {
			gaps = append(gaps, gap(g))
		}
		if got := ordered(margins(gaps)); got != c.want {
			t.Errorf("%v: %v", c.gaps, got)
		}
	}
}
