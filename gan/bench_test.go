package gan

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"genlab/standardize"
)

// BenchmarkLearn is a step of training, with the defaults of all but the objective.
func BenchmarkLearn(b *testing.B) {
	for _, name := range ObjectiveName("").Choices() {
		b.Run(name, func(b *testing.B) {
			c := DefaultConfig()
			c.Objective = ObjectiveName(name)
			t := newTrainer(b, c, standardize.Identity(2))
			batch := t.Model().Sample(c.Batch*c.CriticSteps, pcg(2, 2))
			rng := pcg(3, 3)
			for b.Loop() {
				if _, err := t.Learn(batch, rng); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSample is the latency of one evaluation: its median and its 99th percentile, in
// microseconds, sampling of latents included.
func BenchmarkSample(b *testing.B) {
	m := newTrainer(b, DefaultConfig(), standardize.Identity(2)).Average()
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rng := pcg(1, 1)
			var times []float64
			for b.Loop() {
				start := time.Now()
				m.Sample(n, rng)
				times = append(times, float64(time.Since(start).Nanoseconds())/1e3)
			}
			slices.Sort(times)
			b.ReportMetric(times[len(times)/2], "p50-µs")
			b.ReportMetric(times[len(times)*99/100], "p99-µs")
		})
	}
}
