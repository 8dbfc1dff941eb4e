package flow

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Given returns the distribution of the class in context: 1 x 1 for one class, or n x 1 with the class
// of each of n rows. It panics if context has another number of columns or an entry is not an integer
// from 0 to Classes()-1.
func (m *Model) Given(context mat.Matrix) *Conditioned {
	n, columns := context.Dims()
	if columns != 1 {
		panic(fmt.Sprintf("flow: a context with %d columns, want 1, the label", columns))
	}
	c := &Conditioned{m, make([]int, n)}
	for i := range n {
		c.labels[i] = m.label(context.At(i, 0))
	}
	return c
}

// label converts an entry of a context or of a batch's label column.
func (m *Model) label(v float64) int {
	if !(v >= 0 && v < float64(m.classes)) || v != math.Trunc(v) {
		panic(fmt.Sprintf("flow: invalid label %v for a model of %d classes: want an integer from 0", v, m.classes))
	}
	return int(v)
}

// Conditioned is a model's distribution given labels: a [genlab.Sampler] and, exactly, a
// [genlab.LogProber].
type Conditioned struct {
	model  *Model
	labels []int // one for all rows, or one per row
}

// rows returns a label for each of n rows.
func (c *Conditioned) rows(n int) []int {
	if len(c.labels) != n && len(c.labels) != 1 {
		panic(fmt.Sprintf("flow: %d rows for %d labels, want 1 label or as many as rows", n, len(c.labels)))
	}
	labels := make([]int, n)
	for i := range labels {
		labels[i] = c.labels[i%len(c.labels)]
	}
	return labels
}

// Sample returns n samples, n x d in the data's coordinates. It panics if n < 1, or if there are
// several labels and not n of them.
func (c *Conditioned) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("flow: Sample of n = %d, want n >= 1", n))
	}
	return c.model.sample(n, c.rows(n), rng)
}

// LogProb returns log q(x|c) of each row of x (n x d, in the data's coordinates), in nats. It panics
// if x does not have d columns, or if there are several labels and not n of them.
func (c *Conditioned) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	return c.model.logProb(x, c.rows(n))
}

// mixture is log Σ π_c q(x|c).
func (m *Model) mixture(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	logp, labels := make([]float64, n), make([]int, n)
	for i := range logp {
		logp[i] = math.Inf(-1)
	}
	for c, logPi := range m.logPrior() {
		for i := range labels {
			labels[i] = c
		}
		for i, l := range m.logProb(x, labels) {
			logp[i] = logAdd(logp[i], logPi+l)
		}
	}
	return logp
}

// sampleLabels samples n labels from π.
func (m *Model) sampleLabels(n int, rng *rand.Rand) []int {
	labels, logPi := make([]int, n), m.logPrior()
	for i := range labels {
		u := rng.Float64()
		for c, l := range logPi[:len(logPi)-1] {
			if u -= math.Exp(l); u < 0 {
				break
			}
			labels[i] = c + 1
		}
	}
	return labels
}

// logAdd is log(eᵃ + eᵇ).
func logAdd(a, b float64) float64 {
	top := math.Max(a, b)
	if math.IsInf(top, -1) {
		return top
	}
	return top + math.Log1p(math.Exp(-math.Abs(a-b)))
}

// logPrior is log π of each class.
func (m *Model) logPrior() []float64 {
	sum, logPi := math.Inf(-1), make([]float64, m.classes)
	for c, v := range m.prior.Value {
		logPi[c] = float64(v)
		sum = logAdd(sum, logPi[c])
	}
	for c := range logPi {
		logPi[c] -= sum
	}
	return logPi
}
