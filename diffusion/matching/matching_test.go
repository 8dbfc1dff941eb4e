package matching

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/gentest"
	"genlab/internal/ode"
	"genlab/metrics"
	"genlab/standardize"
)

// triangle is three Gaussians of unequal weight, standardised well enough.
func triangle(p Path) Mixture {
	return Mixture{p, mat.NewDense(3, 2, []float64{1.2, 0, -0.6, 1, -0.6, -1}), []float64{0.5, 0.3, 0.2}, 0.2}
}

func (m Mixture) sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		k, u := 0, rng.Float64()
		for u > m.Weights[k] {
			u -= m.Weights[k]
			k++
		}
		for j := range 2 {
			x.Set(i, j, m.Means.At(k, j)+m.Sigma*rng.NormFloat64())
		}
	}
	return x
}

func normals(n, d int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	return x
}

func repeat(t float64, n int) []float64 {
	times := make([]float64, n)
	for i := range times {
		times[i] = t
	}
	return times
}

var allPaths = []Path{Straight{}, Trigonometric{}}

// TestPaths: the ends are data and noise, and Rate is the derivative of At.
func TestPaths(t *testing.T) {
	for _, p := range allPaths {
		for time, want := range map[float64][2]float64{0: {1, 0}, 1: {0, 1}} {
			if a, s := p.At(time); math.Abs(a-want[0]) > 1e-15 || math.Abs(s-want[1]) > 1e-15 {
				t.Errorf("%v at %v: %v and %v", p, time, a, s)
			}
		}
		const h = 1e-6
		for _, time := range []float64{0.01, 0.3, 0.5, 0.9} {
			a0, s0 := p.At(time - h)
			a1, s1 := p.At(time + h)
			if da, ds := p.Rate(time); math.Abs(da-(a1-a0)/(2*h)) > 1e-8 || math.Abs(ds-(s1-s0)/(2*h)) > 1e-8 {
				t.Errorf("%v at %v: rates %v and %v", p, time, da, ds)
			}
		}
	}
}

// TestMixtureVelocityIsThatOfItsDenoiser: v = α'·D + σ'·(x - α·D)/σ with the exact denoiser, and its divergence that of
// central differences. At t = 0, where the formula divides by zero, the velocity is finite.
func TestMixtureVelocityIsThatOfItsDenoiser(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range allPaths {
		m := triangle(p)
		for _, time := range []float64{0.02, 0.3, 0.7, 1} {
			x := normals(20, 2, rng)
			var d mat.Dense
			d.CloneFrom(x)
			m.Denoise(&d, x, time)
			v, divergence := mat.NewDense(20, 2, nil), make([]float64, 20)
			m.Velocity(v, x, repeat(time, 20), divergence)
			alpha, sigma := p.At(time)
			da, ds := p.Rate(time)
			const h = 1e-5
			numeric := make([]float64, 20)
			for j := range 2 {
				up, down := mat.DenseCopyOf(x), mat.DenseCopyOf(x)
				for i := range 20 {
					up.Set(i, j, x.At(i, j)+h)
					down.Set(i, j, x.At(i, j)-h)
				}
				vu, vd := mat.NewDense(20, 2, nil), mat.NewDense(20, 2, nil)
				m.Velocity(vu, up, repeat(time, 20), nil)
				m.Velocity(vd, down, repeat(time, 20), nil)
				for i := range 20 {
					numeric[i] += (vu.At(i, j) - vd.At(i, j)) / (2 * h)
				}
			}
			for i := range 20 {
				for j := range 2 {
					want := da*d.At(i, j) + ds*(x.At(i, j)-alpha*d.At(i, j))/sigma
					if !(math.Abs(v.At(i, j)-want) < 1e-9) {
						t.Fatalf("%v at %v: velocity %v, want %v", p, time, v.At(i, j), want)
					}
				}
				if !(math.Abs(divergence[i]-numeric[i]) < 1e-6*(1+math.Abs(numeric[i]))) {
					t.Fatalf("%v at %v: divergence %v, want %v", p, time, divergence[i], numeric[i])
				}
			}
		}
		v := mat.NewDense(1, 2, nil)
		m.Velocity(v, mat.NewDense(1, 2, []float64{1, 0.3}), []float64{0}, nil)
		if math.IsNaN(mat.Sum(v)) || math.IsInf(mat.Sum(v), 0) {
			t.Errorf("%v at 0: %v", p, v)
		}
	}
}

