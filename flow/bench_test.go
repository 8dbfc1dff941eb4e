package flow

import (
	"testing"

	"gonum.org/v1/gonum/mat"
)

// benchmarkTrainer has the default configuration and weights away from the identity.
func benchmarkTrainer(b *testing.B) *Trainer {
	b.Helper()
	m, err := New(DefaultConfig(), scale, pcg(1, 1))
	if err != nil {
		b.Fatal(err)
	}
	disturb(&m.params, 0.05, pcg(2, 2))
	t, err := NewTrainer(m)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// BenchmarkLearn is a training step of the default configuration.
func BenchmarkLearn(b *testing.B) {
	t := benchmarkTrainer(b)
	batch := triangle{}.Sample(t.Model().cfg.Batch, pcg(3, 3))
	for b.Loop() {
		if _, err := t.Learn(batch, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkPoints is the number of points that BenchmarkLogProb and BenchmarkSample take at a time.
const benchmarkPoints = 1 << 16

// BenchmarkLogProb is the density of many points under the default configuration.
func BenchmarkLogProb(b *testing.B) {
	m := benchmarkTrainer(b).Model()
	x := triangle{}.Sample(benchmarkPoints, pcg(3, 3))
	benchmarkThroughput(b, func() { m.LogProb(x) })
}

// BenchmarkSample is many samples of the default configuration.
func BenchmarkSample(b *testing.B) {
	m, rng := benchmarkTrainer(b).Model(), pcg(3, 3)
	var x *mat.Dense
	benchmarkThroughput(b, func() { x = m.Sample(benchmarkPoints, rng) })
	_ = x
}

func benchmarkThroughput(b *testing.B, f func()) {
	b.Helper()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(benchmarkPoints)*float64(b.N)/b.Elapsed().Seconds(), "points/s")
}
