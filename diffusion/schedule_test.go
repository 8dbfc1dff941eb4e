package diffusion

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestSchedules(t *testing.T) {
	for _, s := range schedules {
		if err := CheckSchedule(s.Value); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

// steep does not preserve the variance, rising is not a noising process.
type steep struct{ Linear }

func (s steep) At(t float64) (alpha, sigma float64) {
	alpha, sigma = s.Linear.At(t)
	return alpha, sigma * (1 + 0.01*t)
}

type waving struct{ Linear }

func (w waving) At(t float64) (alpha, sigma float64) {
	return w.Linear.At(t + 0.05*math.Sin(2*math.Pi*t)*math.Sin(20*math.Pi*t))
}

// TestUnsoundSchedulesAreRefused plants what goes wrong elsewhere: rates that leave .60 or .08
// of the variance at the end (a linear schedule made for 1000 steps and run for 50 or 250).
func TestUnsoundSchedulesAreRefused(t *testing.T) {
	for name, s := range map[string]Schedule{
		"ends at .60":     Linear{0.1 / 20, 20. / 20},
		"ends at .08":     Linear{0.1 / 4, 20. / 4},
		"not preserving":  steep{Linear{0.1, 20}},
		"not monotone":    waving{Linear{0.1, 20}},
		"ends at nothing": Cosine{0.008, 0},
	} {
		if err := CheckSchedule(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestLinearIsHos compares with the product of 1 - beta over 1000 steps of [ho2020]. The
// continuous limit differs by the second order of beta: Σ beta²/2 = 0.07 in the logarithm.
func TestLinearIsHos(t *testing.T) {
	logAlphaBar := 0.0
	for i := range 1000 {
		logAlphaBar += math.Log(1 - (1e-4 + (0.02-1e-4)*float64(i)/999))
		alpha, _ := Linear{0.1, 20}.At(float64(i+1) / 1000)
		if d := math.Abs(2*math.Log(alpha) - logAlphaBar); d > 0.08 {
			t.Fatalf("log alpha-bar differs by %.3g at step %d", d, i+1)
		}
	}
}

// TestCosineIsNichols: up to the stretch of time, alpha² is [nichol2021] (eq. 17).
func TestCosineIsNichols(t *testing.T) {
	f := func(t float64) float64 {
		c := math.Cos((t + 0.008) / 1.008 * math.Pi / 2)
		return c * c
	}
	for _, u := range []float64{0.1, 0.5, 0.9, 0.99} {
		want := f(u) / f(0)
		got, _ := Cosine{0.008, 4e-5}.At(u)
		// The stretch ends at 0.996 of Nichol's time.
		if near, _ := (Cosine{0.008, 1e-12}).At(u); !(math.Abs(near*near-want) <= 1e-5) {
			t.Errorf("unstretched alpha²(%v) = %v, want %v", u, near*near, want)
		}
		if !(math.Abs(got*got-want) <= 0.01) {
			t.Errorf("alpha²(%v) = %v, Nichol's is %v", u, got*got, want)
		}
	}
}

// TestShiftedKeepsWhatVariesMuch: DDIM samples a normal distribution too narrow, by what its steps are too long
// where the distribution is decided. Twice the noise serves a variance of 4 and of 10, and costs one of 0.01.
func TestShiftedKeepsWhatVariesMuch(t *testing.T) {
	lost := func(s TimestepSchedule, variance float64) float64 {
		m := Mixture{Schedule: cosine, Means: mat.NewDense(1, 1, nil), Weights: []float64{1}, Sigma: math.Sqrt(variance)}
		x := mat.NewDense(1, 1, []float64{1})
		for range Reverse(m, cosine, DDIM{}, s.Grid(cosine, 50, 0), x, nil) {
		}
		return 1 - x.At(0, 0)/m.Sigma
	}
	for _, w := range []struct{ variance, least, most float64 }{{4, 0.5, 0.8}, {10, 0.4, 0.7}, {0.01, 1.2, 2}} {
		if got := lost(Shifted, w.variance) / lost(ThreeHalves, w.variance); !(got > w.least && got < w.most) {
			t.Errorf("of a variance of %v shifted loses %.3f times what threehalves does (%.4f), want %v to %v", w.variance, got, lost(ThreeHalves, w.variance), w.least, w.most)
		}
	}
}

func TestGrids(t *testing.T) {
	for _, named := range schedules {
		sched := named.Value
		for _, name := range TimestepSchedule("").Choices() {
			s := TimestepSchedule(name)
			for _, steps := range []int{1, 2, 3, 50, 1000} {
				g := s.Grid(sched, steps, 1000)
				if len(g) != steps+1 || g[0] != 1 || g[steps] != 0 {
					t.Fatalf("%s of %d steps over %v: %d times from %v to %v", s, steps, sched, len(g), g[0], g[len(g)-1])
				}
				for i := 1; i < len(g); i++ {
					if !(g[i] < g[i-1]) {
						t.Fatalf("%s of %d steps over %v does not fall at %d: %v", s, steps, sched, i, g[i-1:i+1])
					}
				}
			}
		}
		// Equal steps of the log signal-to-noise ratio, but for the last.
		g := UniformLogSNR.Grid(sched, 20, 0)
		want := (logSNR(sched, g[19]) - logSNR(sched, 1)) / 19
		for i := 1; i < 20; i++ {
			if got := logSNR(sched, g[i]) - logSNR(sched, g[i-1]); !(math.Abs(got-want) <= 1e-6) {
				t.Errorf("%v: step %d of the log SNR is %v, not %v", sched, i, got, want)
			}
		}
	}
}

// TestSearchedGridsAreInterpolated: a grid of as many steps as one that was searched is that one, one of a number between
// divides the way from the grid of fewer to that of more in the ratio of the logarithms, and one of more steps than all
// takes the last.
func TestSearchedGridsAreInterpolated(t *testing.T) {
	const first = -4.6
	for k, knots := range searchedKnots {
		steps := len(knots) + 1
		for i, want := range append([]float64{first}, knots...) {
			if got := searchedLogSNR(first, steps, float64(i)/float64(len(knots))); !(math.Abs(got-want) <= 1e-12) {
				t.Errorf("time %d of %d steps: log SNR %v, want %v", i, steps, got, want)
			}
		}
		for _, part := range []float64{0.05, 0.3, 0.5, 0.77, 1} {
			to := searchedLogSNR(first, steps, part)
			if k == len(searchedKnots)-1 {
				if got := searchedLogSNR(first, 10*steps, part); got != to {
					t.Errorf("part %v of %d steps: log SNR %v, of %d %v", part, 10*steps, got, steps, to)
				}
			}
			if k == 0 {
				if got := searchedLogSNR(first, 2, part); got != to {
					t.Errorf("part %v of 2 steps: log SNR %v, of %d %v", part, got, steps, to)
				}
				continue
			}
			fewer := len(searchedKnots[k-1]) + 1
			from := searchedLogSNR(first, fewer, part)
			for between := fewer + 1; between < steps; between++ {
				ratio := math.Log(float64(between)/float64(fewer)) / math.Log(float64(steps)/float64(fewer))
				if got, want := searchedLogSNR(first, between, part), from+ratio*(to-from); !(math.Abs(got-want) <= 1e-12) {
					t.Errorf("part %v of %d steps: log SNR %v, want %v", part, between, got, want)
				}
			}
		}
	}
}
