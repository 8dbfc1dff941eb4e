package diffusion

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// TestNoiseDistributions: each distribution's levels rise with their share of the mass and lie in the schedule's range.
func TestNoiseDistributions(t *testing.T) {
	for _, named := range schedules {
		for _, name := range NoiseDistributionName("").Choices() {
			c := DefaultConfig()
			c.Schedule, c.NoiseDistribution = named.Name, NoiseDistributionName(name)
			dist, last := c.noiseDistribution(named.Value), math.Inf(-1)
			for i := range 10000 {
				u := dist.Quantile(float64(i) / 10000)
				if !(u >= last) {
					t.Fatalf("%v of %s: %v at %v, after %v", dist, named.Name, u, float64(i)/10000, last)
				}
				last = u
			}
			first := dist.Quantile(0)
			if name == "discrete" {
				first += 10 // its first is the schedule's
			}
			if first < math.Log(MinNoise)-1e-9 || last > -logSNR(named.Value, 1)+1e-9 {
				t.Errorf("%v of %s: from %v to %v", dist, named.Name, first, last)
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
	if mean, sd := stat.MeanStdDev(u, nil); !(math.Abs(mean+0.5) <= 1e-3) || !(math.Abs(sd-0.7) <= 2e-3) {
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
			if !(math.Abs(c[0]-c[1]) <= 1e-12) {
				t.Errorf("at t = %v: %v, want %v", time, c[0], c[1])
			}
		}
	}
}

// recordedNoise notes the shares p that it is asked for.
type recordedNoise struct{ p []float64 }

// Quantile implements [NoiseDistribution].
func (r *recordedNoise) Quantile(p float64) float64 {
	r.p = append(r.p, p)
	return lerp(-3, 3, p)
}

func (*recordedNoise) String() string { return "recorded" }

// TestNoiseLevelsAreStratified: in a batch of n rows one share lies in each of the n equal strata, and within the
// strata the shares are uniform: their mean over 50 batches is 1/2 within 4 standard errors, and so is their variance 1/12.
func TestNoiseLevelsAreStratified(t *testing.T) {
	r := &recordedNoise{}
	tr := newTrainer(t, small())
	tr.noise = r
	n := tr.Model().cfg.Batch
	batch, rng := data(n, pcg(2, 2)), pcg(3, 3)
	var within []float64
	for range 50 {
		r.p = r.p[:0]
		tr.fill(batch, rng)
		if len(r.p) != n {
			t.Fatalf("%d shares of %d rows", len(r.p), n)
		}
		slices.Sort(r.p)
		for i, p := range r.p {
			if int(p*float64(n)) != i {
				t.Fatalf("the share %v is number %d of %d: the strata are not those of the rows", p, i, n)
			}
			within = append(within, p*float64(n)-float64(i))
		}
	}
	mean, variance := stat.MeanVariance(within, nil)
	root := math.Sqrt(float64(len(within)))
	if !(math.Abs(mean-0.5) <= 4*math.Sqrt(1./12)/root) || !(math.Abs(variance-1./12) <= 4*math.Sqrt(1./180)/root) {
		t.Errorf("within the strata: mean %v, variance %v", mean, variance)
	}
}
