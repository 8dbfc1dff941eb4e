package metrics

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// gaussian draws n points of N((shift, 0), scale² I) in the plane.
func gaussian(n int, shift, scale float64, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.Set(i, 0, shift+scale*rng.NormFloat64())
		x.Set(i, 1, scale*rng.NormFloat64())
	}
	return x
}

// calibration is what repeating an estimate shows.
type calibration struct {
	mean, se   float64 // of the values
	sd, stated float64 // of the values, and the root mean square of the stated errors
}

func calibrate(times int, one func() Estimate) calibration {
	values := make([]float64, times)
	square := 0.0
	for i := range values {
		e := one()
		values[i] = e.Value
		square += e.SE * e.SE / float64(times)
	}
	mean, sd := stat.MeanStdDev(values, nil)
	return calibration{mean, sd / math.Sqrt(float64(times)), sd, math.Sqrt(square)}
}

// honest fails where the stated error is not the one seen, to within the factors.
func (c calibration) honest(t *testing.T, low, high float64) {
	t.Helper()
	if r := c.stated / c.sd; !(r >= low && r <= high) {
		t.Errorf("stated error %.3g is %.2f of the standard deviation %.3g, want [%v, %v]", c.stated, r, c.sd, low, high)
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %v, want %v ± %.2g", what, got, want, tolerance)
	}
}

// panics checks that f panics with a message that starts "metrics:" and holds each part.
func panics(t *testing.T, f func(), parts ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		message, _ := recover().(string)
		for _, part := range append(parts, "metrics: ") {
			if !strings.Contains(message, part) {
				t.Errorf("panic %q does not say %q", message, part)
			}
		}
	}()
	f()
}

func TestMean(t *testing.T) {
	e := Mean([]float64{1, 2, 3, 4})
	if e.N != 4 || e.NonFinite != 0 {
		t.Errorf("N %d, NonFinite %d", e.N, e.NonFinite)
	}
	near(t, "mean", e.Value, 2.5, 1e-15)
	near(t, "error", e.SE, math.Sqrt(5./3/4), 1e-15)

	e = Mean([]float64{1, math.Inf(1), 2, math.Inf(1)})
	if !math.IsInf(e.Value, 1) || !math.IsNaN(e.SE) || e.NonFinite != 2 || e.N != 4 {
		t.Errorf("with infinities: %+v", e)
	}
	for _, v := range []float64{math.NaN(), math.Inf(-1)} {
		if e := Mean([]float64{1, math.Inf(1), v}); !math.IsNaN(e.Value) || e.NonFinite != 2 {
			t.Errorf("with +Inf and %v: %+v", v, e)
		}
	}
	if e := Mean([]float64{3}); e.Value != 3 || !math.IsNaN(e.SE) {
		t.Errorf("of one value: %+v", e)
	}
	panics(t, func() { Mean(nil) }, "0 values")
}

// The quantiles of Student's t are those of any printed table.
func TestIntervals(t *testing.T) {
	mean, half := AcrossSeeds([]float64{1, 2, 3, 4, 5})
	near(t, "mean", mean, 3, 1e-15)
	near(t, "half width", half, 2.776445*math.Sqrt(2.5/5), 1e-6) // t(0.975; 4)
	if _, half := AcrossSeeds([]float64{1}); !math.IsNaN(half) {
		t.Errorf("one seed has the half width %v", half)
	}
	if mean, _ := AcrossSeeds([]float64{1, math.NaN()}); !math.IsNaN(mean) {
		t.Errorf("a diverged run vanished: mean %v", mean)
	}
	lo, hi := Interval(Estimate{Value: 10, SE: 1, N: 11}, 0.9)
	near(t, "lower end", lo, 10-1.812461, 1e-6) // t(0.95; 10)
	near(t, "upper end", hi, 10+1.812461, 1e-6)
	lo, hi = Interval(Estimate{Value: 0, SE: 1, N: 1e6}, 0.95)
	near(t, "normal width", hi-lo, 2*1.959966, 1e-4)
	panics(t, func() { Interval(Estimate{N: 3}, 95) }, "95")
}
