package kde

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab/standardize"
)

// Model is a kernel density estimate: a Sampler and a LogProber. Several goroutines may use it.
type Model struct {
	scale   standardize.Map
	centres [][]float64 // standardised, at least one
	h2      float64     // squared bandwidth, standardised
}

// Dim is the number of coordinates of the points.
func (m *Model) Dim() int { return len(m.scale.Shift) }

// Params is the number of values that the fit chose: the centres and the bandwidth.
func (m *Model) Params() int { return len(m.centres)*m.Dim() + 1 }

// Bandwidth is h, in standard deviations of the data.
func (m *Model) Bandwidth() float64 { return math.Sqrt(m.h2) }

// Sample returns n points (n x d) in the data's coordinates: a centre, and a normal of the bandwidth
// around it. It panics if n < 1.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("kde: a sample of %d points", n))
	}
	x, h := mat.NewDense(n, m.Dim(), nil), m.Bandwidth()
	for i := range n {
		row := x.RawRowView(i)
		for j, c := range m.centres[rng.IntN(len(m.centres))] {
			row[j] = c + h*rng.NormFloat64()
		}
	}
	m.scale.ToData(x)
	return x
}

// LogProb returns log q of each row of x (n x d), in nats and in the data's coordinates. It panics
// if x does not have d columns.
func (m *Model) LogProb(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != m.Dim() {
		panic(fmt.Sprintf("kde: points of %d columns for a model of %d", d, m.Dim()))
	}
	z := mat.DenseCopyOf(x)
	m.scale.FromData(z)
	constant := m.scale.LogScale() + math.Log(float64(len(m.centres))) + float64(d)/2*math.Log(2*math.Pi*m.h2)
	logq, squares := make([]float64, n), make([]float64, len(m.centres))
	for i := range n {
		m.squares(squares, z.RawRowView(i))
		floats.Scale(-1/(2*m.h2), squares)
		logq[i] = floats.LogSumExp(squares) - constant
	}
	return logq
}

// squares writes the squared distances of a standardised point from the centres.
func (m *Model) squares(dst, z []float64) {
	for k, c := range m.centres {
		s := 0.0
		for j, v := range c {
			s += (z[j] - v) * (z[j] - v)
		}
		dst[k] = s
	}
}

// expected is the mean over the rows of z and over their posterior shares of the centres of the
// squared distance per coordinate: the squared bandwidth of a step of expectation maximisation. A centre
// that is the row itself, as in a file whose rows come again, has no share: with it the bandwidth would
// shrink to nothing.
func (m *Model) expected(z *mat.Dense) float64 {
	n, d := z.Dims()
	sum, squares, logs := 0.0, make([]float64, len(m.centres)), make([]float64, len(m.centres))
	for i := range z.RawMatrix().Rows {
		m.squares(squares, z.RawRowView(i))
		floats.ScaleTo(logs, -1/(2*m.h2), squares)
		for k, c := range m.centres {
			if same(c, z.RawRowView(i)) {
				logs[k] = math.Inf(-1)
			}
		}
		total := floats.LogSumExp(logs)
		if math.IsInf(total, -1) {
			n-- // no other centre
			continue
		}
		for k, l := range logs {
			sum += math.Exp(l-total) * squares[k]
		}
	}
	if n == 0 {
		return m.h2
	}
	return sum / float64(n*d)
}

// same reports whether a centre, rounded to float32, is a point.
func same(centre, z []float64) bool {
	for j, v := range centre {
		if v != float64(float32(z[j])) {
			return false
		}
	}
	return true
}