// ends runs a sampler over uniform steps from t = 0.95 to 0.05, from fixed points, and returns where they end.
func ends(m Mixture, s diffusion.Sampler, steps int) *mat.Dense {
	grid := Uniform(steps)
	for i := range grid {
		grid[i] = 0.05 + 0.9*grid[i]
	}
	x := normals(200, 2, rand.New(rand.NewPCG(3, 3)))
	for range diffusion.Reverse(m, m.Path, s, grid, x, nil) {
	}
	return x
}

// TestOrders: with the exact velocity, doubling the number of steps divides the distance to the exact trajectory by 2
// to the power of the order: of every solver, and of deterministic DDIM.
func TestOrders(t *testing.T) {
	for _, p := range allPaths {
		m := triangle(p)
		exact := ends(m, Adaptive{1e-12}, 1)
		for _, c := range []struct {
			s     diffusion.Sampler
			order float64
		}{{Fixed{ode.Euler}, 1}, {Fixed{ode.Midpoint}, 2}, {Fixed{ode.Heun}, 2}, {Fixed{ode.RK4}, 4}, {diffusion.DDIM{}, 1}} {
			var errs []float64
			for _, steps := range []int{128, 256, 512} {
				x := ends(m, c.s, steps)
				x.Sub(x, exact)
				errs = append(errs, mat.Norm(x, 2))
			}
			for i := range errs[1:] {
				// The next order's share of the error is a few percent at these steps.
				if order := math.Log2(errs[i] / errs[i+1]); math.Abs(order-c.order) > 0.15 {
					t.Errorf("%v along %v: order %.3f between %d and %d steps, want %v", c.s, p, order, 128<<i, 256<<i, c.order)
				}
			}
		}
	}
}

// TestEulerIsDDIM: along the straight path, deterministic DDIM takes Euler's steps.
func TestEulerIsDDIM(t *testing.T) {
	m := triangle(Straight{})
	if a, b := ends(m, Fixed{ode.Euler}, 20), ends(m, diffusion.DDIM{}, 20); !mat.EqualApprox(a, b, 1e-12) {
		t.Error("Euler and DDIM take noise to different points")
	}
}

// TestTheSolverOfManyStepsIsTheAdaptiveOne: the error of the adaptive solver is of the size of its tolerance.
func TestTheSolverOfManyStepsIsTheAdaptiveOne(t *testing.T) {
	m := triangle(Straight{})
	exact := ends(m, Adaptive{1e-12}, 1)
	for _, tolerance := range []float64{1e-3, 1e-5, 1e-7} {
		x := ends(m, Adaptive{tolerance}, 1)
		x.Sub(x, exact)
		if e := mat.Max(x); !(e < 100*tolerance) {
			t.Errorf("error %.3g at a tolerance of %v", e, tolerance)
		}
	}
}

// TestSolversReachTheData: with the exact velocity, the samples of each solver have an energy distance to the mixture of
// zero, within 4 standard errors of two true samples of 4000 (about 0.0005), and a bias of finite steps.
func TestSolversReachTheData(t *testing.T) {
	for _, p := range allPaths[:1] {
		m := triangle(p)
		truth := m.sample(4000, rand.New(rand.NewPCG(5, 1)))
		for _, s := range []Solver{Fixed{ode.Euler}, Fixed{ode.Midpoint}, Fixed{ode.Heun}, Fixed{ode.RK4}, Adaptive{1e-4}} {
			x := normals(4000, 2, rand.New(rand.NewPCG(6, 6)))
			for range diffusion.Reverse(m, p, s, Uniform(100), x, nil) {
			}
			if e := metrics.EnergyDistance(x, truth); !(math.Abs(e.Value) < 0.002) {
				t.Errorf("%v along %v: energy distance %v ± %v", s, p, e.Value, e.SE)
			}
		}
	}
}

