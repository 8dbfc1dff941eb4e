package main

import (
	"fmt"
	"runtime"
	"testing"

	"genlab/internal/kernel"
	"genlab/internal/race"
)

// bench reports the time of a call, the work done a second and its share of what one core can
// do, measured in the same run.
func bench(b *testing.B, w workload, threads int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	step, err := w.step()
	if err != nil {
		b.Fatal(err)
	}
	step()
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	if f := w.flops(); f > 0 {
		rate := f * float64(b.N) / b.Elapsed().Seconds() / 1e9
		b.ReportMetric(rate, "GFLOP/s")
		b.ReportMetric(100*rate/kernel.FMAPeak()/float64(threads), "%peak")
	}
}

func BenchmarkTrainStep(b *testing.B) {
	for _, hidden := range []int{64, 128, 256} {
		for _, rows := range []int{64, 256, 1024} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("hidden=%d/batch=%d/threads=%d", hidden, rows, threads), func(b *testing.B) {
					bench(b, workload{"train", hidden, rows}, threads)
				})
			}
		}
	}
}

func BenchmarkForward(b *testing.B) {
	b.Run("hidden=128/points=1000", func(b *testing.B) { bench(b, workload{"forward", 128, 1000}, 1) })
}

// BenchmarkModel is a row of each model.
func BenchmarkModel(b *testing.B) {
	for _, w := range workloads(false, "") {
		if w.isModel() {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/threads=%d", w.Kind, threads), func(b *testing.B) { bench(b, w, threads) })
			}
		}
	}
}

func BenchmarkCriticStep(b *testing.B) {
	b.Run("hidden=128/batch=256", func(b *testing.B) { bench(b, workload{"critic", 128, 256}, 1) })
}

// TestWorkloads: every row of the table runs, and only models allocate after the first call, for what they
// return.
func TestWorkloads(t *testing.T) {
	for _, w := range workloads(false, "") {
		if w.Hidden == 256 {
			w.Rows = min(w.Rows, 256)
		}
		if w.samples() || w.Rows > 10000 {
			w.Rows = 16
		}
		step, err := w.step()
		if err != nil {
			t.Fatalf("%v: %v", w, err)
		}
		step()
		if n := testing.AllocsPerRun(5, step); n > 0 && !race.Enabled && !w.samples() && !w.isModel() {
			t.Errorf("%v: %v allocations", w, n)
		}
	}
}

// TestFlops: the reference step's 55.2 million operations, counted by hand.
func TestFlops(t *testing.T) {
	if got := (workload{"train", 128, 256}).flops(); got != 55.181312e6 {
		t.Errorf("%v", got)
	}
}
