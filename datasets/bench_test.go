package datasets

import (
	"math/rand/v2"
	"testing"

	"genlab/gentest"
)

// BenchmarkLogProb reports the points whose exact density each distribution computes in a second.
func BenchmarkLogProb(b *testing.B) {
	for _, d := range All() {
		x := d.Sampler.Sample(10_000, gentest.Rand(1))
		b.Run(d.Name, func(b *testing.B) {
			for b.Loop() {
				d.Density.LogProb(x)
			}
			b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "points/s")
		})
	}
}

func BenchmarkDotsOffManifold(b *testing.B) {
	x := Dots{}.Sample(100, rand.New(rand.NewPCG(1, 1)))
	for b.Loop() {
		Dots{}.OffManifold(x)
	}
}