// TestContinuousFlowIsTheMixture: with the exact velocity, the density of the flow is the mixture's own, to the
// tolerance, in the data's coordinates. (The noise is exactly N(0, I) at t = 1.)
func TestContinuousFlowIsTheMixture(t *testing.T) {
	for _, p := range allPaths {
		m := triangle(p)
		scale := standardize.Map{Shift: []float64{3, -1}, Scale: []float64{2, 0.5}}
		x := m.sample(300, rand.New(rand.NewPCG(7, 7)))
		want := make([]float64, 300)
		for i := range want {
			var q float64
			for k, w := range m.Weights {
				dx, dy := x.At(i, 0)-m.Means.At(k, 0), x.At(i, 1)-m.Means.At(k, 1)
				q += w * math.Exp(-(dx*dx+dy*dy)/(2*m.Sigma*m.Sigma)) / (2 * math.Pi * m.Sigma * m.Sigma)
			}
			want[i] = math.Log(q) - scale.LogScale()
		}
		scale.ToData(x)
		got := ContinuousFlow{m, scale, 1e-7}.LogProb(x)
		for i, v := range got {
			if !(math.Abs(v-want[i]) < 1e-5) {
				t.Fatalf("%v, row %d: log p %v, want %v", p, i, v, want[i])
			}
		}
	}
}

// TestContinuousFlowFails: NaN for a NaN, -Inf far outside, and no other row is disturbed.
func TestContinuousFlowFails(t *testing.T) {
	f := ContinuousFlow{triangle(Straight{}), standardize.Map{Shift: []float64{0, 0}, Scale: []float64{1, 1}}, 1e-4}
	got := f.LogProb(mat.NewDense(3, 2, []float64{math.NaN(), 0, 1e200, 0, 1.2, 0}))
	if !math.IsNaN(got[0]) || !math.IsInf(got[1], -1) || math.IsNaN(got[2]) || math.IsInf(got[2], 0) {
		t.Errorf("got %v", got)
	}
}

// TestAlong: the velocity of an exact denoiser of a variance-preserving schedule, along a path, is the exact velocity of
// that path, with its divergence, at the noise levels that the schedule has.
func TestAlong(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range allPaths {
		m := triangle(p)
		denoiser := m.Denoiser()
		denoiser.Schedule = diffusion.Cosine{Offset: 0.008, End: 4e-5}
		along := Along{denoiser, denoiser.Schedule, p}
		for _, time := range []float64{0.01, 0.3, 0.7, 0.99} {
			x := normals(20, 2, rng)
			got, want := mat.NewDense(20, 2, nil), mat.NewDense(20, 2, nil)
			a, b := make([]float64, 20), make([]float64, 20)
			along.Velocity(got, x, repeat(time, 20), a)
			m.Velocity(want, x, repeat(time, 20), b)
			for i := range 20 {
				if !(math.Abs(a[i]-b[i]) < 1e-6*(1+math.Abs(b[i]))) || !(math.Abs(got.At(i, 0)-want.At(i, 0)) < 1e-7) {
					t.Fatalf("%v at %v: velocity %v and divergence %v, want %v and %v", p, time, got.At(i, 0), a[i], want.At(i, 0), b[i])
				}
			}
		}
	}
}

// TestStraightness: of a Gaussian whose standard deviation is that of the noise, trajectories along the trigonometric
// path stand still, and those along the straight path shrink by √(α²+σ²): ∫ (c'·x)² dt = E[x²]·∫ c'² for c = √(α²+σ²),
// since the ends agree. For one point far narrower than the noise they are straight.
func TestStraightness(t *testing.T) {
	g := func(p Path, sigma float64) Mixture {
		return Mixture{p, mat.NewDense(1, 2, nil), []float64{1}, sigma}
	}
	mean := func(m Mixture) float64 {
		return metrics.Mean(Straightness(m, 4000, 2, rand.New(rand.NewPCG(1, 1)))).Value
	}
	if s := mean(g(Trigonometric{}, 1)); s > 1e-20 {
		t.Errorf("straightness %v of trajectories that stand still", s)
	}
	want, last := 0.0, 1.0
	const parts = 10000
	for i := 1; i <= parts; i++ {
		u := float64(i) / parts
		c := math.Hypot(1-u, u)
		want += (c - last) * (c - last) * parts
		last = c
	}
	if s := mean(g(Straight{}, 1)); math.Abs(s-want) > 0.05*want { // the error of a mean of 8000 squares is 1.6%
		t.Errorf("straightness %v along the straight path, want %v", s, want)
	}
	if s := mean(g(Straight{}, 1e-3)); s > 1e-4 {
		t.Errorf("straightness %v of straight lines", s)
	}
}

// TestFarOut: a density by the ODE is -Inf or a number, and far points leave the others alone.
func TestFarOut(t *testing.T) {
	m, err := New(tiny(), standardize.Identity(2), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	gentest.FarPoints(t, 2, 1e-9, m.ContinuousFlow().LogProb)
}
