package flow

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Given returns the distribution of points with the label in context: 1 x 1 for all rows, or
// n x 1. Labels are whole numbers from 0, below the number of classes.
func (m *Model) Given(context mat.Matrix) *Labelled {
	n, c := context.Dims()
	if c != 1 {
		panic(fmt.Sprintf("flow: a context of %d columns, want 1, the label", c))
	}
	l := &Labelled{m, make([]int, n)}
	for i := range n {
		v := context.At(i, 0)
		if !(v >= 0 && v < float64(m.classes)) || v != math.Trunc(v) {
			panic(fmt.Sprintf("flow: the label %v for a model of %d classes", v, m.classes))
		}
		l.labels[i] = int(v)
	}
	return l
}

// Labelled is a model's distribution given labels: exact, as the model's own.
type Labelled struct {
	model  *Model
	labels []int
}

// of returns a label for each of n rows.
func (l *Labelled) of(n int) []int {
	if len(l.labels) != n && len(l.labels) != 1 {
		panic(fmt.Sprintf("flow: %d rows for %d labels", n, len(l.labels)))
	}
	labels := make([]int, n)
	for i := range labels {
		labels[i] = l.labels[i%len(l.labels)]
	}
	return labels
}

// Sample draws n x d points in the data's coordinates.
func (l *Labelled) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("flow: a sample of %d points", n))
	}
	return l.model.sample(n, l.of(n), rng)
}

// LogProb returns log q(x | label) of each row of x (n x d), in nats.
func (l *Labelled) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	return l.model.logProb(x, l.of(n))
}

// mixture is log Σ π_c q(x | c).
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

// sampleLabels draws from π.
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

func logAdd(a, b float64) float64 {
	top := math.Max(a, b)
	if math.IsInf(top, -1) {
		return top
	}
	return top + math.Log1p(math.Exp(-math.Abs(a-b)))
}

// logPrior returns log π of each class.
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

func part(labels []int, lo, hi int) []int {
	if labels == nil {
		return nil
	}
	return labels[lo:hi]
}
