package diffusion

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/metrics"
)

var cosine = schedules[0].Value

// triangle is three Gaussians of unequal weight, standardised well enough.
func triangle() Mixture {
	return Mixture{cosine, mat.NewDense(3, 2, []float64{1.2, 0, -0.6, 1, -0.6, -1}), []float64{0.5, 0.3, 0.2}, 0.2}
}

func (m Mixture) draw(n int, rng *rand.Rand) *mat.Dense {
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

// TestMixtureObeysTweedie: E[x_0|x] = (x + sigma²·∇log p_t(x))/alpha, with the gradient of the
// exact log-density of x_t by central differences.
func TestMixtureObeysTweedie(t *testing.T) {
	m := triangle()
	logP := func(x, y, time float64) float64 {
		alpha, sigma := m.Schedule.At(time)
		v := alpha*alpha*m.Sigma*m.Sigma + sigma*sigma
		var p float64
		for k, w := range m.Weights {
			dx, dy := x-alpha*m.Means.At(k, 0), y-alpha*m.Means.At(k, 1)
			p += w * math.Exp(-(dx*dx+dy*dy)/(2*v)) / (2 * math.Pi * v)
		}
		return math.Log(p)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, time := range []float64{0.05, 0.3, 0.7, 0.99} {
		x := normals(20, 2, rng)
		var got mat.Dense
		denoise(m, &got, x, time)
		alpha, sigma := m.Schedule.At(time)
		const h = 1e-5
		for i := range 20 {
			a, b := x.At(i, 0), x.At(i, 1)
			for j, slope := range []float64{
				(logP(a+h, b, time) - logP(a-h, b, time)) / (2 * h),
				(logP(a, b+h, time) - logP(a, b-h, time)) / (2 * h),
			} {
				want := (x.At(i, j) + sigma*sigma*slope) / alpha
				// Rounding of 1e-16/h in the slope, divided by alpha.
				if d := math.Abs(got.At(i, j) - want); !(d < 1e-6/alpha) {
					t.Fatalf("t = %v: %v, want %v", time, got.At(i, j), want)
				}
			}
		}
	}
}

// even is a grid of equal steps from one time to another, away from the ends, where the
// coefficients are smooth.
func even(from, to float64, steps int) []float64 {
	g := make([]float64, steps+1)
	for i := range g {
		g[i] = from + (to-from)*float64(i)/float64(steps)
	}
	return g
}

// last runs a sampler over a grid from fixed points and returns where they end.
func last(d Denoiser, s Sampler, grid []float64, rng *rand.Rand) *mat.Dense {
	x := normals(200, 2, rand.New(rand.NewPCG(3, 3)))
	for range Reverse(d, cosine, s, grid, x, rng) {
	}
	return x
}

// begun is even with a first step cut into ever shorter ones, a multistep method's start: its
// first step is of first order, and would leave an error of order 2 whatever follows.
func begun(from, to float64, steps int) []float64 {
	g := even(from, to, steps)
	start := []float64{from}
	for part := 1.0 / 1024; part < 1; part *= 2 {
		start = append(start, from+(g[1]-from)*part)
	}
	return append(start, g[1:]...)
}

// TestOrders: doubling the number of steps divides the distance to the exact trajectory (8192
// steps of the best sampler) by 2 to the power of the order, from where its leading term dominates.
func TestOrders(t *testing.T) {
	m := triangle()
	exact := last(m, UniPC{3}, begun(0.9, 0.1, 8192), nil)
	for _, c := range []struct {
		s     Sampler
		order float64
		from  int // steps
	}{
		{DDIM{}, 1, 128}, {Heun{}, 2, 128},
		{DPMSolver{Order: 2}, 2, 128}, {DPMSolver{Order: 2, Midpoint: true}, 2, 128}, {DPMSolver{Order: 3}, 3, 512},
		{UniPC{2}, 3, 512}, {UniPC{3}, 4, 1024},
	} {
		var errs []float64
		for _, steps := range []int{c.from, 2 * c.from} {
			var diff mat.Dense
			diff.Sub(last(m, c.s, begun(0.9, 0.1, steps), nil), exact)
			errs = append(errs, mat.Norm(&diff, 2))
		}
		// The next order's share of the error is a few percent at these steps.
		if order := math.Log2(errs[0] / errs[1]); !(math.Abs(order-c.order) <= 0.25) {
			t.Errorf("%v: order %.3f between %d and %d steps, want %v (errors %.3g)", c.s, order, c.from, 2*c.from, c.order, errs)
		}
	}
}

// TestExponentialWeights: they integrate powers of τ against e^(τ-h) as Simpson's rule with 2000 intervals does, for
// all numbers of nodes, and for steps on both sides of the change of recursion.
func TestExponentialWeights(t *testing.T) {
	for _, h := range []float64{1e-3, 0.4, 0.99, 1.01, 3} {
		all := []float64{h, 0, -0.7 * h, -1.9 * h}
		for n := 1; n <= len(all); n++ {
			nodes := all[:n]
			c := exponentialWeights(h, nodes)
			for power := range n {
				var got, want float64
				for j, at := range nodes {
					got += c[j] * math.Pow(at, float64(power))
				}
				const intervals = 2000
				for i := range intervals + 1 {
					weight := float64(2 + 2*(i%2))
					if i == 0 || i == intervals {
						weight = 1
					}
					tau := h * float64(i) / intervals
					want += weight * h / (3 * intervals) * math.Exp(tau-h) * math.Pow(tau, float64(power))
				}
				if !(math.Abs(got-want) < 1e-9*math.Pow(h, float64(power+1))) {
					t.Errorf("h = %v, %d nodes: ∫τ^%d = %v, want %v", h, n, power, got, want)
				}
			}
		}
	}
}

// TestLowOrderAtTheEnd: in few steps the third-order methods keep their samples on the modes, which they left with
// order 3 to the end (0.22 of the samples; 0.989 of the true distribution's lie within 3 sigma).
func TestLowOrderAtTheEnd(t *testing.T) {
	grid := Mixture{cosine, mat.NewDense(25, 2, nil), make([]float64, 25), 0.0177}
	for k := range 25 {
		grid.Means.SetRow(k, []float64{float64(k/5-2) * 0.707, float64(k%5-2) * 0.707})
		grid.Weights[k] = 1.0 / 25
	}
	const n = 500
	for _, s := range []Sampler{DPMSolver{Order: 3}, UniPC{3}} {
		x := normals(n, 2, pcg(1, 7))
		for range Reverse(grid, cosine, s, UniformLogSNR.Grid(cosine, 10, 1000), x, nil) {
		}
		within := 0
		for i := range n {
			off := func(v float64) float64 { v /= 0.707; return 0.707 * (v - math.Round(v)) }
			if math.Hypot(off(x.At(i, 0)), off(x.At(i, 1))) < 3*grid.Sigma {
				within++
			}
		}
		if within < 9*n/10 {
			t.Errorf("%v: %d of %d samples within 3 sigma", s, within, n)
		}
	}
}

// TestDDPMIsOfFirstWeakOrder: on a Gaussian the step is affine, x' = a·x + b·ξ, so the variance
// of the chain is known without sampling; its error halves with the step.
func TestDDPMIsOfFirstWeakOrder(t *testing.T) {
	g := Mixture{cosine, mat.NewDense(1, 1, nil), []float64{1}, 0.5}
	variance := func(time float64) float64 {
		alpha, sigma := cosine.At(time)
		return alpha*alpha*0.25 + sigma*sigma
	}
	var errs []float64
	for _, steps := range []int{50, 100, 200} {
		grid := even(0.95, 0.05, steps)
		v := variance(grid[0])
		step := DDPM{}.Begin(g, cosine)
		for i, to := range grid[1:] {
			move := func(x float64) float64 {
				at := mat.NewDense(1, 1, []float64{x})
				step(at, grid[i], to, rand.New(rand.NewPCG(1, 1)))
				return at.At(0, 0)
			}
			xi := rand.New(rand.NewPCG(1, 1)).NormFloat64()
			b := move(0) / xi
			a := move(1) - move(0)
			v = a*a*v + b*b
		}
		errs = append(errs, math.Abs(v-variance(0.05)))
	}
	for i := range errs[1:] {
		if order := math.Log2(errs[i] / errs[i+1]); !(math.Abs(order-1) <= 0.1) {
			t.Errorf("weak order %.3f between %d and %d steps, want 1 (errors %v)", order, 50<<i, 100<<i, errs)
		}
	}
}

// TestDDIMWithEtaOneIsDDPM: the two ways of writing one Gaussian step agree draw by draw.
func TestDDIMWithEtaOneIsDDPM(t *testing.T) {
	m := triangle()
	grid := UniformTime.Grid(cosine, 40, 0)
	a := last(m, DDPM{}, grid, rand.New(rand.NewPCG(9, 9)))
	b := last(m, DDIM{Eta: 1}, grid, rand.New(rand.NewPCG(9, 9)))
	if !mat.EqualApprox(a, b, 1e-9) {
		t.Error("the same noise leads DDPM and DDIM(eta=1) to different points")
	}
}

// TestSamplersReachTheData: with the exact denoiser, 10,000 samples of each sampler have an
// energy distance to the mixture of zero, within 4 standard errors of two true samples (about
// 0.0001) and the bias that their finite steps leave.
func TestSamplersReachTheData(t *testing.T) {
	m := triangle()
	truth := m.draw(4000, rand.New(rand.NewPCG(5, 1)))
	for _, s := range []Sampler{DDIM{}, DDIM{Eta: 0.5}, DDPM{}, Heun{}, DPMSolver{Order: 2}, DPMSolver{Order: 2, Midpoint: true}, DPMSolver{Order: 3}, UniPC{2}, UniPC{3}} {
		rng := rand.New(rand.NewPCG(6, 6))
		x := normals(4000, 2, rng)
		for range Reverse(m, cosine, s, UniformLogSNR.Grid(cosine, 200, 0), x, rng) {
		}
		if e := metrics.EnergyDistance(x, truth); !(math.Abs(e.Value) < 0.002) {
			t.Errorf("%v: energy distance %v ± %v", s, e.Value, e.SE)
		}
	}
}

// TestSolversAgreeWithDiffusers: samples of the exact denoiser in 10 steps are those of diffusers 0.42.1
// (testdata/solvers.py), up to its float32 operations.
func TestSolversAgreeWithDiffusers(t *testing.T) {
	text, err := os.ReadFile("testdata/solvers.json")
	if err != nil {
		t.Fatal(err)
	}
	var fixture map[string]json.RawMessage
	if err := json.Unmarshal(text, &fixture); err != nil {
		t.Fatal(err)
	}
	points := func(name string) *mat.Dense {
		var rows [][]float64
		if err := json.Unmarshal(fixture[name], &rows); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return mat.NewDense(len(rows), 2, slices.Concat(rows...))
	}
	for _, s := range []Sampler{DPMSolver{Order: 2}, DPMSolver{Order: 2, Midpoint: true}, UniPC{2}} {
		x := points("start")
		for range Reverse(triangle(), cosine, s, UniformTime.Grid(cosine, 10, 0), x, nil) {
		}
		x.Sub(x, points(s.String()))
		if off := mat.Max(x) - mat.Min(x); !(off < 1e-5) {
			t.Errorf("%v: samples differ by up to %.3g", s, off)
		}
	}
}

// TestNearEnd: of a grid that ends at 0 the steps that begin at the last lowFinal+1 times before it are near the end, and of
// another grid none.
func TestNearEnd(t *testing.T) {
	grid := []float64{1, 0.8, 0.6, 0.4, 0.2, 0}
	for i, at := range grid {
		if got, want := nearEnd(grid, at), i >= len(grid)-2-lowFinal; got != want {
			t.Errorf("at %v: %v", at, got)
		}
		if nearEnd([]float64{1, 0.8, 0.6, 0.4, 0.2, 0.1}, at) && at > 0 {
			t.Errorf("at %v of a grid that ends before 0", at)
		}
	}
	if !nearEnd([]float64{1, 0}, 1) || nearEnd([]float64{0}, 0) {
		t.Error("wrong in a short grid")
	}
}
