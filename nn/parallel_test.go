package nn

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// everyIndexOnce fails unless a call visits each index once, with a worker nobody else has at
// the same time.
func everyIndexOnce(t *testing.T, n int) {
	t.Helper()
	visits := make([]atomic.Int32, n)
	busy := make([]atomic.Bool, max(1, maxWorkers(n)))
	parallel(n, func(i, worker int) {
		if worker >= len(busy) || !busy[worker].CompareAndSwap(false, true) {
			t.Errorf("worker %d of %d is taken", worker, len(busy))
			return
		}
		visits[i].Add(1)
		busy[worker].Store(false)
	})
	for i := range visits {
		if v := visits[i].Load(); v != 1 {
			t.Fatalf("index %d of %d was visited %d times", i, n, v)
		}
	}
}

func TestParallelVisitsEachIndexOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{2, 1, 4, 3, 1, 8, 2} {
		runtime.GOMAXPROCS(procs)
		for range 200 {
			for _, n := range []int{0, 1, 2, 3, 7, 100} {
				everyIndexOnce(t, n)
			}
		}
	}
}

// TestParallelLosesNoWakeUp: rounds with pauses about as long as a helper spins, and longer,
// so that work comes while helpers spin, fall asleep and sleep.
func TestParallelLosesNoWakeUp(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rng := rand.New(rand.NewPCG(1, 2))
	for _, procs := range []int{2, 3} {
		runtime.GOMAXPROCS(procs)
		done := make(chan bool)
		go func() {
			defer close(done)
			for round := range 5000 {
				everyIndexOnce(t, 4)
				switch pause := time.Duration(rng.Int64N(int64(3 * spin))); {
				case round%10 == 0:
					time.Sleep(pause)
				case round%3 == 0:
					for start := time.Now(); time.Since(start) < pause; {
						runtime.Gosched()
					}
				}
			}
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("a round never ended")
		}
	}
}

// TestParallelWakesHelpers: calls that wait for each other end only if a helper comes, be it
// awake, asleep or on its way there.
func TestParallelWakesHelpers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 1000 {
		var arrived atomic.Int32
		late := time.Now().Add(10 * time.Second)
		parallel(2, func(int, int) {
			for arrived.Add(1); arrived.Load() < 2 && time.Now().Before(late); {
				runtime.Gosched()
			}
		})
		if time.Now().After(late) {
			t.Fatalf("no helper came in round %d", round)
		}
		for pause, start := time.Duration(rng.Int64N(int64(2*spin))), time.Now(); time.Since(start) < pause; {
			runtime.Gosched()
		}
	}
}

func TestParallelNestsAndShares(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	var wg sync.WaitGroup
	var total atomic.Int32
	for range 6 {
		wg.Go(func() {
			for range 300 {
				parallel(5, func(int, int) {
					parallel(3, func(int, int) { total.Add(1) })
				})
			}
		})
	}
	wg.Wait()
	if total.Load() != 6*300*15 {
		t.Errorf("%d calls, not %d", total.Load(), 6*300*15)
	}
}

// TestParallelPanics: what f panics with, in whatever goroutine, is what the caller sees; all
// other workers have come to rest by then, and the next call is as good as ever.
func TestParallelPanics(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	fault := errors.New("a fault")
	for procs := 1; procs <= 3; procs++ {
		runtime.GOMAXPROCS(procs)
		for at := range 6 {
			var running atomic.Int32
			func() {
				defer func() {
					if p := recover(); p != fault {
						t.Errorf("the caller saw %v", p)
					}
					if running.Load() != 0 {
						t.Error("a worker is still at work")
					}
				}()
				parallel(6, func(i, _ int) {
					running.Add(1)
					defer running.Add(-1)
					runtime.Gosched()
					if i >= at {
						panic(fault)
					}
				})
			}()
			everyIndexOnce(t, 10)
		}
	}
}

// TestParallelKeepsACrew: goroutines do not pile up.
func TestParallelKeepsACrew(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	everyIndexOnce(t, 100)
	before := runtime.NumGoroutine()
	for range 500 {
		everyIndexOnce(t, 100)
		_ = panics(func() { parallel(4, func(int, int) { panic("a fault") }) })
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("goroutines went from %d to %d", before, after)
	}
	if !pool.mu.TryLock() {
		t.Fatal("a panic leaves the pool locked")
	}
	pool.mu.Unlock()
	if len(pool.helpers) > 8 { // the most any test asks for
		t.Errorf("%d helpers", len(pool.helpers))
	}
}
