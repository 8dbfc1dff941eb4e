package baseline

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Gaussian is a multivariate normal distribution.
type Gaussian struct {
	mean   []float64
	root   *mat.TriDense // L, lower: the covariance is L Lᵀ
	whiten *mat.TriDense // its inverse
	norm   float64       // -log of the density at the mean
}

// FitGaussian returns the Gaussian with the mean and the covariance of a sample (n x d). It fails where the sample
// has fewer than d+1 rows or a singular covariance.
func FitGaussian(x mat.Matrix) (*Gaussian, error) {
	n, d := x.Dims()
	if n <= d {
		return nil, fmt.Errorf("baseline: cannot fit a Gaussian to %d points of %d columns: it takes at least %d points", n, d, d+1)
	}
	mean := make([]float64, d)
	for j := range mean {
		mean[j] = stat.Mean(mat.Col(nil, j, x), nil)
	}
	covariance := mat.NewSymDense(d, nil)
	stat.CovarianceMatrix(covariance, x, nil)
	return newGaussian(mean, covariance)
}

func newGaussian(mean []float64, covariance mat.Symmetric) (*Gaussian, error) {
	var c mat.Cholesky
	if !c.Factorize(covariance) {
		return nil, fmt.Errorf("baseline: covariance is not positive definite: %v", mat.Formatted(covariance, mat.Squeeze()))
	}
	d := len(mean)
	g := &Gaussian{mean: mean, root: mat.NewTriDense(d, mat.Lower, nil), whiten: mat.NewTriDense(d, mat.Lower, nil)}
	c.LTo(g.root)
	if err := g.whiten.InverseTri(g.root); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	g.norm = (float64(d)*math.Log(2*math.Pi) + c.LogDet()) / 2
	return g, nil
}

// Sample draws n points, n x d. It panics if n < 1.
func (g *Gaussian) Sample(n int, rng *rand.Rand) *mat.Dense {
	mustDraw(n)
	x := mat.NewDense(n, len(g.mean), nil)
	for i := range n {
		g.draw(x.RawRowView(i), rng)
	}
	return x
}

func (g *Gaussian) draw(row []float64, rng *rand.Rand) {
	copy(row, g.mean)
	for j := range row {
		z := rng.NormFloat64()
		for i := j; i < len(row); i++ {
			row[i] += g.root.At(i, j) * z
		}
	}
}

// LogProb returns log p of each row of x (n x d), in nats. It panics if x has another width.
func (g *Gaussian) LogProb(x mat.Matrix) []float64 { return rows(x, len(g.mean), g.logProb) }

// logProb is log p of one point.
func (g *Gaussian) logProb(x []float64) float64 {
	sum := 0.0
	for i := range x {
		z := 0.0
		for j := range i + 1 {
			z += g.whiten.At(i, j) * (x[j] - g.mean[j])
		}
		sum += z * z
	}
	return -sum/2 - g.norm
}

// Params returns the number of free parameters: d of the mean and d(d+1)/2 of the covariance.
func (g *Gaussian) Params() int {
	d := len(g.mean)
	return d + d*(d+1)/2
}

// String describes the fit.
func (g *Gaussian) String() string { return "one Gaussian, by moments" }

// rows applies f to each row of x.
func rows(x mat.Matrix, d int, f func([]float64) float64) []float64 {
	n, width := x.Dims()
	if width != d {
		panic(fmt.Sprintf("baseline: LogProb of %d columns, want %d", width, d))
	}
	out, row := make([]float64, n), make([]float64, d)
	for i := range out {
		out[i] = f(mat.Row(row, i, x))
	}
	return out
}

func mustDraw(n int) {
	if n < 1 {
		panic(fmt.Sprintf("baseline: Sample of n = %d, want n >= 1", n))
	}
}
