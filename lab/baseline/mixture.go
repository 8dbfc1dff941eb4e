package baseline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Mixture is a mixture of Gaussians with their own weights and covariances.
type Mixture struct {
	weights []float64
	parts   []*Gaussian
}

// Expectation maximisation ends when a round gains less than converged nats per point, at the latest after
// maxRounds. Starts are compared after tryRounds each.
const (
	starts    = 4
	tryRounds = 15
	maxRounds = 300
	converged = 1e-6
)

// FitMixture fits a mixture of k Gaussians to a sample (n x d) by expectation maximisation, the best of a few
// starts from rng. A small multiple of the identity in every covariance keeps components from collapsing onto a
// point. FitMixture fails where k < 1, where the sample has fewer than 10 rows per component, and where
// [FitGaussian] fails.
func FitMixture(x mat.Matrix, k int, rng *rand.Rand) (*Mixture, error) {
	n, _ := x.Dims()
	if k < 1 || n < 10*k {
		return nil, fmt.Errorf("baseline: cannot fit a mixture of %d Gaussians to %d points: it takes at least one Gaussian, and 10 points for each", k, n)
	}
	whole, err := FitGaussian(x)
	if err != nil {
		return nil, err
	}
	f := newFitting(mat.DenseCopyOf(x), whole)
	var best *Mixture
	least := math.Inf(-1)
	for range starts {
		m, err := f.start(k, whole, rng)
		if err != nil {
			return nil, err
		}
		m, fit, err := f.climb(m, tryRounds)
		if err != nil {
			return nil, err
		}
		if best == nil || fit > least {
			best, least = m, fit
		}
	}
	best, _, err = f.climb(best, maxRounds)
	return best, err
}

// fitting is a sample and the ridge of the covariances.
type fitting struct {
	x     *mat.Dense
	ridge float64
}

// newFitting keeps components wider than a ten-thousandth of the sample.
func newFitting(x *mat.Dense, whole *Gaussian) fitting {
	_, d := x.Dims()
	width := 0.0
	for i := range d {
		width += floats.Dot(whole.root.RawTriangular().Data[i*d:i*d+i+1], whole.root.RawTriangular().Data[i*d:i*d+i+1])
	}
	return fitting{x, 1e-8 * width / float64(d)}
}

// start takes k-means++ centres: points of the sample, each drawn with probability proportional to its squared
// distance from the nearest earlier one. All components have the sample's covariance over k^(2/d).
func (f fitting) start(k int, whole *Gaussian, rng *rand.Rand) (*Mixture, error) {
	n, d := f.x.Dims()
	m := &Mixture{}
	var covariance mat.SymDense
	covariance.SymOuterK(math.Pow(float64(k), -2/float64(d)), whole.root)
	far := make([]float64, n)
	for i := range far {
		far[i] = 1
	}
	for range k {
		centre := slices.Clone(f.x.RawRowView(pick(far, rng)))
		g, err := newGaussian(centre, &covariance)
		if err != nil {
			return nil, err
		}
		m.weights, m.parts = append(m.weights, 1/float64(k)), append(m.parts, g)
		for i := range far {
			away := floats.Distance(f.x.RawRowView(i), centre, 2)
			if square := away * away; square < far[i] || len(m.parts) == 1 {
				far[i] = square
			}
		}
	}
	return m, nil
}

// pick draws an index with probability proportional to the weights.
func pick(weights []float64, rng *rand.Rand) int {
	u := rng.Float64() * floats.Sum(weights)
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// climb takes rounds of expectation maximisation and returns the last mixture with its mean log-likelihood.
func (f fitting) climb(m *Mixture, rounds int) (*Mixture, float64, error) {
	before := math.Inf(-1)
	for range rounds {
		next, fit, err := f.round(m)
		if err != nil {
			return nil, 0, err
		}
		m = next
		if fit-before < converged {
			return m, fit, nil
		}
		before = fit
	}
	return m, before, nil
}

// round returns the mixture after one round, and the mean log likelihood before it.
func (f fitting) round(m *Mixture) (next *Mixture, fit float64, err error) {
	n, d := f.x.Dims()
	k := len(m.parts)
	mass, sums, squares := make([]float64, k), make([]float64, k*d), make([]float64, k*d*d)
	logs := make([]float64, k)
	for i := range n {
		row := f.x.RawRowView(i)
		total := m.logs(row, logs)
		fit += total / float64(n)
		for part, l := range logs {
			if l-total < -40 { // below the rounding of the sums
				continue
			}
			r := math.Exp(l - total)
			mass[part] += r
			for a, v := range row {
				sums[part*d+a] += r * v
				for b, w := range row[:a+1] {
					// Around the old centre: small numbers, so that their squares do not cancel.
					squares[(part*d+a)*d+b] += r * (v - m.parts[part].mean[a]) * (w - m.parts[part].mean[b])
				}
			}
		}
	}
	next = &Mixture{}
	for part, w := range mass {
		g := m.parts[part]
		if w > float64(d) { // a component without points keeps its place
			if g, err = f.moved(g, w, sums[part*d:][:d], squares[part*d*d:][:d*d]); err != nil {
				return nil, 0, err
			}
		}
		next.parts, next.weights = append(next.parts, g), append(next.weights, w/float64(n))
	}
	return next, fit, nil
}

// moved returns the Gaussian of weighted points from their mass, sums, and squares around g's mean.
func (f fitting) moved(g *Gaussian, mass float64, sums, squares []float64) (*Gaussian, error) {
	d := len(sums)
	mean, covariance := make([]float64, d), mat.NewSymDense(d, nil)
	for a := range d {
		mean[a] = sums[a] / mass
	}
	for a := range d {
		for b := range a + 1 {
			c := squares[a*d+b]/mass - (mean[a]-g.mean[a])*(mean[b]-g.mean[b])
			if a == b {
				c += f.ridge
			}
			covariance.SetSym(a, b, c)
		}
	}
	return newGaussian(mean, covariance)
}

// logs writes log(weight · density) of each component and returns log p, their log-sum-exp.
func (m *Mixture) logs(x, out []float64) float64 {
	for k, g := range m.parts {
		out[k] = math.Log(m.weights[k]) + g.logProb(x)
	}
	return floats.LogSumExp(out)
}

// Sample draws n points, n x d. It panics if n < 1.
func (m *Mixture) Sample(n int, rng *rand.Rand) *mat.Dense {
	mustDraw(n)
	x := mat.NewDense(n, len(m.parts[0].mean), nil)
	for i := range n {
		m.parts[pick(m.weights, rng)].draw(x.RawRowView(i), rng)
	}
	return x
}

// LogProb returns log p of each row of x (n x d), in nats. It panics if x has another width.
func (m *Mixture) LogProb(x mat.Matrix) []float64 {
	scratch := make([]float64, len(m.parts))
	return rows(x, len(m.parts[0].mean), func(x []float64) float64 { return m.logs(x, scratch) })
}

// Params returns the number of free parameters: those of the components and all weights but one.
func (m *Mixture) Params() int { return len(m.parts)*(m.parts[0].Params()+1) - 1 }

// String describes the fit.
func (m *Mixture) String() string {
	return fmt.Sprintf("mixture of %d Gaussians, by expectation maximisation", len(m.parts))
}
