package diffusion

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// TestNoiseDistributions: each distribution's levels rise with their share of the mass and lie in the schedule's range.
func TestNoiseDistributions(t *testing.T) {
	for _, named := range schedules {
		for _, name := range NoiseDistributionName("").Choices() {
			c := DefaultConfig()
			c.Schedule, c.NoiseDistribution = named.name, NoiseDistributionName(name)
			dist, last := c.noiseDistribution(named.value), math.Inf(-1)
			for i := range 10000 {
				u := dist.Quantile(float64(i) / 10000)
				if !(u >= last) {
					t.Fatalf("%v of %s: %v at %v, after %v", dist, named.name, u, float64(i)/10000, last)
				}
				last = u
			}
			first := dist.Quantile(0)
			if name == "discrete" {
				first += 10 // its first is the schedule's
			}
			if first < math.Log(MinNoise)-1e-9 || last > -logSNR(named.value, 1)+1e-9 {
				t.Errorf("%v of %s: from %v to %v", dist, named.name, first, last)
			}
		}
	}
}

// TestLogNormalNoise: of a range that cuts next to nothing off, the mean and the deviation are those
// asked for, within 2e-3.
func TestLogNormalNoise(t *testing.T) {
	dist := NewLogNormalNoise(cosine, -0.5, 0.7)
	const n = 100000
	u := make([]float64, n)
	for i := range u {
		u[i] = dist.Quantile((float64(i) + 0.5) / n)
	}
	if mean, sd := stat.MeanStdDev(u, nil); math.Abs(mean+0.5) > 1e-3 || math.Abs(sd-0.7) > 2e-3 {
		t.Errorf("mean %v, deviation %v", mean, sd)
	}
}

// TestDiscreteNoiseIsTheTimesteps: T even shares are the T times, one each.
func TestDiscreteNoiseIsTheTimesteps(t *testing.T) {
	const levels = 10
	for k := range levels {
		want := -logSNR(cosine, float64(k+1)/levels)
		for _, part := range []float64{0.01, 0.99} {
			if got := (DiscreteNoise{cosine, levels}).Quantile((float64(k) + part) / levels); got != want {
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
		a, b := VelocityPrediction.data(alpha, sigma) // of x = α·y
		for _, c := range [][2]float64{{a * alpha, skip}, {-b, out}, {alpha, in}} {
			if math.Abs(c[0]-c[1]) > 1e-12 {
				t.Errorf("at t = %v: %v, want %v", time, c[0], c[1])
			}
		}
	}
}
