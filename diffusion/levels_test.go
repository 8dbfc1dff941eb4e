package diffusion

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// TestLevels: each law's levels rise with their share of the mass and lie in the schedule's range.
func TestLevels(t *testing.T) {
	for _, named := range schedules {
		for _, name := range LevelsName("").Choices() {
			c := DefaultConfig()
			c.Schedule, c.TrainingLevels = named.name, LevelsName(name)
			law, last := c.levels(c.Schedule.schedule()), math.Inf(-1)
			for i := range 10000 {
				u := law.Level(float64(i) / 10000)
				if !(u >= last) {
					t.Fatalf("%v of %s: %v at %v, after %v", law, named.name, u, float64(i)/10000, last)
				}
				last = u
			}
			first := law.Level(0)
			if name == "discrete" {
				first += 10 // its first is the schedule's
			}
			if first < math.Log(LeastNoise)-1e-9 || last > -logSNR(named, 1)+1e-9 {
				t.Errorf("%v of %s: from %v to %v", law, named.name, first, last)
			}
		}
	}
}

// TestLogNormalLevels: of a range that cuts next to nothing off, the mean and the deviation are those
// asked for, within 2e-3.
func TestLogNormalLevels(t *testing.T) {
	law := NewLogNormalLevels(cosine, -0.5, 0.7)
	const n = 100000
	u := make([]float64, n)
	for i := range u {
		u[i] = law.Level((float64(i) + 0.5) / n)
	}
	if mean, sd := stat.MeanStdDev(u, nil); math.Abs(mean+0.5) > 1e-3 || math.Abs(sd-0.7) > 2e-3 {
		t.Errorf("mean %v, deviation %v", mean, sd)
	}
}

// TestDiscreteLevelsAreTheTimes: T even shares are the T times, one each.
func TestDiscreteLevelsAreTheTimes(t *testing.T) {
	const levels = 10
	for k := range levels {
		want := -logSNR(cosine, float64(k+1)/levels)
		for _, part := range []float64{0.01, 0.99} {
			if got := (DiscreteLevels{cosine, levels}).Level((float64(k) + part) / levels); got != want {
				t.Errorf("level %d: %v, want %v", k, got, want)
			}
		}
	}
}

// TestVelocityIsThePreconditioning: on data of variance 1 a network of velocity is [karras2022]
// (table 1): D(y; s) = c_skip·y + c_out·F(c_in·y), with s = σ/α and y = x/α, up to F's sign; and the
// weight c_out²·(1/c_out²) of F's error is one at every level.
func TestVelocityIsThePreconditioning(t *testing.T) {
	for _, time := range []float64{0.001, 0.1, 0.5, 0.9, 1} {
		alpha, sigma := cosine.At(time)
		s := sigma / alpha
		skip, out, in := 1/(1+s*s), s/math.Sqrt(1+s*s), 1/math.Sqrt(1+s*s)
		a, b := Velocity.data(alpha, sigma) // of x = α·y
		for _, c := range [][2]float64{{a * alpha, skip}, {-b, out}, {alpha, in}} {
			if math.Abs(c[0]-c[1]) > 1e-12 {
				t.Errorf("at t = %v: %v, want %v", time, c[0], c[1])
			}
		}
	}
}
