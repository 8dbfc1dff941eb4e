package diffusion

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/gentest"
	"genlab/standardize"
)

var _ genlab.LogBounder = Bound{}

// TestBoundStaysBelow: with the exact denoiser the bound's mean is below log p's at every T, and
// comes nearer as T grows. At 1000 steps of 400 points it is within 0.02 nats.
func TestBoundStaysBelow(t *testing.T) {
	x := data(400, pcg(1, 1))
	for _, named := range schedules {
		m := triangle()
		m.Schedule = named.Value
		logp := marginal{m, place, 0}.LogProb(x)
		last := math.Inf(1)
		for _, steps := range []int{10, 50, 250, 1000} {
			bound := Bound{m, named.Value, place, steps}.LogBound(x, pcg(2, 2))
			gap := make([]float64, len(logp))
			for i := range gap {
				gap[i] = logp[i] - bound[i]
			}
			mean, sd := stat.MeanStdDev(gap, nil)
			se := sd / math.Sqrt(float64(len(gap)))
			if !(mean > -4*se) {
				t.Errorf("%s, %d steps: %.4f ± %.4f nats above log p", named.Name, steps, -mean, se)
			}
			if !(mean < last) {
				t.Errorf("%s, %d steps: %.4f ± %.4f below log p, fewer left %.4f", named.Name, steps, mean, se, last)
			}
			last = mean
		}
		if last > 0.02 {
			t.Errorf("%s: the gap at 1000 steps is %.4f nats", named.Name, last)
		}
	}
}

// TestBoundOfAGaussian: where data are N(0, s²·I) D is linear, so each term's mean over the noise
// is known; the mean of 20,000 samples agrees within 5 standard errors.
func TestBoundOfAGaussian(t *testing.T) {
	const n, s, steps = 20000, 0.5, 20
	g := Mixture{cosine, mat.NewDense(1, 2, nil), []float64{1}, s}
	x0 := []float64{0.3, -0.6}
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, x0)
	}
	square := x0[0]*x0[0] + x0[1]*x0[1]
	// |D - x_0|² with D = c·(α·x_0 + σ·ε), c = α·s²/(α²s² + σ²).
	missed := func(time float64) float64 {
		alpha, sigma := cosine.At(time)
		c := alpha * s * s / (alpha*alpha*s*s + sigma*sigma)
		return (c*alpha-1)*(c*alpha-1)*square + 2*c*c*sigma*sigma
	}
	alpha, sigma := cosine.At(1)
	wantPrior := (alpha*alpha*square + 2*(sigma*sigma-1-2*math.Log(sigma))) / 2
	wantSteps := 0.0
	for k := 2; k <= steps; k++ {
		from, to := float64(k)/steps, float64(k-1)/steps
		at, st := cosine.At(from)
		as, ss := cosine.At(to)
		q := ss * ss / (st * st) * (st*st - at*at/(as*as)*ss*ss) // the variance of q(x_s|x_0, x_t)
		v := st*st - at*at/(as*as)*ss*ss
		shift := as * v / (st * st) // of the mean, for each unit of x_0
		wantSteps += (2*q/v - 2 - 2*math.Log(q/v) + shift*shift*missed(from)/v) / 2
	}
	_, first := cosine.At(1. / steps)
	wantReconstruction := -missed(1./steps)/(2*first*first) - math.Log(2*math.Pi*first*first)

	prior, kl, reconstruction := Bound{g, cosine, standardize.Identity(2), steps}.Terms(x, pcg(3, 3))
	for _, c := range []struct {
		name string
		got  []float64
		want float64
	}{{"prior", prior, wantPrior}, {"steps", kl, wantSteps}, {"reconstruction", reconstruction, wantReconstruction}} {
		mean, sd := stat.MeanStdDev(c.got, nil)
		if !(math.Abs(mean-c.want) < 5*sd/math.Sqrt(n)+1e-9) {
			t.Errorf("%s: %v, want %v", c.name, mean, c.want)
		}
	}
}

// TestFarOut: -Inf or a number, for the probability flow and for the bound, in which far rows leave the
// variance of the others as it is.
func TestFarOut(t *testing.T) {
	m := newTrainer(t, small()).Model()
	for i, p := range m.net.Parameters().List() { // the last layer begins at zero
		for j := range p.Value {
			p.Value[j] += float32(0.3 * pcg(uint64(i), uint64(j)).NormFloat64())
		}
	}
	gentest.FarPoints(t, 2, 1e-9, m.ProbabilityFlow().LogProb)
	gentest.FarPoints(t, 2, 1e-9, ProbabilityFlow{triangle(), cosine, place, DefaultTolerance, nil}.LogProb)
	b := m.Bound()
	gentest.FarPoints(t, 2, 100, func(x mat.Matrix) []float64 { return b.LogBound(x, pcg(7, 7)) })
	x := m.Sample(100, pcg(8, 8))
	near := b.LogBound(x, pcg(7, 7))
	x.SetRow(99, []float64{1e20, -1e20})
	for i, v := range b.LogBound(x, pcg(7, 7))[:99] {
		if !(math.Abs(v-near[i]) < 4+0.15*math.Abs(near[i])) {
			t.Fatalf("row %d: %v, beside a far point %v", i, near[i], v)
		}
	}
}

// evaluations counts those of a denoiser.
type evaluations struct {
	Denoiser
	n int
}

func (e *evaluations) Denoise(dst, x *mat.Dense, t float64) {
	e.n++
	e.Denoiser.Denoise(dst, x, t)
}

// TestBoundSamplesTheLastStepsOften: one sample of the noise for each step but the last eight, which take four.
func TestBoundSamplesTheLastStepsOften(t *testing.T) {
	x := data(10, pcg(1, 1))
	for steps, want := range map[int]int{1: 4, 7: 28, 8: 32, 9: 33, 20: 44} {
		m := triangle()
		counted := &evaluations{Denoiser: m}
		Bound{counted, m.Schedule, place, steps}.Terms(x, pcg(2, 2))
		if counted.n != want {
			t.Errorf("%d steps: %d evaluations, want %d", steps, counted.n, want)
		}
	}
}
